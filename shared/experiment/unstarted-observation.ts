/** What is known of a variant that never got to its load: that, and why. */
import type { Observation } from './observation.ts';

/** The observation of a variant whose services did not start: nothing was measured. */
export function unstartedObservation(
  { variant, repeat, parameters }: Pick<Observation, 'variant' | 'repeat' | 'parameters'>,
  { error, unavailable = null }: { error: string; unavailable?: string | null },
): Observation {
  const counts = { intended: 0, ok: 0, degraded: 0, failed: 0, rejected: 0, timeout: 0, lost: 0, inFlight: 0 };
  const none = { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  const empty = () => new Float64Array(0);
  return {
    variant,
    repeat,
    parameters,
    timeline: [],
    load: {
      startedAtMonotonicMs: 0,
      elapsedMs: 0,
      counts,
      latencyMs: none,
      serviceMs: none,
      sendLagMs: { p50: 0, p99: 0, max: 0 },
      roundTrips: [],
      reconnects: [],
      eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
      cpuMs: 0,
      series: {
        bucketMs: 250,
        sent: [],
        outcomes: { ok: [], degraded: [], failed: [], rejected: [], timeout: [], lost: [] },
        latencyP50Ms: [],
        latencyP99Ms: [],
      },
      reasons: {},
      operations: { intendedAtMs: empty(), startedAtMs: empty(), endedAtMs: empty(), outcome: new Uint8Array(0) },
    },
    services: {},
    ledger: null,
    witnesses: {},
    error,
    unavailable,
    wallClockSkewMs: 0,
  };
}
