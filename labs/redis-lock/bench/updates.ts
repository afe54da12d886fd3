/**
 * What an update costs with its reads and writes in Postgres: each contender on its own account, and all on one.
 *
 * On one account what counts is who waits and how: pollers leave the account free until one of them looks again, a
 * queue in Postgres does not. `none` is in both tables as what is lost to protection, and loses updates on one account.
 */
import type { BenchContext, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { cellsOf, columnsOf } from './figures.ts';
import type { Plan } from './plan.ts';
import type { Stand } from './stand.ts';

export async function benchUpdates(stand: Stand, plan: Plan, { log }: Pick<BenchContext, 'log'>): Promise<BenchTable> {
  const { levels, rounds, warmUpMs, durationMs } = plan;
  const rows: BenchTable['rows'] = [];
  for (const [name, file] of Object.entries(plan.variants)) {
    log(`whole update: ${name}`);
    const task = { levels, rounds, warmUpMs, durationMs, work: 'real', sameAccount: false } as const;
    rows.push([name, ...cellsOf(name, await stand.measure(file, task), levels)]);
  }
  return {
    title:
      'The whole update, closed loop, each contender on an account of its own: the balance is read and written in ' +
      'Postgres, each write on disk before it is acknowledged; nobody thinks',
    columns: ['variant', ...columnsOf(levels)],
    rows,
  };
}

export async function benchOneAccount(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<BenchTable> {
  const { levels, rounds, warmUpMs, durationMs } = plan;
  const contenders = levels.at(-1) as number;
  const rows: BenchTable['rows'] = [];
  for (const [name, file] of Object.entries(plan.variants)) {
    log(`one account: ${name}`);
    // One long round: a contender's turn may take many retries to come.
    const task = { levels: [contenders], rounds: 1, warmUpMs, durationMs: rounds * durationMs } as const;
    const [measured] = await stand.measure(file, { ...task, work: 'real', sameAccount: true });
    if (measured === undefined) throw new Error(`${name}: nothing was measured`);
    const { written, cyclesPerSecond, p99Ms, refused } = measured;
    const shares = [Math.min(...written), medianOf(written), Math.max(...written)];
    rows.push([name, rounded(cyclesPerSecond), written.length === 0 ? '–' : rounded(p99Ms), ...shares, refused]);
  }
  return {
    title: `${contenders} contenders on one account, closed loop, the whole update: how often each of them got in`,
    columns: ['variant', 'cycles/s', 'p99 ms', 'least often', 'median', 'most often', 'refused'],
    rows,
  };
}
