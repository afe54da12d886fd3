/**
 * One measured run, by this generator or by k6, and what several of them say together.
 *
 * Invariant: both are measured by the same rule: CPU from the system's account of the process, requests from the
 * server's own counter, over the same window after the start, so that neither's start-up counts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { closedLoop } from '../closed-loop.ts';
import type { LoadReport } from '../plan.ts';
import { startGenerator } from '../start-generator.ts';
import type { BenchContext } from './contract.ts';
import { type K6, type K6Report, startK6 } from './k6.ts';
import { type BenchServer, cpuMsOf } from './processes.ts';

export interface Load {
  ratePerSecond: number;
  durationMs: number;
  /** How long the server holds a request. */
  holdMs: number;
}

const TIMEOUT_MS = 10_000;

/** Runs this generator; with the requests that it sent per second of its own CPU time. */
export async function runOurs(
  { folder, signal }: BenchContext,
  server: BenchServer,
  { ratePerSecond, durationMs }: Load,
): Promise<{ report: LoadReport; requestsPerCpuSecond: number }> {
  const operation = { kind: 'http', url: server.url } as const;
  await using generator = await startGenerator(
    { arrivals: 'constant', ratePerSecond, durationMs, timeoutMs: TIMEOUT_MS, seed: 1, operation },
    { folder, signal },
  );
  const [report, requestsPerCpuSecond] = await Promise.all([
    generator.run(),
    requestsPerCpuSecondOf(generator.pid, server, durationMs, signal),
  ]);
  return { report, requestsPerCpuSecond };
}

/** Runs k6 with the same load. Throws if it did not send all of it: its numbers would not be comparable. */
export async function runK6(
  { signal }: BenchContext,
  k6: K6,
  server: BenchServer,
  load: Load,
): Promise<{ report: K6Report; requestsPerCpuSecond: number }> {
  const run = startK6(k6, { url: server.url, ...load }, signal);
  const [report, requestsPerCpuSecond] = await Promise.all([
    run.finished,
    requestsPerCpuSecondOf(run.pid, server, load.durationMs, signal),
  ]);
  return { report, requestsPerCpuSecond };
}

/** Runs a new server through its own first requests, which would count against whoever measures it first. */
export async function warmServer(server: BenchServer, signal: AbortSignal): Promise<void> {
  const operation = { kind: 'http', url: server.url } as const;
  await closedLoop({ operation, workers: 20, durationMs: 1000, timeoutMs: TIMEOUT_MS, signal });
}

/** From 30 % to 90 % of the run: k6 takes up to a second to start, and both write their summary at the end. */
async function requestsPerCpuSecondOf(
  pid: number,
  server: BenchServer,
  durationMs: number,
  signal: AbortSignal,
): Promise<number> {
  const sample = async () => {
    const [{ received }, cpuMs] = await Promise.all([
      server.ask<{ received: number }>('/control/received'),
      cpuMsOf(pid),
    ]);
    return { received, cpuMs };
  };
  await sleep(durationMs * 0.3, undefined, { signal });
  const before = await sample();
  await sleep(durationMs * 0.6, undefined, { signal });
  const after = await sample();
  return (after.received - before.received) / ((after.cpuMs - before.cpuMs) / 1000);
}

/** For a table: two decimals below ten, else none. */
export function shown(value: number): string {
  return Number.isFinite(value) ? value.toFixed(Math.abs(value) < 10 ? 2 : 0) : '–';
}
