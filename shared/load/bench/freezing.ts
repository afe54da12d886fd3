/**
 * Part (b): does a stall show?
 *
 * The server blocks its event loop for 1 s in the middle of 10 s. What the percentiles must be follows from the
 * schedule alone, since constant arrivals are known and everybody who arrives during the freeze waits for its end.
 * A closed loop of the same server stands beside it: its workers stop asking while they wait, so its p99 hides it.
 */
import { monotonicMs } from '../clock.ts';
import { closedLoop } from '../closed-loop.ts';
import { startGenerator } from '../start-generator.ts';
import type { BenchContext, BenchPart, BenchTable } from './contract.ts';
import { shown } from './measure.ts';
import { type BenchServer, startServer } from './processes.ts';

const RATE_PER_SECOND = 200;
const DURATION_MS = 10_000;
const FREEZE_AT_MS = 4500;
const FREEZE_MS = 1000;
const TIMEOUT_MS = 5000;
const WORKERS = 10;
const TOLERANCE = 0.05;
/** From the call until the first send, so that server and client can be told the time. */
const LEAD_MS = 200;

/**
 * The latency at a percentile (0..1), in ms, that arithmetic gives for arrivals at `intendedAtMs` when nothing is
 * answered in [fromMs, toMs): an arrival inside waits until the end of the freeze, then everybody takes `serviceMs`.
 * The time to work off the queue is left out: here, 200 requests of a tenth of a millisecond.
 */
export function predictedLatency(
  intendedAtMs: Float64Array,
  freeze: { fromMs: number; toMs: number },
  serviceMs: number,
  percentile: number,
): number {
  const latencies = intendedAtMs
    .map((at) => (at >= freeze.fromMs && at < freeze.toMs ? freeze.toMs - at : 0) + serviceMs)
    .sort();
  return latencies[Math.max(0, Math.ceil(percentile * latencies.length) - 1)] as number;
}

export async function benchFreezing(context: BenchContext): Promise<[BenchTable, BenchPart]> {
  const { signal, folder, log } = context;
  log(`b: ${RATE_PER_SECOND}/s against a server that freezes for ${FREEZE_MS / 1000} s`);
  await using server = await startServer('freeze', signal);
  const operation = { kind: 'http', url: server.url } as const;
  await using generator = await startGenerator(
    {
      arrivals: 'constant',
      ratePerSecond: RATE_PER_SECOND,
      durationMs: DURATION_MS,
      timeoutMs: TIMEOUT_MS,
      seed: 1,
      operation,
    },
    { folder, signal },
  );
  const startedAt = monotonicMs() + LEAD_MS;
  await askToFreeze(server, startedAt + FREEZE_AT_MS);
  const report = await generator.run(startedAt);
  const frozen = await server.ask<{ fromMs: number; toMs: number }>('/control/frozen');
  const freeze = { fromMs: frozen.fromMs - startedAt, toMs: frozen.toMs - startedAt };
  // Nine of ten operations never met the freeze, so the median is the service time.
  const predicted = predictedLatency(report.operations.intendedAtMs, freeze, report.latencyMs.p50, 0.99);

  log(`b: a closed loop of ${WORKERS} against the same`);
  await askToFreeze(server, monotonicMs() + FREEZE_AT_MS);
  const loop = await closedLoop({
    operation,
    workers: WORKERS,
    durationMs: DURATION_MS,
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  const { p99 } = report.latencyMs;
  const isExact = Math.abs(p99 - predicted) <= TOLERANCE * predicted;
  const isHidden = loop.latencyMs.p99 < predicted / 2;
  return [
    {
      title: `(b) A server that freezes for ${FREEZE_MS / 1000} s in the middle of ${DURATION_MS / 1000} s, latency in ms`,
      columns: ['client', 'p50', 'p99', 'max'],
      rows: [
        [`arithmetic, ${RATE_PER_SECOND}/s`, '', shown(predicted), ''],
        [`open loop, ${RATE_PER_SECOND}/s`, shown(report.latencyMs.p50), shown(p99), shown(report.latencyMs.max)],
        [`closed-loop, ${WORKERS} workers`, ...[loop.latencyMs.p50, loop.latencyMs.p99, loop.latencyMs.max].map(shown)],
      ],
    },
    {
      name: '(b) a stall shows as arithmetic says',
      met: isExact && isHidden,
      detail:
        `p99 ${shown(p99)} ms, arithmetic ${shown(predicted)} ms (wanted within ${TOLERANCE * 100} %); ` +
        `the closed loop ${isHidden ? 'hides it' : 'shows it too'}: p99 ${shown(loop.latencyMs.p99)} ms`,
    },
  ];
}

function askToFreeze(server: BenchServer, atMonotonicMs: number): Promise<unknown> {
  return server.ask(`/control/freeze?atMonotonicMs=${atMonotonicMs}&durationMs=${FREEZE_MS}`);
}
