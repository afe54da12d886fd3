/**
 * metastable: the dependency's workers stall for a while, and go on. Who comes back, and when?
 *
 * The workers have a capacity μ; ρ = λ/μ is well below 1. While they stall, calls queue up, first come, first served,
 * and nobody leaves the queue. Afterwards the oldest calls are worked on first: all of them for callers who have given
 * up. With retries the queue is fed faster than it drains: the trigger is gone, and the failure feeds itself.
 * Source: "Metastable Failures in Distributed Systems" (HotOS 2021).
 * Read next: ../src/dependency/workers.ts (the queue), ../src/variants/retry-budget.ts.
 */
import { atLeast, atMost, eventsIn, experiment, faultSpan, near, type Observation } from '@backend-labs/experiment';
import { arrivals, asked, percentOf, requestsIn, rounded, TOLERANCE } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  // μ = 6 workers / 20 ms = 300/s, ρ = 0.6. A budget's 1.1·ρ stays below 0.7, naive retries' (1 + r)·ρ is above 1.5.
  ratePerSecond: 180,
  workers: 6,
  serviceMs: 20,
  timeoutMs: 300,
  windowMs: 1000,
  errorThreshold: 0.5,
  resetMs: 1000,
  retries: 3,
  budgetShare: 0.1,
  stallAtMs: 1200,
  healAtMs: 3200,
  durationMs: 8500,
};
type MetastableParameters = typeof parameters;
type MetastableObservation = Observation<MetastableParameters>;

/** So many requests in a row must be served before it counts as recovered. */
const IN_A_ROW = 30;
/** How much of the run's end is looked at for "it is back" and "it is still down". */
const END_MS = 500;

/** From the end of the stall to the first request of so many that were all served; null if that never came. */
function recoveryMs(observation: MetastableObservation): number | null {
  const stall = faultSpan(observation, 'stall');
  if (stall === null) return null;
  const requests = asked(observation, { fromMs: stall.toMs, toMs: observation.parameters.durationMs });
  let inARow = 0;
  for (const { id, outcome } of requests) {
    inARow = outcome === 'ok' ? inARow + 1 : 0;
    const first = id - IN_A_ROW + 1;
    if (inARow === IN_A_ROW) return (observation.load.operations.intendedAtMs[first] as number) - stall.toMs;
  }
  return null;
}

function servedAtTheEnd(observation: MetastableObservation): number | null {
  const { durationMs } = observation.parameters;
  return percentOf(asked(observation, { fromMs: durationMs - END_MS, toMs: durationMs }), 'ok');
}

/** ρ: the share of the capacity that λ takes. */
const load = ({ ratePerSecond, workers, serviceMs }: MetastableParameters) =>
  requestsIn(ratePerSecond, serviceMs) / workers;

const stallMs = ({ stallAtMs, healAtMs }: MetastableParameters) => healAtMs - stallAtMs;

/**
 * With k times the load, k·λ·D calls are queued when the stall of D ends, and the queue shrinks by μ − k·λ. A call is
 * served in time when those before it take at most T − s: so after (k·ρ·D − (T − s)) / (1 − k·ρ). Never, if k·ρ ≥ 1.
 */
function drainMs(given: MetastableParameters, k: number): number {
  const { timeoutMs, serviceMs } = given;
  return (k * load(given) * stallMs(given) - (timeoutMs - serviceMs)) / (1 - k * load(given));
}

/**
 * A breaker stops feeding the queue after T + p·W. What is queued by then drains at μ; after that the next probe
 * succeeds, at the latest R + T later.
 */
function breakerRecoveryMs(given: MetastableParameters): number {
  const { timeoutMs, serviceMs, errorThreshold, windowMs, resetMs } = given;
  const queuedMs = load(given) * (timeoutMs + errorThreshold * windowMs);
  return Math.max(0, queuedMs - (timeoutMs - serviceMs)) + resetMs + timeoutMs;
}

const recovery = {
  kind: 'characteristic' as const,
  unit: 'ms after the stall',
  measure: recoveryMs,
  absentMeans: 'it never came back',
};

export const metastable = experiment({
  ...stand,
  question:
    'The dependency stalls for a while under a load it can easily carry, and goes on. Who comes back, and when?',
  parameters,
  quick: {
    timeoutMs: 150,
    windowMs: 560,
    resetMs: 400,
    stallAtMs: 600,
    healAtMs: 1400,
    durationMs: 3200,
  },
  workload: (given) => workloadOf(given, 2 * (1 + given.retries) * given.timeoutMs),
  timeline: ({ stallAtMs, healAtMs }) => [{ fault: 'stall', atMs: stallAtMs, healAtMs }],
  resolutionMs: (given) => (TOLERANCE / 2) * drainMs(given, 1),
  properties: {
    'comes back': atLeast<MetastableParameters>({
      description: 'At the end of the run, long after the stall, requests are served again',
      kind: 'guarantee',
      unit: '% of the last requests',
      bound: () => 95,
      measure: servedAtTheEnd,
    }),
    'stays collapsed': atMost<MetastableParameters>({
      description: 'At the end of the run, long after the stall, hardly a request is served',
      kind: 'characteristic',
      unit: '% of the last requests',
      bound: () => 5,
      measure: servedAtTheEnd,
    }),
    'back when the queue has drained': near<MetastableParameters>({
      ...recovery,
      description: 'Without retries, requests are served again when the queue of the stall has drained',
      tolerance: TOLERANCE,
      formula: '(ρ·D − (T − s)) / (1 − ρ)',
      predict: (given) => drainMs(given, 1),
    }),
    'back when 1.1 times the queue has drained': near<MetastableParameters>({
      ...recovery,
      description: 'With a budget of 10 %, requests are served again when 1.1 times the queue has drained',
      tolerance: TOLERANCE,
      formula: '(1.1·ρ·D − (T − s)) / (1 − 1.1·ρ)',
      predict: (given) => drainMs(given, 1 + given.budgetShare),
    }),
    'back with the next probe': atMost<MetastableParameters>({
      ...recovery,
      description: 'With a breaker, requests are served again with the first probe after what was queued has drained',
      unit: 'ms after the stall',
      formula: `${1 + TOLERANCE} · (max(0, ρ·(T + p·W) − (T − s)) + R + T)`,
      bound: (given) => (1 + TOLERANCE) * breakerRecoveryMs(given),
    }),
  },
  claims: [
    {
      id: 'naive-retry-stays-collapsed',
      statement: 'After the stall is over, naive retries keep the dependency collapsed: (1 + r)·ρ is above 1.',
      property: 'stays collapsed',
      variant: 'retry',
      control: 'timeout',
    },
    {
      id: 'without-retries-it-recovers',
      statement: 'The same load without retries comes back by itself.',
      property: 'comes back',
      variant: 'timeout',
      control: 'retry',
    },
    {
      id: 'timeout-recovers-on-schedule',
      statement: 'With a timeout alone, it is back when the queue has drained: the seconds follow from ρ, D and T.',
      property: 'back when the queue has drained',
      variant: 'timeout',
      control: 'retry',
    },
    {
      id: 'budget-recovers-on-schedule',
      statement: 'With a retry budget of 10 % it comes back too, later by what its retries add.',
      property: 'back when 1.1 times the queue has drained',
      variant: 'retry-budget',
      control: 'retry',
    },
    {
      id: 'breaker-recovers-with-a-probe',
      statement: 'With a breaker it is back with the first probe after the stall that finds a short queue.',
      property: 'back with the next probe',
      variant: 'breaker',
      control: 'retry-budget',
    },
  ],
  facts(observation) {
    const stall = faultSpan(observation, 'stall');
    const { durationMs } = observation.parameters;
    const after = stall && { fromMs: stall.toMs, toMs: durationMs };
    return {
      'back after (ms)': rounded(recoveryMs(observation)),
      'served at the end (%)': rounded(servedAtTheEnd(observation)),
      'calls for each request after the stall':
        after && rounded(eventsIn(arrivals(observation), after).length / asked(observation, after).length),
    };
  },
  plots: [
    { series: 'load.ok', title: 'Requests that got a quote', unit: 'per 250 ms' },
    { series: 'dependency.circuit-breaker.call-arrived', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
    { series: 'dependency.calls', title: 'Calls queued or worked on at the dependency', unit: 'calls' },
  ],
});
