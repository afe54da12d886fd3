import { describe, expect, it } from 'vitest';
import { predictedLatency } from '../bench/freezing.ts';
import { psTimeMs, startServer } from '../bench/processes.ts';
import { monotonicMs } from '../clock.ts';
import { closedLoop } from '../closed-loop.ts';
import { startGenerator } from '../start-generator.ts';
import { planFor, serve, temporaryFolder } from './run-load.ts';

const FREEZE_MS = 600;
const never = new AbortController().signal;

describe('a server that freezes in the middle of a run', () => {
  it('changes neither how many operations start nor when, and each waits for the end of the freeze', async () => {
    await using server = await startServer('freeze', never);
    await using folder = await temporaryFolder();
    const plan = planFor({ kind: 'http', url: server.url }, { ratePerSecond: 100, durationMs: 2000 });
    await using generator = await startGenerator(plan, { folder: folder.path });
    const startAt = monotonicMs() + 100;
    await server.ask(`/control/freeze?atMonotonicMs=${startAt + 700}&durationMs=${FREEZE_MS}`);
    const { counts, operations, latencyMs } = await generator.run(startAt);
    const frozen = await server.ask<{ fromMs: number; toMs: number }>('/control/frozen');
    const freeze = { fromMs: frozen.fromMs - startAt, toMs: frozen.toMs - startAt };
    expect(counts).toMatchObject({ intended: 200, ok: 200 });

    const { intendedAtMs, startedAtMs, endedAtMs } = operations;
    const during = [...intendedAtMs.keys()].filter((row) => {
      const at = intendedAtMs[row] as number;
      return at >= freeze.fromMs && at < freeze.toMs;
    });
    expect(during.length).toBeGreaterThanOrEqual(FREEZE_MS / 10 - 1);
    for (const row of during) expect(endedAtMs[row]).toBeGreaterThanOrEqual(freeze.toMs);
    const sentDuring = during.filter((row) => (startedAtMs[row] as number) < freeze.toMs);
    expect(sentDuring.length).toBeGreaterThan(0.5 * during.length);
    // Three in ten operations met the freeze, so p99 must lie near its length; the prediction leaves out the queue.
    const predicted = predictedLatency(intendedAtMs, freeze, latencyMs.p50, 0.99);
    expect(latencyMs.p99).toBeGreaterThanOrEqual(0.9 * predicted);
  });

  it('is hidden from a closed loop, whose p99 is that of a good day', async () => {
    await using server = await startServer('freeze', never);
    await server.ask(`/control/freeze?atMonotonicMs=${monotonicMs() + 700}&durationMs=${FREEZE_MS}`);
    const report = await closedLoop({
      operation: { kind: 'http', url: server.url },
      workers: 4,
      durationMs: 2000,
      timeoutMs: 5000,
    });
    expect(report.kind).toBe('closed-loop');
    expect(report.latencyMs.max).toBeGreaterThan(FREEZE_MS / 2);
    expect(report.latencyMs.p99).toBeLessThan(report.latencyMs.max / 2);
  });
});

describe('a closed loop', () => {
  it('never has more operations in flight than workers, and accounts for all it started', async () => {
    let inFlight = 0;
    let most = 0;
    let received = 0;
    await using server = await serve((_, response) => {
      received++;
      most = Math.max(most, ++inFlight);
      setTimeout(() => {
        inFlight--;
        response.end();
      }, 5);
    });
    const { outcomes, operationsPerSecond } = await closedLoop({
      operation: { kind: 'http', url: server.url },
      workers: 3,
      durationMs: 500,
      timeoutMs: 5000,
    });
    expect(most).toBe(3);
    expect(outcomes).toEqual({ ok: received, degraded: 0, failed: 0, rejected: 0, timeout: 0, lost: 0 });
    expect(operationsPerSecond).toBeGreaterThan(0);
  });

  it('gives up what is still in flight at its end', async () => {
    await using server = await serve(() => {});
    const { outcomes } = await closedLoop({
      operation: { kind: 'http', url: server.url },
      workers: 2,
      durationMs: 50,
      timeoutMs: 100,
    });
    expect(outcomes).toMatchObject({ ok: 0, timeout: 2 });
  });
});

describe('the arithmetic of a freeze', () => {
  const intendedAtMs = Float64Array.from({ length: 1000 }, (_, i) => i * 10);

  it('makes an arrival at s into the freeze wait for the rest of it, and nobody else', () => {
    const freeze = { fromMs: 5000, toMs: 6000 };
    expect(predictedLatency(intendedAtMs, freeze, 2, 1)).toBe(1002);
    // 100 of 1000 wait, evenly from 10 to 1000 ms: at p99 the tenth longest.
    expect(predictedLatency(intendedAtMs, freeze, 2, 0.99)).toBe(902);
    expect(predictedLatency(intendedAtMs, freeze, 2, 0.9)).toBe(2);
  });
});

describe('the CPU time that ps prints', () => {
  it.each([
    ['0:01.50', 1500],
    ['  02:03', 123_000],
    ['01:02:03', 3_723_000],
    ['2-01:00:00', 176_400_000],
  ])('%s is %d ms', (text, expected) => {
    expect(psTimeMs(text)).toBe(expected);
  });
});
