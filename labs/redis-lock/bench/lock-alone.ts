/**
 * What the locks themselves cost when nobody is in the way: acquire and release, around no work.
 *
 * redis-benchmark's SET stands before and after each of them, on the same server with as many clients. It has a
 * connection for each client and the lock's client has one for all, which is how the lab's tellers use Redis.
 * Read next: empty-work.ts (what "no work" is), judged.ts (the comparison with a bound).
 */
import type { BenchContext, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { cellsOf, columnsOf, percent } from './figures.ts';
import type { Plan } from './plan.ts';
import type { SetRound, Stand } from './stand.ts';

const PEERS = {
  'one SET by ioredis': 'bench/peers/one-set.ts',
  'one SELECT 1 by pg': 'bench/peers/one-select.ts',
};

/** One round of redis-benchmark, by the number of clients. */
type Yardstick = Map<number, SetRound | null>;

export async function benchLockAlone(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<BenchTable> {
  const { levels, rounds, warmUpMs, durationMs, benchmarkMs } = plan;
  const most = levels.at(-1) as number;
  const request = { levels, rounds, warmUpMs, durationMs, work: 'none', sameAccount: false } as const;
  const measureYardstick = async (): Promise<Yardstick> => {
    const yardstick: Yardstick = new Map();
    for (const level of levels) yardstick.set(level, await stand.sets(level, benchmarkMs));
    return yardstick;
  };
  await measureYardstick(); // from which it knows how many requests take that long
  const yardsticks = [await measureYardstick()];
  const rows: BenchTable['rows'] = [];
  for (const [name, file] of Object.entries({ ...PEERS, ...plan.locks })) {
    log(`lock alone: ${name}`);
    const measured = await stand.measure(file, request);
    yardsticks.push(await measureYardstick());
    const atMost = measured.filter(({ contenders }) => contenders === most);
    const half = meanAt(yardsticks.slice(-2), most) / 2;
    const share = medianOf(atMost.map(({ cyclesPerSecond }) => cyclesPerSecond)) / half;
    rows.push([name, ...cellsOf(name, measured, levels), percent(share)]);
  }
  const benchmark = levels.flatMap((level) => {
    const all = yardsticks.flatMap((yardstick) => yardstick.get(level) ?? []);
    const of = (value: (one: SetRound) => number) => rounded(medianOf(all.map(value)));
    return [of(({ requestsPerSecond }) => requestsPerSecond), of(({ p99Ms }) => p99Ms)];
  });
  const peer =
    stand.benchmarkVersion === null ? 'redis-benchmark: not measured' : `${stand.benchmarkVersion} SET, requests/s`;
  return {
    title:
      'The lock alone, closed loop, each contender on an account of its own: acquire and release around reads and ' +
      `writes that answer at once (fenced-claim, pg-advisory and pg-row still ask Postgres for the lock itself); ` +
      `one Node process, ${stand.redisVersion}, ${stand.postgresVersion}`,
    columns: ['lock', ...columnsOf(levels), 'of half of the SETs'],
    rows: [[peer, ...benchmark, '–', '–'], ...rows],
  };
}

/** The mean of the requests per second before and after, so that a machine that slows down meanwhile counts for half. */
function meanAt(yardsticks: readonly Yardstick[], level: number): number {
  const rates = yardsticks.map((yardstick) => yardstick.get(level)?.requestsPerSecond ?? Number.NaN);
  return rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
}
