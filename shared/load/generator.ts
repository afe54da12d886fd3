/**
 * The generator's process: reads a plan, waits for the start, keeps the schedule, reports.
 *
 * It is a process of its own so that neither the engine nor a service can delay a send, and its CPU time is only the
 * load's. Its parent is generator-process.ts. Read next: protocol.ts (what is said), sender.ts (what is done).
 */
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './clock.ts';
import { columnBytes, firstRows } from './columns.ts';
import type { LoadPlan, LoadReport, OperationColumns } from './plan.ts';
import { type FromGenerator, MARGIN_MS, PROGRESS_INTERVAL_MS, type ToGenerator } from './protocol.ts';
import { readyConnectionsOf } from './ready-connections.ts';
import { measureRoundTrips } from './round-trips.ts';
import { scheduleOf } from './schedule.ts';
import { Sender } from './sender.ts';
import { summarise } from './summary.ts';
import { type OperationTarget, openTarget } from './target.ts';
import { warmUp, warmUpEarly } from './warm-up.ts';

const DELAY_RESOLUTION_MS = 10;
const CLOSE_LIMIT_MS = 2000;

const parent = createWriteStream('', { fd: 3 });
const tell = (message: FromGenerator) => parent.write(`${JSON.stringify(message)}\n`);
let isLeaving = false;
/** Says the last word and goes, once the parent's pipe has taken it. */
const leave = (message: FromGenerator, code: number) => {
  if (isLeaving) return; // an error on the way out must not cut the word short
  isLeaving = true;
  parent.end(`${JSON.stringify(message)}\n`, () => process.exit(code));
};

interface Prepared {
  plan: LoadPlan;
  operationsFile: string;
  sender: Sender;
  target: OperationTarget;
}

async function prepare(plan: LoadPlan, operationsFile: string): Promise<Prepared> {
  await warming;
  const sender = new Sender(scheduleOf(plan), plan.timeoutMs);
  const target = await openTarget(plan.operation, sender.settle);
  if (plan.operation.kind === 'http') await warmUp(plan.operation, warming !== undefined);
  await target.connect?.(plan.roundTripUrls ?? [], readyConnectionsOf(plan));
  tell({ type: 'ready' });
  return { plan, operationsFile, sender, target };
}

async function run(prepared: Prepared, startAtMs: number, aborted: Promise<void>): Promise<void> {
  const { plan, operationsFile, sender, target } = prepared;
  // performance.now() is the cheaper of the two in the hot path; both read the same clock, a constant apart.
  const offsetMs = monotonicMs() - performance.now();
  // Ahead of the start: it opens connections of its own, and the first operation should not wait behind them.
  const loaded = new AbortController();
  const beside = measureRoundTrips({
    urls: plan.roundTripUrls ?? [],
    signal: loaded.signal,
    nowMs: () => monotonicMs() - startAtMs,
    onBack: async (url) => target.connect?.([url], readyConnectionsOf(plan)),
  });
  await Promise.race([sleep(Math.max(0, startAtMs - monotonicMs())), aborted]);

  const cpuBefore = process.cpuUsage();
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  const progress = setInterval(() => {
    tell({ type: 'progress', atMs: sender.elapsedMs, sent: sender.sent, ...sender.counts() });
  }, PROGRESS_INTERVAL_MS);
  const limit = new AbortController();
  const overtime = sleep(plan.durationMs + plan.timeoutMs + MARGIN_MS, undefined, { signal: limit.signal });
  await Promise.race([sender.run(target, startAtMs - offsetMs), aborted, overtime]);
  limit.abort();
  overtime.catch(() => {}); // it was told to stop just now
  clearInterval(progress);
  loaded.abort();
  delay.disable();
  const elapsedMs = sender.elapsedMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const operations = firstRows(sender.columns, sender.stop());
  const report: Omit<LoadReport, 'operations'> = {
    startedAtMonotonicMs: startAtMs,
    elapsedMs,
    ...summarise(operations, elapsedMs),
    eventLoopDelayMs: {
      p50: beyondResolution(delay.percentile(50)),
      p99: beyondResolution(delay.percentile(99)),
      max: beyondResolution(delay.max),
    },
    cpuMs: (user + system) / 1000,
    ...(await beside),
    reasons: Object.fromEntries(sender.reasons),
  };
  await writeOperations(operationsFile, operations);
  // A module's client that never closes must not keep the report back; exit cuts its connections anyway.
  await Promise.race([target.close().catch((error) => console.error(error)), sleep(CLOSE_LIMIT_MS)]);
  leave({ type: 'report', report }, 0);
}

/** The monitor measures the whole interval of its timer, in ns: an idle loop shows its resolution. */
function beyondResolution(intervalNs: number): number {
  const intervalMs = intervalNs / 1e6;
  return Number.isFinite(intervalMs) ? Math.max(0, intervalMs - DELAY_RESOLUTION_MS) : 0;
}

async function writeOperations(path: string, operations: OperationColumns): Promise<void> {
  await using file = await open(path, 'w');
  for (const bytes of columnBytes(operations)) {
    if (bytes.byteLength > 0) await file.writeFile(bytes);
  }
}

function fail(error: unknown): void {
  console.error(error);
  leave({ type: 'failed', message: error instanceof Error ? error.message : String(error) }, 1);
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);

let warming: Promise<void> | undefined;
let prepared: Promise<Prepared> | undefined;
const aborted = Promise.withResolvers<void>();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const message = JSON.parse(line) as ToGenerator;
  if (message.type === 'warm-up') {
    warming = warmUpEarly();
    warming.catch(fail);
  } else if (message.type === 'plan') {
    prepared = prepare(message.plan, message.operationsFile);
    prepared.catch(fail);
  } else if (message.type === 'start') {
    prepared?.then((ready) => run(ready, message.atMonotonicMs, aborted.promise)).catch(fail);
  } else {
    aborted.resolve();
  }
});
// The parent is gone, and with it whoever could use a report.
lines.on('close', () => process.exit(1));
