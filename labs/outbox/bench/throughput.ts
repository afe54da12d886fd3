/**
 * How many committed events a second become acknowledged ones, from a backlog that is there: relays and job queues.
 *
 * Rounds go through all of them in turn, so that a disturbance of the machine meets each; the judged figure is the
 * median of the rounds' ratios to graphile-worker, batched. Its handlers publish batches of the same size to the same
 * Kafka by the same client: without that one would compare a database with a database and a broker.
 * Read next: relay-main.ts, judged.ts.
 */
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { judge, times } from './judged.ts';
import type { Plan } from './plan.ts';
import type { PEERS, RelayMeasurement, RelayTask } from './relay-main.ts';
import { fileOf, type Stand } from './stand.ts';

export const LEAST_OF_PEER = 1;
const YARDSTICK = 'graphile-worker, batched';
const ONE_BY_ONE = 'graphile-worker, one by one';
const PEER_NAMES: (keyof typeof PEERS)[] = [YARDSTICK, ONE_BY_ONE, 'pg-boss'];

export async function benchThroughput(
  stand: Stand,
  plan: Plan,
  { log }: Pick<BenchContext, 'log'>,
): Promise<[BenchTable, BenchPart[]]> {
  const { rounds, warmUpMs, durationMs, backlog, backlogOneByOne } = plan.throughput;
  const carriers: Record<string, RelayTask['carrier']> = {
    ...Object.fromEntries(Object.entries(plan.relays).map(([name, file]) => [name, { file: fileOf(file) }])),
    ...Object.fromEntries(PEER_NAMES.map((peer) => [peer, { peer }])),
  };
  const measured = new Map(Object.keys(carriers).map((name) => [name, [] as RelayMeasurement[]]));
  const otherWork = new OtherWork();
  for (let round = 0; round < rounds; round++) {
    await otherWork.look();
    for (const [name, carrier] of Object.entries(carriers)) {
      log(`throughput, round ${round + 1} of ${rounds}: ${name}`);
      await using place = await stand.fresh();
      const one = await stand.measure<RelayMeasurement>('relay', {
        ...place,
        ...{ carrier, batchSize: plan.batchSize, pollIntervalMs: plan.latency.pollIntervalMs, rowsPerTransaction: 1 },
        ...{ backlog: name === ONE_BY_ONE ? backlogOneByOne : backlog, warmUpMs, durationMs },
      } satisfies RelayTask);
      if (one.eventsPerSecond === null) throw new Error(`${name}: its backlog was empty before the warm-up's end`);
      measured.get(name)?.push(one);
    }
  }
  const ratesOf = (name: string) => (measured.get(name) ?? []).map(({ eventsPerSecond }) => eventsPerSecond ?? 0);
  const ratios = (name: string) => ratesOf(name).map((rate, round) => rate / (ratesOf(YARDSTICK)[round] as number));
  const parts = Object.keys(plan.relays).map((name) =>
    judge({
      name: `${name} beside ${YARDSTICK}`,
      atLeast: LEAST_OF_PEER,
      ratios: ratios(name),
      figures: `${rounded(medianOf(ratesOf(name)))} beside ${rounded(medianOf(ratesOf(YARDSTICK)))} events/s`,
      otherWork: otherWork.share,
    }),
  );
  return [
    {
      title:
        `Committed → acknowledged by Kafka (acks=all), from a backlog, one order each transaction, batches of ` +
        `${plan.batchSize}, closed loop, one Node process; ${stand.versions}`,
      columns: ['carrier', 'events/s', 'slowest round', 'fastest round', `of ${YARDSTICK}`, 'its CPU µs/event'],
      rows: Object.keys(carriers).map((name) => {
        const rates = ratesOf(name);
        const cpu = medianOf((measured.get(name) ?? []).map(({ cpuUs }) => cpuUs));
        const figures = [medianOf(rates), Math.min(...rates), Math.max(...rates)].map(rounded);
        return [name, ...figures, times(medianOf(ratios(name))), rounded(cpu)];
      }),
    },
    parts,
  ];
}
