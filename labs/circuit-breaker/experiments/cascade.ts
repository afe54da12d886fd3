/**
 * cascade: the dependency hangs, and the gateway serves only so many requests at once. Who else is hit?
 *
 * An event loop has no threads to run out of, so in `hang` the unrelated endpoint does not notice. Most servers do
 * have such a limit (threads, a semaphore, memory), and then a request for the hanging dependency takes a place that
 * a request for something else needs. Read next: ../src/variants/breaker-bulkhead.ts.
 */
import { atLeast, atMost, experiment, faultSpan, type Observation, serviceOf } from '@backend-labs/experiment';
import { asked, percentOf, rounded } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 200,
  cataloguePerSecond: 20,
  serviceMs: 20,
  timeoutMs: 500,
  windowMs: 2000,
  errorThreshold: 0.5,
  resetMs: 1000,
  // λ·T < maxRequests < λ·hang: a timeout keeps the gateway below its limit, no timeout does not.
  maxRequests: 150,
  bulkheadCalls: 40,
  hangMs: 1500,
  hangAtMs: 1000,
  healAtMs: 6000,
  durationMs: 8000,
};
type CascadeParameters = typeof parameters;
type CascadeObservation = Observation<CascadeParameters>;

function catalogueServed(observation: CascadeObservation): number | null {
  const span = faultSpan(observation, 'hang');
  return span && percentOf(asked(observation, span, 'catalogue'), 'ok');
}

/** The most calls that any sample saw at the dependency. A count and not a mean: C + 1 is one too many. */
function workedAtMost(observation: CascadeObservation): number | null {
  const span = faultSpan(observation, 'hang');
  const { atMs = [], value = [] } = serviceOf(observation, 'dependency').gauges.calls ?? {};
  const seen = value.filter((_, index) => {
    const at = atMs[index] as number;
    return span !== null && at >= span.fromMs && at < span.toMs;
  });
  return seen.length === 0 ? null : Math.max(...seen);
}

export const cascade = experiment({
  ...stand,
  question: 'The dependency hangs, and the gateway serves only so many requests at once. Who else is hit?',
  parameters,
  quick: {
    ratePerSecond: 150,
    cataloguePerSecond: 15,
    timeoutMs: 300,
    windowMs: 700,
    resetMs: 400,
    maxRequests: 80,
    bulkheadCalls: 20,
    hangMs: 900,
    hangAtMs: 700,
    healAtMs: 3400,
    durationMs: 4400,
  },
  workload: (given) => workloadOf(given, 3 * (given.hangMs + given.serviceMs)),
  timeline: ({ hangAtMs, healAtMs }) => [{ fault: 'hang', atMs: hangAtMs, healAtMs }],
  resolutionMs: ({ timeoutMs }) => timeoutMs / 3,
  properties: {
    'the unrelated endpoint is served': atLeast<CascadeParameters>({
      description: 'While the dependency hangs, an endpoint that does not need it is served',
      kind: 'guarantee',
      unit: '% of its requests',
      bound: () => 99,
      measure: catalogueServed,
    }),
    'dependency works on at most C': atMost<CascadeParameters>({
      description: 'While it hangs, the dependency works on at most as many calls as the bulkhead has places',
      kind: 'characteristic',
      unit: 'calls',
      formula: 'C',
      bound: ({ bulkheadCalls }) => bulkheadCalls,
      measure: workedAtMost,
    }),
  },
  claims: [
    {
      id: 'timeout-saves-the-neighbour',
      statement:
        'With a timeout and λ·T below the limit, an unrelated endpoint of the same gateway is served throughout; without one, the hang takes it down too.',
      property: 'the unrelated endpoint is served',
      variant: 'timeout',
      control: 'none',
    },
    {
      id: 'bulkhead-caps-the-dependency',
      statement: 'A bulkhead of C keeps the calls at the dependency to C throughout the hang, abandoned ones included.',
      property: 'dependency works on at most C',
      variant: 'breaker-bulkhead',
      control: 'timeout',
    },
  ],
  facts: (observation) => ({
    'unrelated endpoint served in the hang (%)': rounded(catalogueServed(observation)),
    'worked on by the dependency at most': rounded(workedAtMost(observation)),
  }),
  plots: [
    { series: 'gateway.http.inFlight', title: 'Requests that the gateway holds', unit: 'requests' },
    { series: 'dependency.calls', title: 'Requests that the dependency works on', unit: 'requests' },
  ],
});
