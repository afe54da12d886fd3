/**
 * What the shop pays: for the outbox's row in its transaction, and for waking a relay.
 *
 * Rounds go through all ways in turn. Somebody listens meanwhile, as a relay would, on a connection of this process.
 * NOTIFY in the transaction is judged where commits are as frequent as one process can make them, since what it costs
 * is that they wait for one another: at few commits a second nobody notices.
 * Read next: writers-main.ts, ../src/variants/notify-in-every-tx.ts.
 */
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { listen } from '../src/relay/wake-ups.ts';
import { WAKE_CHANNEL } from '../src/shop/notifier.ts';
import { judge, percent } from './judged.ts';
import type { Plan } from './plan.ts';
import { fileOf, type Stand } from './stand.ts';
import type { WriterMeasurement, WritersTask } from './writers-main.ts';

export const MOST_WITH_NOTIFY = 0.7;

const INSERT = `INSERT INTO outbox (customer, event) VALUES (0, '{"id":0}')`;
const COMMIT_ALONE = 'one row, one round trip';
const COMMIT_NOTIFYING = 'the same with NOTIFY';

export async function benchWritePath(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<[BenchTable, BenchPart[]]> {
  const { writers, rounds, warmUpMs, durationMs } = plan.writePath;
  const most = writers.at(-1) as number;
  const ways: Record<string, WritersTask['by']> = {
    'order alone': { file: fileOf('bench/peers/no-outbox.ts') },
    'and its outbox row': { file: fileOf(plan.variants['skip-locked'] as string) },
    'and NOTIFY after the commit': { file: fileOf(plan.variants['skip-locked-notify'] as string) },
    'and NOTIFY in the transaction': { file: fileOf(plan.variants['notify-in-every-tx'] as string) },
    [COMMIT_ALONE]: { statement: INSERT },
    // Two statements of one query are one transaction.
    [COMMIT_NOTIFYING]: { statement: `${INSERT}; NOTIFY ${WAKE_CHANNEL}` },
  };
  const measured = new Map(Object.keys(ways).map((name) => [name, [] as WriterMeasurement[][]]));
  const otherWork = new OtherWork();
  for (let round = 0; round < rounds; round++) {
    await otherWork.look();
    for (const [name, by] of Object.entries(ways)) {
      log(`write path, round ${round + 1} of ${rounds}: ${name}`);
      await using place = await stand.fresh();
      await using _listener = await listen(place.postgresUrl, stand.signal);
      const task = { ...place, by, writers, warmUpMs, durationMs } satisfies WritersTask;
      measured.get(name)?.push(await stand.measure<WriterMeasurement[]>('writers', task));
    }
  }
  const at = (name: string, level: number) =>
    (measured.get(name) ?? []).flatMap((one) => one.filter((each) => each.writers === level));
  const rates = (name: string, level: number) => at(name, level).map(({ commitsPerSecond }) => commitsPerSecond);
  const ratios = (name: string, of: string, level: number) =>
    rates(name, level).map((rate, round) => rate / (rates(of, level)[round] as number));
  const part = judge({
    name: `NOTIFY in every transaction, ${most} writers, commits/s`,
    atMost: MOST_WITH_NOTIFY,
    ratios: ratios(COMMIT_NOTIFYING, COMMIT_ALONE, most),
    figures:
      `${rounded(medianOf(rates(COMMIT_NOTIFYING, most)))} with and ` +
      `${rounded(medianOf(rates(COMMIT_ALONE, most)))} commits/s without`,
    otherWork: otherWork.share,
  });
  return [
    {
      title: 'The write path, closed loop, each writer with a connection and a customer of its own; no relay runs',
      columns: ['transaction', ...writers.flatMap((level) => [`${level}: commits/s`, 'p99 ms', 'of the first'])],
      rows: Object.keys(ways).map((name) => {
        const first = 'statement' in (ways[name] as object) ? COMMIT_ALONE : 'order alone';
        const cells = writers.flatMap((level) => [
          rounded(medianOf(rates(name, level))),
          rounded(medianOf(at(name, level).map(({ p99Ms }) => p99Ms))),
          percent(medianOf(ratios(name, first, level))),
        ]);
        return [name, ...cells];
      }),
    },
    [part],
  ];
}
