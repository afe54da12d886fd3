/**
 * brownout: for a while a share e of the calls fails, above p. Does cutting off the rest help?
 *
 * The counter-example. The dependency could serve 1 − e of the requests, and with a breaker hardly any arrive.
 * Errors are drawn by chance at the dependency, each call on its own.
 * Read next: near-threshold.ts (a share below p), shards.ts (where the failing share is known by name).
 */
import { atLeast, atMost, eventsIn, experiment, faultSpan, type Observation } from '@backend-labs/experiment';
import { arrivals, asked, closedFor, pauses, percentOf, requestsIn, rounded } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 200,
  serviceMs: 20,
  timeoutMs: 500,
  windowMs: 1000,
  errorThreshold: 0.5,
  // Not shorter than W: when it closes, the window then holds none of the old failures, only the calls turned away.
  resetMs: 2000,
  errorShare: 0.7,
  failAtMs: 1300,
  healAtMs: 9300,
  durationMs: 10_000,
};
type BrownoutParameters = typeof parameters;
type BrownoutObservation = Observation<BrownoutParameters>;

/** The share of the requests that got a quote in the brownout, in percent. */
function served(observation: BrownoutObservation): number | null {
  const span = faultSpan(observation, 'errors');
  return span && percentOf(asked(observation, span), 'ok');
}

/** Chance is allowed for by so many standard deviations: it goes beyond once in thirty thousand runs. */
const DEVIATIONS = 4;

/** What the dependency can serve of all that comes, as a share: 1 − e, less what chance may take from so many calls. */
function whatIsLeft({ ratePerSecond, errorShare, failAtMs, healAtMs }: BrownoutParameters): number {
  const calls = requestsIn(ratePerSecond, healAtMs - failAtMs);
  return 1 - errorShare - DEVIATIONS * Math.sqrt((errorShare * (1 - errorShare)) / calls);
}

/**
 * The share that a breaker can serve, with luck: each first probe succeeds (a chance of 1 − e).
 *
 * It opens when f = p·λ·W calls in its window have failed, which takes t = p·W/e + s, and then stays open for R at
 * least. It serves 1 − e of what comes while it is closed; each time, chance varies that by √(f·(1 − e))/e.
 */
function luckyBreaker(given: BrownoutParameters): number {
  const { ratePerSecond, serviceMs, windowMs, errorThreshold, resetMs, errorShare, failAtMs, healAtMs } = given;
  const closedMs = (errorThreshold * windowMs) / errorShare + serviceMs;
  const brownoutMs = healAtMs - failAtMs;
  const inAllMs = closedFor(brownoutMs, closedMs, resetMs);
  const failures = errorThreshold * requestsIn(ratePerSecond, windowMs) * (inAllMs / closedMs);
  const deviation = Math.sqrt(failures * (1 - errorShare)) / errorShare;
  const served = (1 - errorShare) * requestsIn(ratePerSecond, inAllMs) + DEVIATIONS * deviation;
  return served / requestsIn(ratePerSecond, brownoutMs);
}

export const brownout = experiment({
  ...stand,
  question: 'For a while most calls fail, but not all. Does cutting off the rest help?',
  parameters,
  quick: {
    windowMs: 500,
    resetMs: 1000,
    failAtMs: 600,
    healAtMs: 3400,
    durationMs: 3550,
  },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ failAtMs, healAtMs }) => [{ fault: 'errors', atMs: failAtMs, healAtMs }],
  resolutionMs: ({ timeoutMs }) => timeoutMs / 5,
  properties: {
    'serves what is left': atLeast<BrownoutParameters>({
      description: 'In the brownout, the share of requests that the dependency could serve is served',
      kind: 'characteristic',
      unit: '% of the requests',
      formula: `1 − e − ${DEVIATIONS} σ`,
      bound: (given) => 100 * whatIsLeft(given),
      measure: served,
    }),
    'serves less than is left': atMost<BrownoutParameters>({
      description: 'In the brownout, no more is served than an open breaker leaves time for',
      kind: 'characteristic',
      unit: '% of the requests',
      formula: `(1 − e) · closed/D + ${DEVIATIONS} σ, in turn closed for t = p·W/e + s and open for R`,
      bound: (given) => 100 * luckyBreaker(given),
      measure: served,
    }),
  },
  claims: [
    {
      id: 'timeout-serves-what-is-left',
      statement: 'In a brownout, a plain timeout serves the 1 − e that the dependency still can.',
      property: 'serves what is left',
      variant: 'timeout',
      control: 'breaker',
    },
    {
      id: 'breaker-serves-less-in-a-brownout',
      statement:
        'In the same brownout a breaker serves LESS than a timeout alone: it turns away what would have succeeded.',
      property: 'serves less than is left',
      variant: 'breaker',
      control: 'timeout',
    },
  ],
  facts(observation) {
    const span = faultSpan(observation, 'errors');
    const requests = span && asked(observation, span);
    return {
      'served in the brownout (%)': rounded(served(observation)),
      'degraded in the brownout (%)': requests && rounded(percentOf(requests, 'degraded')),
      'calls reaching the dependency in the brownout': span && eventsIn(arrivals(observation), span).length,
      'pauses of R/2 or more in the calls': span && pauses(observation, span),
    };
  },
  plots: [
    { series: 'load.ok', title: 'Requests that got a quote', unit: 'per 250 ms' },
    { series: 'dependency.circuit-breaker.call-arrived', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
  ],
});
