/**
 * replicas: several gateways, each with a breaker and a window of its own. What does the dependency get?
 *
 * They share nothing, so each learns for itself, from λ/N, and each probes for itself: N probes where one gateway
 * would send one. Read next: probe-cost.ts (what probes cost the gateway).
 */
import { eventsIn, experiment, faultSpan, near, type Observation, type Span } from '@backend-labs/experiment';
import { arrivals, requestsIn, rounded, TOLERANCE } from './measures.ts';
import { standOf, workloadOf } from './stand.ts';

const GATEWAYS = ['gateway-1', 'gateway-2', 'gateway-3'];

const parameters = {
  ratePerSecond: 150,
  replicas: GATEWAYS.length,
  serviceMs: 20,
  timeoutMs: 500,
  // λ/N·W = 50 calls in each window.
  windowMs: 1000,
  errorThreshold: 0.5,
  resetMs: 500,
  errorShare: 1,
  failAtMs: 1300,
  healAtMs: 8300,
  durationMs: 8800,
};
type ReplicasParameters = typeof parameters;
type ReplicasObservation = Observation<ReplicasParameters>;

/** From when all breakers are open for sure until the dependency is healed. */
function openSpan(observation: ReplicasObservation): Span | null {
  const span = faultSpan(observation, 'errors');
  const { errorThreshold, windowMs } = observation.parameters;
  return span && { fromMs: span.fromMs + 2 * errorThreshold * windowMs, toMs: span.toMs };
}

function callsPerSecond(observation: ReplicasObservation): number | null {
  const span = openSpan(observation);
  return span && (1000 * eventsIn(arrivals(observation), span).length) / (span.toMs - span.fromMs);
}

export const replicas = experiment({
  ...standOf(GATEWAYS),
  question: 'Several gateways, each with a breaker of its own. How many probes does the dependency get?',
  parameters,
  quick: { windowMs: 600, resetMs: 300, failAtMs: 800, healAtMs: 4400, durationMs: 4700 },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ failAtMs, healAtMs }) => [{ fault: 'errors', atMs: failAtMs, healAtMs }],
  resolutionMs: ({ resetMs }) => resetMs / 4,
  properties: {
    'N probes': near<ReplicasParameters>({
      description:
        'While all breakers are open, the dependency gets N probes in R, the time that one takes, and the wait for a request',
      kind: 'characteristic',
      unit: 'calls/s',
      tolerance: TOLERANCE,
      formula: 'N / (R + s + N/2λ)',
      predict: ({ replicas: n, resetMs, serviceMs, ratePerSecond }) =>
        // A probe needs a request to ride on: half the time between two of them, on average.
        (1000 * n) / (resetMs + serviceMs + 1000 / (2 * (ratePerSecond / n))),
      measure: callsPerSecond,
      absentMeans: 'the fault never took effect',
    }),
  },
  claims: [
    {
      id: 'replicas-multiply-the-probes',
      statement: 'N replicas with a breaker each send N times the probes of one.',
      property: 'N probes',
      variant: 'breaker',
      control: 'timeout',
    },
  ],
  facts(observation) {
    const span = openSpan(observation);
    return {
      'calls/s while open': rounded(callsPerSecond(observation)),
      'requests/s while open': span && observation.parameters.ratePerSecond,
      'requests in a window of each': requestsIn(
        observation.parameters.ratePerSecond / observation.parameters.replicas,
        observation.parameters.windowMs,
      ),
    };
  },
  plots: [
    { series: 'dependency.circuit-breaker.call-arrived', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
  ],
});
