/**
 * A made-up report of a load, for tests of what is computed from one. Only what follows from the requests is true of
 * them; latencies, lags and series are zero or empty, so a measure that reads those needs a report of its own.
 */
import { countOutcomes, type LoadReport, OUTCOMES, type Outcome, UNFINISHED } from '@backend-labs/load';

/** A request as the load saw it, in ms after the run's start; without `toMs` it was never answered. */
export interface MadeUpRequest {
  operation: number;
  fromMs: number;
  toMs?: number;
  /** How it was answered: `ok`, unless this says otherwise. */
  outcome?: Outcome;
}

/** A report of these requests. An operation below the last one that is not among them was never sent. */
export function loadReportOf(requests: readonly MadeUpRequest[], elapsedMs = 1000): LoadReport {
  const rows = 1 + Math.max(-1, ...requests.map(({ operation }) => operation));
  const byId = new Map(requests.map((request) => [request.operation, request]));
  const column = (time: 'fromMs' | 'toMs') =>
    Float64Array.from({ length: rows }, (_, id) => byId.get(id)?.[time] ?? Number.NaN);
  const operations = {
    intendedAtMs: column('fromMs'),
    startedAtMs: column('fromMs'),
    endedAtMs: column('toMs'),
    outcome: Uint8Array.from({ length: rows }, (_, id) => {
      const request = byId.get(id);
      return request?.toMs === undefined ? UNFINISHED : OUTCOMES.indexOf(request.outcome ?? 'ok');
    }),
  };
  const none = { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  const nothing = { ok: [], degraded: [], failed: [], rejected: [], timeout: [], lost: [] };
  return {
    operations,
    counts: countOutcomes(operations),
    startedAtMonotonicMs: 0,
    elapsedMs,
    latencyMs: none,
    serviceMs: none,
    sendLagMs: none,
    roundTrips: [],
    reconnects: [],
    eventLoopDelayMs: none,
    cpuMs: 0,
    series: { bucketMs: 250, sent: [], outcomes: nothing, latencyP50Ms: [], latencyP99Ms: [] },
    reasons: {},
  };
}
