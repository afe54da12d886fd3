/**
 * errors: for a while the dependency fails every call, fast. How much load does each policy make of it?
 *
 * Calls are counted at the dependency: a retry is one request at the client and several there.
 * Read next: brownout.ts (some calls fail, not all), metastable.ts (what the load of retries can do).
 */
import { atMost, eventsIn, experiment, faultSpan, near, type Observation } from '@backend-labs/experiment';
import { arrivals, asked, openedAt, percentOf, requestsIn, rounded, TOLERANCE } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 200,
  serviceMs: 20,
  timeoutMs: 500,
  windowMs: 2000,
  errorThreshold: 0.5,
  resetMs: 1000,
  // r of the naive retry, and K of adaptive throttling: what their files say.
  retries: 3,
  acceptsMultiple: 2,
  errorShare: 1,
  failAtMs: 2500,
  healAtMs: 8500,
  durationMs: 10_000,
};
type ErrorsParameters = typeof parameters;
type ErrorsObservation = Observation<ErrorsParameters>;

/** Calls at the dependency while it fails. */
function callsWhileFailing(observation: ErrorsObservation): number | null {
  const span = faultSpan(observation, 'errors');
  return span && eventsIn(arrivals(observation), span).length;
}

/** Calls at the dependency for each request at the gateway, while it fails. */
function amplification(observation: ErrorsObservation): number | null {
  const span = faultSpan(observation, 'errors');
  const calls = callsWhileFailing(observation);
  return span === null || calls === null ? null : calls / asked(observation, span).length;
}

function openedAfter(observation: ErrorsObservation): number | null {
  const span = faultSpan(observation, 'errors');
  const at = span && openedAt(observation, span);
  return at === null || span === null ? null : at - span.fromMs;
}

const openingMs = ({ errorThreshold, windowMs, serviceMs }: ErrorsParameters) => errorThreshold * windowMs + serviceMs;

/**
 * All requests are still counted and no accept is new: t after the first failure is known, which takes s, accepts are
 * λ·(W − t) and requests λ·W. All pass until K·accepts = requests, that is for W·(1 − 1/K); then a share that falls to
 * nothing in W/K, half of them on average. After W there is no accept left, and 1/(λ·W + 1) passes: one in W.
 */
function adaptiveCalls(given: ErrorsParameters): number {
  const { ratePerSecond, serviceMs, windowMs, acceptsMultiple, failAtMs, healAtMs } = given;
  const untilAllForgotten = requestsIn(ratePerSecond, serviceMs + windowMs * (1 - 1 / (2 * acceptsMultiple)));
  return untilAllForgotten + (healAtMs - failAtMs - windowMs) / windowMs;
}

export const errors = experiment({
  ...stand,
  question: 'For a while the dependency fails every call, fast. How much load does each policy make of it?',
  parameters,
  quick: {
    windowMs: 800,
    resetMs: 400,
    failAtMs: 900,
    healAtMs: 3400,
    durationMs: 3800,
  },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ failAtMs, healAtMs }) => [{ fault: 'errors', atMs: failAtMs, healAtMs }],
  resolutionMs: (given) => openingMs(given) / 8,
  properties: {
    'load × (1 + r)': near<ErrorsParameters>({
      description: 'While every call fails, the dependency gets 1 + r times the requests',
      kind: 'characteristic',
      unit: 'calls for each request',
      tolerance: 0.05,
      formula: '1 + r',
      predict: ({ retries }) => 1 + retries,
      measure: amplification,
      absentMeans: 'the fault never took effect',
    }),
    'load × 1.15 at most': atMost<ErrorsParameters>({
      description: 'While every call fails, the dependency gets hardly more calls than there are requests',
      kind: 'guarantee',
      unit: 'calls for each request',
      bound: () => 1.15,
      measure: amplification,
    }),
    'opens at p·W': near<ErrorsParameters>({
      description: 'The breaker opens p·W after every call began to fail, and the time that one takes',
      kind: 'guarantee',
      unit: 'ms',
      tolerance: TOLERANCE,
      formula: 'p·W + s',
      predict: openingMs,
      measure: openedAfter,
      absentMeans: 'it never opened: calls kept arriving',
    }),
    'lets λ·W·(1 − 1/2K) through': near<ErrorsParameters>({
      description: 'While every call fails, adaptive throttling lets λ·(s + W·(1 − 1/2K)) calls through, then one in W',
      kind: 'characteristic',
      unit: 'calls',
      tolerance: TOLERANCE,
      formula: 'λ·(s + W·(1 − 1/2K)) + (D − W)/W',
      predict: adaptiveCalls,
      measure: callsWhileFailing,
      absentMeans: 'the fault never took effect',
    }),
  },
  claims: [
    {
      id: 'naive-retry-multiplies-the-load',
      statement: 'When every call fails, naive retries multiply the load on the dependency by 1 + r.',
      property: 'load × (1 + r)',
      variant: 'retry',
      control: 'retry-budget',
    },
    {
      id: 'budget-bounds-the-load',
      statement: 'A retry budget of 10 % keeps the load on a failing dependency to 1.15 times the requests at most.',
      property: 'load × 1.15 at most',
      variant: 'retry-budget',
      control: 'retry',
    },
    {
      id: 'breaker-opens-on-errors',
      statement: 'When calls fail fast, the breaker opens after p·W: no T to wait for.',
      property: 'opens at p·W',
      variant: 'breaker',
      control: 'timeout',
    },
    {
      id: 'adaptive-backs-off-in-one-window',
      statement:
        'Adaptive throttling backs off within one window, after λ·(s + W·(1 − 1/2K)) calls, then sends one in W.',
      property: 'lets λ·W·(1 − 1/2K) through',
      variant: 'adaptive',
      control: 'timeout',
    },
  ],
  facts(observation) {
    const span = faultSpan(observation, 'errors');
    const requests = span && asked(observation, span);
    return {
      'calls for each request while failing': rounded(amplification(observation)),
      'calls reaching the failing dependency': callsWhileFailing(observation),
      'opened after (ms)': rounded(openedAfter(observation)),
      'degraded answers while failing (%)': requests && rounded(percentOf(requests, 'degraded')),
    };
  },
  plots: [
    { series: 'dependency.circuit-breaker.call-arrived', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
  ],
});
