/**
 * What a delivery costs the server: CPU time of its process, all threads, over deliveries that clients have counted.
 *
 * All servers live side by side, each with subscribers of its own, and take turns within each round, in changing order:
 * one publishes and the others have nothing to do. What is judged is the median of the rounds' ratios, because this
 * machine's speed drifts by more from one minute to the next than what is asked for. The same JSON for all, written once
 * to each subscriber; framing, ids and what a library does around a write is what is compared. Much of it is the
 * system's: on loopback a write brings the bytes as far as the receiver's socket.
 * Read next: crowd.ts, judged.ts.
 */
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { type Crowd, openCrowd, type Served } from './crowd.ts';
import { judge, times } from './judged.ts';
import type { Plan } from './plan.ts';
import { OURS, YARDSTICKS } from './servers.ts';

export const MOST_OF_WS = 1.05;
/** Below this. */
export const MOST_OF_BETTER_SSE = 1;

/** Nothing else is written in a round: no heartbeat comes in an hour. */
const SETTINGS = {
  ringSize: 1000,
  maxBufferedBytes: 1_048_576,
  holdMs: 600_000,
  heartbeatMs: 3_600_000,
  reconnectMs: 1000,
};

interface Round {
  cpuUs: number;
  userUs: number;
  systemUs: number;
  bytes: number;
  deliveries: number;
  missing: number;
}

export async function benchDeliveries(
  { servers, deliveries: plan, textBytes, arriveLimitMs }: Plan,
  { log, signal }: Pick<BenchContext, 'log' | 'signal'>,
): Promise<[BenchTable, BenchPart[]]> {
  const { subscribers, rounds, warmUpMessages, messages, everyMs } = plan;
  await using opened = new AsyncDisposableStack();
  const crowds: [string, Crowd, Round[]][] = [];
  for (const name of plan.of) {
    log(`deliveries to ${subscribers}: ${name} gets warm`);
    const limits = { settings: SETTINGS, arriveLimitMs, clientProcesses: 1, signal };
    const crowd = opened.use(await openCrowd({ served: servers[name] as Served, ...limits }));
    await crowd.add(subscribers);
    await crowd.publish({ messages: warmUpMessages, everyMs, textBytes });
    crowds.push([name, crowd, []]);
  }
  const otherWork = new OtherWork();
  for (let round = 0; round < rounds; round++) {
    await otherWork.look();
    log(`deliveries to ${subscribers}: round ${round + 1} of ${rounds}`);
    for (const [, crowd, measured] of round % 2 === 0 ? crowds : crowds.toReversed()) {
      measured.push(await measureRound(crowd, { messages, everyMs, textBytes }));
    }
  }
  const roundsOf = (wanted: string) => crowds.find(([name]) => name === wanted)?.[2] ?? [];
  const median = (name: string, of: keyof Round) => medianOf(roundsOf(name).map((one) => one[of]));
  const ratios = (name: string, yardstick: string) =>
    roundsOf(name).map(({ cpuUs }, round) => cpuUs / (roundsOf(yardstick)[round]?.cpuUs ?? Number.NaN));
  const missing = (name: string) => roundsOf(name).reduce((sum, one) => sum + one.missing, 0);
  const beside = (yardstick: string) => ({
    name: `${OURS} beside ${yardstick}: CPU of a delivery`,
    ratios: ratios(OURS, yardstick),
    figures: `${rounded(median(OURS, 'cpuUs'))} beside ${rounded(median(yardstick, 'cpuUs'))} µs`,
    missing: missing(OURS) + missing(yardstick),
    otherWork: otherWork.share,
  });
  const table: BenchTable = {
    title:
      `CPU time of the server's process for a delivery, in µs: ${subscribers} subscribers, a text of ${textBytes} bytes ` +
      `every ${everyMs} ms; medians of ${rounds} rounds, Node ${process.version}`,
    columns: ['server', 'µs', 'user', 'system', 'bytes', 'deliveries', 'missing', `of ${YARDSTICKS.ws}, by rounds`],
    rows: crowds.map(([name]) => [
      name,
      ...(['cpuUs', 'userUs', 'systemUs', 'bytes'] as const).map((of) => rounded(median(name, of))),
      roundsOf(name).reduce((sum, { deliveries }) => sum + deliveries, 0),
      missing(name),
      times(medianOf(ratios(name, YARDSTICKS.ws))),
    ]),
  };
  return [
    table,
    [
      judge({ ...beside(YARDSTICKS.ws), atMost: MOST_OF_WS }),
      judge({ ...beside(YARDSTICKS.betterSse), atMost: MOST_OF_BETTER_SSE, isExcluded: true }),
    ],
  ];
}

async function measureRound(crowd: Crowd, task: Parameters<Crowd['publish']>[0]): Promise<Round> {
  const before = await crowd.cpu();
  const { deliveries, missing, bytes } = await crowd.publish(task);
  const after = await crowd.cpu();
  const userUs = (after.userUs - before.userUs) / deliveries;
  const systemUs = (after.systemUs - before.systemUs) / deliveries;
  return { cpuUs: userUs + systemUs, userUs, systemUs, bytes: bytes / deliveries, deliveries, missing };
}
