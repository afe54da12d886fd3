/**
 * The probe: loaded into each service by `node --import`, before the service's own code.
 *
 * It watches through node:diagnostics_channel only (Node's http server, undici, and the steps that the subject
 * announces), so the subject holds no line for the harness. A hook in the subject ("if (process.env.CRASH_HERE)")
 * would be simpler, and would test another program than the one a reader reads.
 * Invariant: what happened before a SIGKILL is known to the engine: counters are in a file, samples and event times
 * are at most FLUSH_INTERVAL_MS old, a hold is announced before the process stops itself.
 * Read next: http-hops.ts (counting per hop), ../shell/service-process.ts (the other end of the pipe).
 */
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, writeSync } from 'node:fs';
import { monotonicMs } from '@backend-labs/load/clock';
import type { WitnessRecord } from '../observation.ts';
import { openCounterFile } from './counter-file.ts';
import { countHttpHops } from './http-hops.ts';
import {
  COUNTERS,
  LISTENING_CHANNEL,
  PROBE_FD,
  PROBE_VARIABLE,
  type ProbeConfiguration,
  type ProbeMessage,
  SAMPLE_INTERVAL_MS,
} from './protocol.ts';

const FLUSH_INTERVAL_MS = 100;
/** Timers are late by a millisecond or two at any time; a stall is a whole interval missed and more. */
const STALL_MS = 2 * SAMPLE_INTERVAL_MS;

const configured = process.env[PROBE_VARIABLE];
if (configured !== undefined) watch(JSON.parse(configured) as ProbeConfiguration);

function tell(message: ProbeMessage): void {
  try {
    writeSync(PROBE_FD, `${JSON.stringify(message)}\n`);
  } catch {
    // The engine is gone, so this service must not stay behind. The reaper says the same a moment later.
    process.kill(process.pid, 'SIGKILL');
  }
}

function watch(configuration: ProbeConfiguration): void {
  // A process that this service starts is not to be counted as this service.
  delete process.env[PROBE_VARIABLE];
  const counters = openCounterFile(configuration.counterFile, 1 + COUNTERS.length * configuration.destinations.length);
  const levels: Record<string, number> = { 'http.inFlight': 0 };
  const times: Record<string, number[]> = Object.fromEntries(configuration.events.map((event) => [event, []]));
  let sampledAtMs: number[] = [];
  let samples: Record<string, number[]> = {};
  let areas: Record<string, number[]> = {};
  // Between samples a level goes up and down unseen, in a handler that never waits even entirely. Its area counts each
  // change: what samples are for is the picture, what the area is for is the sum.
  const since: Record<string, { changedAtMs: number; area: number }> = {};
  const changing = (gauge: string) => {
    const nowMs = monotonicMs();
    since[gauge] ??= { changedAtMs: nowMs, area: 0 };
    const known = since[gauge];
    known.area += (levels[gauge] ?? 0) * (nowMs - known.changedAtMs);
    known.changedAtMs = nowMs;
    return known;
  };
  const change = (gauge: string, by: number) => {
    changing(gauge);
    levels[gauge] = (levels[gauge] ?? 0) + by;
  };

  countHttpHops(configuration.destinations, counters, (by) => change('http.inFlight', by));
  for (const [gauge, { up, down }] of Object.entries(configuration.gauges)) {
    levels[gauge] = 0;
    subscribe(up, () => change(gauge, 1));
    subscribe(down, () => change(gauge, -1));
  }
  for (const event of configuration.events) subscribe(event, () => times[event]?.push(monotonicMs()));
  // At once and synchronously, before the step's next line: a process that is stopped or killed there has said so.
  for (const event of configuration.records) {
    subscribe(event, (said) => tell({ type: 'record', event, atMs: monotonicMs(), said: said as WitnessRecord }));
  }
  for (const { event, occurrence } of configuration.holds) {
    let seen = 0;
    subscribe(event, () => {
      // A file, because it must be known right here, in the middle of the subject's own step, without a turn of the
      // event loop in which a message could arrive.
      if (!existsSync(configuration.armedFile)) return;
      seen += 1;
      if (seen !== occurrence) return;
      flush();
      tell({ type: 'held', event, occurrence, atMs: monotonicMs() });
      process.kill(process.pid, 'SIGSTOP');
      // The signal may reach another thread first. This one waits, so that not one more line of the subject runs.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
    });
  }
  subscribe(LISTENING_CHANNEL, (message) => tell({ type: 'listening', url: (message as { url: string }).url }));

  function sample(): void {
    sampledAtMs.push(monotonicMs());
    for (const [gauge, level] of Object.entries(levels)) {
      samples[gauge] ??= [];
      samples[gauge].push(level);
      const known = changing(gauge);
      areas[gauge] ??= [];
      areas[gauge].push(known.area);
      known.area = 0;
    }
  }
  function flush(): void {
    if (sampledAtMs.length > 0) tell({ type: 'samples', atMs: sampledAtMs, gauges: samples, areas });
    sampledAtMs = [];
    samples = {};
    areas = {};
    for (const [event, atMs] of Object.entries(times)) {
      if (atMs.length > 0) tell({ type: 'events', event, atMs });
      times[event] = [];
    }
  }
  function sampleAfter(waitMs: number): void {
    const fromMs = monotonicMs();
    setTimeout(() => {
      const lateMs = monotonicMs() - fromMs - waitMs;
      if (lateMs > STALL_MS) tell({ type: 'stall', atMs: fromMs, durationMs: lateMs });
      sample();
      // At random distances: a fixed one would lock on to constant arrivals and see the same phase each time.
      sampleAfter(Math.round(SAMPLE_INTERVAL_MS * (0.5 + Math.random())));
    }, waitMs).unref();
  }
  sampleAfter(SAMPLE_INTERVAL_MS);
  setInterval(flush, FLUSH_INTERVAL_MS).unref();
  process.on('exit', () => {
    sample();
    flush();
  });
}
