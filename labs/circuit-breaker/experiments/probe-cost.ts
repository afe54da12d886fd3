/**
 * probe-cost: N dependencies hang, each behind a breaker. What do the probes cost the gateway?
 *
 * An open breaker costs its caller one request that waits for T, in every R + T. With N of them that is N·T/(R + T)
 * requests held at any time, for nothing. Shopify's formula has it as a share of the threads: N·T/(R·threads).
 * Source: "Your circuit breaker is misconfigured" (Shopify Engineering). Read next: ../README.md, its worked example.
 */
import {
  eventsIn,
  experiment,
  faultSpan,
  mean,
  near,
  type Observation,
  type Span,
  serviceOf,
} from '@backend-labs/experiment';
import { arrivals, rounded, TOLERANCE } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 400,
  shards: 20,
  serviceMs: 20,
  timeoutMs: 250,
  // λ/N·W = 20 calls in each window.
  windowMs: 1000,
  errorThreshold: 0.5,
  resetMs: 1000,
  hangMs: 1000,
  hangAtMs: 1300,
  healAtMs: 9300,
  durationMs: 9800,
};
type ProbeCostParameters = typeof parameters;
type ProbeCostObservation = Observation<ProbeCostParameters>;

/**
 * Whole cycles of waiting and probing: from the first probe of shard 0 to its last. All breakers opened together and
 * keep step, so a part of a cycle would count too many probes or too few. Null if there were not two probes.
 */
function cycles(observation: ProbeCostObservation): Span | null {
  const hang = faultSpan(observation, 'hang');
  if (hang === null) return null;
  const { timeoutMs, errorThreshold, windowMs, resetMs } = observation.parameters;
  const fromMs = hang.fromMs + timeoutMs + errorThreshold * windowMs + resetMs / 2;
  const probes = eventsIn(arrivals(observation, 0), { fromMs, toMs: hang.toMs });
  const [first, last] = [probes[0], probes.at(-1)];
  return first === undefined || last === undefined || first === last ? null : { fromMs: first, toMs: last };
}

function held(observation: ProbeCostObservation): number | null {
  const span = cycles(observation);
  return span && mean(serviceOf(observation, 'gateway').gauges['http.inFlight'], span);
}

export const probeCost = experiment({
  ...stand,
  question: 'N dependencies hang, each behind a breaker. What do the probes cost the gateway?',
  parameters,
  quick: { timeoutMs: 200, windowMs: 600, resetMs: 600, hangMs: 600, hangAtMs: 800, healAtMs: 5300, durationMs: 5600 },
  workload: (given) => workloadOf(given, 3 * (given.hangMs + given.serviceMs)),
  timeline: ({ hangAtMs, healAtMs }) => [{ fault: 'hang', atMs: hangAtMs, healAtMs }],
  resolutionMs: ({ timeoutMs }) => timeoutMs / 2.5,
  properties: {
    'N·T/(R + T) held by probes': near<ProbeCostParameters>({
      description: 'While N dependencies hang behind open breakers, the gateway holds N·T/(R + T) requests: the probes',
      kind: 'characteristic',
      unit: 'requests',
      tolerance: TOLERANCE,
      formula: 'N·T/(R + T)',
      predict: ({ shards, timeoutMs, resetMs }) => (shards * timeoutMs) / (resetMs + timeoutMs),
      measure: held,
      absentMeans: 'no two probes came while it hung',
    }),
  },
  claims: [
    {
      id: 'probes-hold-requests',
      statement:
        'N open breakers make the gateway hold N·T/(R + T) requests for nothing: a shorter T or a longer R saves them.',
      property: 'N·T/(R + T) held by probes',
      variant: 'breaker-per-shard',
      control: 'timeout',
    },
  ],
  facts: (observation) => ({ 'held by the gateway': rounded(held(observation)) }),
  plots: [{ series: 'gateway.http.inFlight', title: 'Requests that the gateway holds', unit: 'requests' }],
});
