/**
 * What an event costs when a thousand wait, and when a million do.
 *
 * The cost of an event is the time between two, in a closed loop. Backlogs of all sizes take turns within each round, and
 * what is judged is the median of the rounds' ratios to the shortest one: this machine's speed drifts by more from one
 * minute to the next than a relay may. Orders are committed a hundred at a time here, for the time that filling takes.
 * Read next: growth-main.ts, backlog.ts.
 */
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import type { GrowthMeasurement, GrowthTask } from './growth-main.ts';
import { judge, times } from './judged.ts';
import type { Plan } from './plan.ts';
import { fileOf, type Place, type Stand } from './stand.ts';

/** The dearest backlog beside the cheapest. */
export const MOST_GROWTH = 1.2;
const ROWS_PER_TRANSACTION = 100;

export async function benchGrowth(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<[BenchTable, BenchPart[]]> {
  const { backlogs, warmUpRounds, rounds, windowMs } = plan.growth;
  const otherWork = new OtherWork();
  const rows: BenchTable['rows'] = [];
  const parts: BenchPart[] = [];
  for (const [name, file] of Object.entries(plan.relays)) {
    await otherWork.look();
    log(`growth: ${name}, backlogs of ${backlogs.join(', ')} in turn`);
    await using made = new AsyncDisposableStack();
    const places: { place: Place; events: number }[] = [];
    for (const events of backlogs) places.push({ place: made.use(await stand.fresh()), events });
    const { usPerEvent } = await stand.measure<GrowthMeasurement>('growth', {
      ...{ file: fileOf(file), backlogs: places, warmUpRounds, rounds, windowMs },
      ...{ batchSize: plan.batchSize, pollIntervalMs: plan.latency.pollIntervalMs },
      rowsPerTransaction: ROWS_PER_TRANSACTION,
    } satisfies GrowthTask);
    const whole = usPerEvent.filter((costs): costs is number[] => !costs.includes(null));
    if (whole.length < rounds / 2) throw new Error(`${name}: a window was too short for two batches`);
    const costs = backlogs.map((_, index) => medianOf(whole.map((round) => round[index] as number)));
    const ratios = backlogs.map((_, index) =>
      medianOf(whole.map((round) => (round[index] as number) / (round[0] as number))),
    );
    const growth = Math.max(...ratios) / Math.min(...ratios);
    rows.push([name, ...costs.map(rounded), times(growth)]);
    parts.push(
      judge({
        name: `${name}: an event's cost from ${backlogs[0]} to ${backlogs.at(-1)} waiting`,
        atMost: MOST_GROWTH,
        ratios: [growth],
        figures: `${costs.map(rounded).join(', ')} µs, beside the first ${ratios.map(times).join(', ')}`,
        otherWork: otherWork.share,
      }),
    );
  }
  const title = 'The cost of an event, committed → acknowledged, with so many waiting; the backlog is kept at its size';
  const columns = ['relay', ...backlogs.map((backlog) => `${backlog}: µs/event`), 'dearest / cheapest, by rounds'];
  return [{ title, columns, rows }, parts];
}
