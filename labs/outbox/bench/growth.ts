/**
 * What an event costs when a thousand wait, and when a million do.
 *
 * The backlog is kept at its size: what was acknowledged is put back at its end. Orders are committed a hundred at a
 * time here, for the time that filling takes. The cost of an event is the time between two, in a closed loop. From few to
 * many and back again, and the cheapest window counts: what else the machine does only ever adds.
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
  const { backlogs, warmUpMs, windows, windowMs } = plan.growth;
  const windowsOf = new Map<string, { backlog: number; us: number }[]>(
    Object.keys(plan.relays).map((name) => [name, []]),
  );
  const otherWork = new OtherWork();
  // The last one once, and twice as long: it takes the longest to fill.
  const back = backlogs.slice(0, -1).toReversed();
  for (const [index, backlog] of [...backlogs, ...back].entries()) {
    const isTurn = index === backlogs.length - 1;
    await otherWork.look();
    for (const [name, file] of Object.entries(plan.relays)) {
      log(`growth: ${name}, a backlog of ${backlog}`);
      await using place = await stand.fresh();
      const { eventsPerSecond } = await stand.measure<RelayMeasurement>('relay', {
        ...place,
        ...{ carrier: { file: fileOf(file) }, batchSize: plan.batchSize, pollIntervalMs: plan.latency.pollIntervalMs },
        ...{ rowsPerTransaction: ROWS_PER_TRANSACTION, backlog, isKeptUp: true, warmUpMs, windowMs },
        ...{ windows: isTurn ? 2 * windows : windows },
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
