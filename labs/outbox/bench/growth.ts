/**
 * What an event costs when a thousand wait, and when a million do.
 *
 * The backlog is kept at its size: what was acknowledged is put back at its end. Orders are committed a hundred at a
 * time here, for the time that filling takes. The cost of an event is the time between two, in a closed loop. From few to
 * many, back again and so on, and the cheapest window of all rounds counts: what else the machine does only ever adds.
 * Read next: relay-main.ts, backlog.ts.
 */
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { rounded } from '@backend-labs/load/bench/figures';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { judge, times } from './judged.ts';
import type { Plan } from './plan.ts';
import type { RelayMeasurement, RelayTask } from './relay-main.ts';
import { fileOf, type Stand } from './stand.ts';

/** The dearest backlog beside the cheapest. */
export const MOST_GROWTH = 1.2;
const ROWS_PER_TRANSACTION = 100;

export async function benchGrowth(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<[BenchTable, BenchPart[]]> {
  const { backlogs, rounds, warmUpMs, windows, windowMs } = plan.growth;
  const windowsOf = new Map<string, { backlog: number; us: number }[]>(
    Object.keys(plan.relays).map((name) => [name, []]),
  );
  const otherWork = new OtherWork();
  const ways = Array.from({ length: rounds }, (_, round) => (round % 2 === 0 ? backlogs : backlogs.toReversed()));
  for (const backlog of ways.flat()) {
    await otherWork.look();
    for (const [name, file] of Object.entries(plan.relays)) {
      log(`growth: ${name}, a backlog of ${backlog}`);
      await using place = await stand.fresh();
      const { eventsPerSecond } = await stand.measure<RelayMeasurement>('relay', {
        ...place,
        ...{ carrier: { file: fileOf(file) }, batchSize: plan.batchSize, pollIntervalMs: plan.latency.pollIntervalMs },
        ...{ rowsPerTransaction: ROWS_PER_TRANSACTION, backlog, isKeptUp: true, warmUpMs, windows, windowMs },
      } satisfies RelayTask);
      windowsOf.get(name)?.push(...eventsPerSecond.map((rate) => ({ backlog, us: 1e6 / rate })));
    }
  }
  const costs = [...windowsOf].map(([name, all]) => {
    const at = (backlog: number) => all.filter((one) => one.backlog === backlog).map(({ us }) => us);
    return [name, backlogs.map((backlog) => Math.min(...at(backlog)))] as const;
  });
  const growthOf = (all: readonly number[]) => Math.max(...all) / Math.min(...all);
  const parts = costs.map(([name, all]) =>
    judge({
      name: `${name}: an event's cost from ${backlogs[0]} to ${backlogs.at(-1)} waiting`,
      atMost: MOST_GROWTH,
      ratios: [growthOf(all)],
      figures: `${all.map(rounded).join(', ')} µs`,
      otherWork: otherWork.share,
    }),
  );
  return [
    {
      title: 'The cost of an event, committed → acknowledged, with so many waiting; the backlog is kept at its size',
      columns: ['relay', ...backlogs.map((backlog) => `${backlog}: µs/event`), 'dearest / cheapest'],
      rows: costs.map(([name, all]) => [name, ...all.map(rounded), times(growthOf(all))]),
    },
    parts,
  ];
}
