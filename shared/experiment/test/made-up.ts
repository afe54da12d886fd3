/**
 * Made-up observations: a healthy run that passes all of its self-checks, and small ways to bend it.
 *
 * The healthy run: 100 operations, one each 10 ms, each ok after 50 ms; load → gateway → dependency; the fault `hang`
 * from 200 to 600 ms. All numbers of it agree with each other, so a test changes the one that it is about.
 */
import { countOutcomes, type LoadReport, OUTCOMES, type Outcome } from '@backend-labs/load';
import type { Gauge, Observation, ServiceObservation } from '../observation.ts';
import type { SelfCheckInput } from '../self-checks.ts';

const OPERATIONS = 100;
const APART_MS = 10;
const LASTS_MS = 50;
const ELAPSED_MS = (OPERATIONS - 1) * APART_MS + LASTS_MS;
const RESOLUTION_MS = 20;
const UNFINISHED = 255;

/** How one operation went. `outcome: null`: it was sent and never ended. `startedAtMs: NaN`: it was never sent. */
export interface Row {
  startedAtMs: number;
  endedAtMs: number;
  outcome: Outcome | null;
}

export const healthyRows: readonly Row[] = Array.from({ length: OPERATIONS }, (_, id) => ({
  startedAtMs: id * APART_MS,
  endedAtMs: id * APART_MS + LASTS_MS,
  outcome: 'ok',
}));

/** The part of a report that follows from its rows. */
export function fromRows(rows: readonly Row[]): Pick<LoadReport, 'operations' | 'counts'> {
  const column = (value: (row: Row) => number) => Float64Array.from(rows, value);
  const operations = {
    intendedAtMs: column((row) => row.startedAtMs),
    startedAtMs: column((row) => row.startedAtMs),
    endedAtMs: column((row) => row.endedAtMs),
    outcome: Uint8Array.from(rows, ({ outcome }) => (outcome === null ? UNFINISHED : OUTCOMES.indexOf(outcome))),
  };
  return { operations, counts: countOutcomes(operations) };
}

/** The number of rows in flight, sampled exactly at each start and end. */
export function inFlightOf(rows: readonly Row[]): Gauge {
  const sent = rows.filter(({ startedAtMs }) => !Number.isNaN(startedAtMs));
  const times = new Set(sent.flatMap(({ startedAtMs, endedAtMs }) => [startedAtMs, endedAtMs]));
  const atMs = [...times].filter((at) => !Number.isNaN(at)).sort((a, b) => a - b);
  return {
    atMs,
    value: atMs.map((at) => sent.filter((row) => row.startedAtMs <= at && !(row.endedAtMs <= at)).length),
  };
}

export function service(name: string, changes: Partial<ServiceObservation> = {}): ServiceObservation {
  return {
    name,
    received: OPERATIONS,
    sent: {},
    gauges: { 'http.inFlight': inFlightOf(healthyRows) },
    events: {},
    records: {},
    stalls: [],
    exit: null,
    disturbed: [],
    ...changes,
  };
}

function healthyLoad(): LoadReport {
  const buckets = Math.ceil(ELAPSED_MS / 250);
  const zeros = () => new Array<number>(buckets).fill(0);
  const percentiles = { p50: LASTS_MS, p90: LASTS_MS, p99: LASTS_MS, p999: LASTS_MS, max: LASTS_MS };
  return {
    ...fromRows(healthyRows),
    startedAtMonotonicMs: 0,
    elapsedMs: ELAPSED_MS,
    latencyMs: percentiles,
    serviceMs: percentiles,
    sendLagMs: { p50: 0, p99: 1, max: 1 },
    roundTrips: [],
    reconnects: [],
    eventLoopDelayMs: { p50: 0, p99: 1, max: 1 },
    cpuMs: 10,
    series: {
      bucketMs: 250,
      sent: [25, 25, 25, 25, 0],
      outcomes: {
        ok: [20, 25, 25, 25, 5],
        degraded: zeros(),
        failed: zeros(),
        rejected: zeros(),
        timeout: zeros(),
        lost: zeros(),
      },
      latencyP50Ms: [50, 50, 50, 50, null],
      latencyP99Ms: [50, 50, 50, 50.12345, null],
    },
    reasons: {},
  };
}

/** A run in which nothing is wrong. `bend` changes it in place. */
export function madeUp(bend: (run: Observation) => void = () => {}): Observation {
  const sent = { dependency: { sent: OPERATIONS, refused: 0, cut: 0, abandoned: 0 } };
  const run: Observation = {
    variant: 'fixed',
    repeat: 1,
    parameters: { ratePerSecond: 100, timeoutMs: 300 },
    timeline: [
      {
        fault: 'hang',
        trigger: 'at 200 ms',
        askedAtMs: 200,
        effectiveAtMs: 203,
        healAskedAtMs: 600,
        healedAtMs: 602,
      },
    ],
    load: healthyLoad(),
    services: { gateway: service('gateway', { sent }), dependency: service('dependency') },
    ledger: null,
    witnesses: {},
    error: null,
    unavailable: null,
    wallClockSkewMs: 0.2,
  };
  bend(run);
  return run;
}

/** What the self-checks are given for a run. */
export function checkInput(bend?: (run: Observation) => void): SelfCheckInput {
  return {
    observation: madeUp(bend),
    scheduled: OPERATIONS,
    hops: [
      { from: 'load', to: 'gateway' },
      { from: 'gateway', to: 'dependency' },
    ],
    resolutionMs: RESOLUTION_MS,
    plannedAtMs: [{ injectAtMs: 200, healAtMs: 600 }],
  };
}

/** The service of a made-up run, to bend it. */
export function gateway(run: Observation): ServiceObservation {
  return run.services.gateway as ServiceObservation;
}

export function dependency(run: Observation): ServiceObservation {
  return run.services.dependency as ServiceObservation;
}

/** Replaces operations and their counts; the rows need not agree with anything else any more. */
export function setRows(run: Observation, rows: readonly Row[]): void {
  Object.assign(run.load, fromRows(rows));
}
