/**
 * A closed loop: N workers, each starts its next operation when its last one ended.
 *
 * For `bench` only (maximum throughput, contenders). Its latencies must not be read as a user's: while the system
 * stalls, a closed loop stops asking, so the stall is measured N times instead of rate × stall times. Results say
 * `closed-loop` for that reason. Read next: sender.ts (the open model, which experiments use).
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { OUTCOME_INDEX } from './columns.ts';
import { percentilesOf } from './percentiles.ts';
import { type OperationSpec, OUTCOMES, type Outcome, type Percentiles } from './plan.ts';
import { type OperationTarget, openTarget } from './target.ts';

export interface ClosedLoopOptions {
  operation: OperationSpec;
  workers: number;
  durationMs: number;
  /** An operation still in flight this long after the end is given up. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface ClosedLoopReport {
  kind: 'closed-loop';
  workers: number;
  operationsPerSecond: number;
  outcomes: Record<Outcome, number>;
  /** From the actual start: a closed loop has no intended one. */
  latencyMs: Percentiles;
  /** CPU time (user + system) of this process meanwhile. */
  cpuMs: number;
}

/** Runs a closed loop in this process. Rejects with the signal's reason if it fires. */
export async function closedLoop(options: ClosedLoopOptions): Promise<ClosedLoopReport> {
  const { operation, workers, durationMs, timeoutMs, signal } = options;
  const startedAtMs = new Map<number, number>();
  const latenciesMs: number[] = [];
  const outcomes = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  const idle = Promise.withResolvers<void>();
  let next = 0;
  let endsAtMs = 0;
  const start = (): void => {
    const row = next++;
    startedAtMs.set(row, performance.now());
    target.send(row);
  };
  const end = (row: number, outcomeIndex: number): void => {
    const startedAt = startedAtMs.get(row);
    if (startedAt === undefined) return;
    startedAtMs.delete(row);
    const now = performance.now();
    latenciesMs.push(now - startedAt);
    outcomes[OUTCOMES[outcomeIndex] as Outcome]++;
    // Not at once: a target that settles within send() would call itself for ever.
    if (now < endsAtMs && !signal?.aborted) queueMicrotask(start);
    else if (startedAtMs.size === 0) idle.resolve();
  };
  const target: OperationTarget = await openTarget(operation, end);
  try {
    const cpuBefore = process.cpuUsage();
    const beganAtMs = performance.now();
    endsAtMs = beganAtMs + durationMs;
    for (let worker = 0; worker < workers; worker++) start();
    await Promise.race([
      idle.promise,
      sleep(durationMs + timeoutMs, undefined, signal === undefined ? {} : { signal }),
    ]);
    for (const row of [...startedAtMs.keys()]) {
      target.giveUp(row);
      end(row, OUTCOME_INDEX.timeout);
    }
    const { user, system } = process.cpuUsage(cpuBefore);
    return {
      kind: 'closed-loop',
      workers,
      operationsPerSecond: latenciesMs.length / ((performance.now() - beganAtMs) / 1000),
      outcomes,
      latencyMs: percentilesOf(latenciesMs),
      cpuMs: (user + system) / 1000,
    };
  } finally {
    await target.close();
  }
}
