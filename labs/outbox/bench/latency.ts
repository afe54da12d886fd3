/**
 * From the commit of an order to the commit of its effect, at a modest rate; and what a poll costs when there is nothing.
 *
 * The two pull on each other: who polls often is quick and never silent. The curve has one variable, the poll interval.
 * Read next: flow-main.ts, ../src/variants/skip-locked-notify.ts (who is quick and nearly silent).
 */
import type { BenchContext, BenchTable } from '@backend-labs/load';
import { rounded } from '@backend-labs/load/bench/figures';
import type { FlowMeasurement, FlowTask } from './flow-main.ts';
import type { Plan } from './plan.ts';
import { fileOf, type Stand } from './stand.ts';

/** One that only polls, and one that is woken and polls for what it did not hear. */
const CURVES = ['skip-locked', 'skip-locked-notify'];
const COLUMNS = ['p50 ms', 'p99 ms', 'orders', 'not applied', 'idle queries/s'];

async function measure(stand: Stand, plan: Plan, file: string, pollIntervalMs: number) {
  const { ratePerSecond, idleMs, warmUpMs, durationMs } = plan.latency;
  await using place = await stand.fresh();
  const { p50Ms, p99Ms, orders, missing, idleQueriesPerSecond } = await stand.measure<FlowMeasurement>('flow', {
    ...place,
    ...{ variantFile: fileOf(file), batchSize: plan.batchSize, pollIntervalMs },
    ...{ ratePerSecond, idleMs, warmUpMs, durationMs },
  } satisfies FlowTask);
  return [rounded(p50Ms), rounded(p99Ms), orders, missing, rounded(idleQueriesPerSecond)];
}

export async function benchLatency(stand: Stand, plan: Plan, { log }: Pick<BenchContext, 'log'>): Promise<BenchTable> {
  const { ratePerSecond, pollIntervalMs } = plan.latency;
  const rows: BenchTable['rows'] = [];
  for (const [name, file] of Object.entries(plan.variants)) {
    log(`latency: ${name}`);
    rows.push([name, ...(await measure(stand, plan, file, pollIntervalMs))]);
  }
  return {
    title:
      `Commit of the order → commit of its effect, ${ratePerSecond} orders/s by the clock, poll interval ` +
      `${pollIntervalMs} ms; below 0 where the effect came first`,
    columns: ['variant', ...COLUMNS],
    rows,
  };
}

export async function benchPollCurve(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<BenchTable> {
  const { ratePerSecond, pollIntervalsMs } = plan.latency;
  const rows: BenchTable['rows'] = [];
  for (const name of CURVES) {
    for (const pollIntervalMs of pollIntervalsMs) {
      log(`poll interval: ${name}, ${pollIntervalMs} ms`);
      const file = plan.variants[name] as string;
      rows.push([name, pollIntervalMs, ...(await measure(stand, plan, file, pollIntervalMs))]);
    }
  }
  return {
    title: `Poll interval → latency → idle queries/s, ${ratePerSecond} orders/s by the clock`,
    columns: ['variant', 'poll interval ms', ...COLUMNS],
    rows,
  };
}
