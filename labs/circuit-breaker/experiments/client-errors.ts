/**
 * client-errors: most callers ask for items that are not sold any more. The dependency answers 404, in perfect health.
 *
 * Eight of ten items are delisted for a while. Whether a breaker counts a 404 decides over the other two.
 * Read next: ../src/variants/breaker-unfiltered.ts.
 */
import { atLeast, experiment, faultSpan, never, type Observation } from '@backend-labs/experiment';
import { asked, pauses, percentOf, rounded, windowsIn } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 200,
  serviceMs: 20,
  timeoutMs: 500,
  // Short, so that many of them fit into the run: each is a chance to open.
  windowMs: 300,
  errorThreshold: 0.5,
  resetMs: 1000,
  delistedInTen: 8,
  delistAtMs: 600,
  relistAtMs: 9800,
  durationMs: 10_200,
};
type ClientErrorsParameters = typeof parameters;
type ClientErrorsObservation = Observation<ClientErrorsParameters>;

/** The requests for items that are sold; the client's item is the operation's id. */
function forWhatIsSold(observation: ClientErrorsObservation) {
  const span = faultSpan(observation, 'delisted');
  const { delistedInTen } = observation.parameters;
  return span && asked(observation, span).filter(({ id }) => id % 10 >= delistedInTen);
}

export const clientErrors = experiment({
  ...stand,
  question: 'Most callers ask for what does not exist. What becomes of the others?',
  parameters,
  quick: { windowMs: 150, resetMs: 600, delistAtMs: 500, relistAtMs: 5100, durationMs: 5400 },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ delistAtMs, relistAtMs }) => [{ fault: 'delisted', atMs: delistAtMs, healAtMs: relistAtMs }],
  resolutionMs: ({ timeoutMs }) => timeoutMs / 3,
  properties: {
    'what is sold is served': never<ClientErrorsParameters>({
      description: 'While most items are delisted, each request for one that is sold gets its quote',
      kind: 'guarantee',
      what: 'request for a sold item without a quote',
      chance: 'a window W with 404s above p',
      find(observation) {
        const span = faultSpan(observation, 'delisted');
        const requests = forWhatIsSold(observation);
        if (span === null || requests === null) return null;
        const unserved = requests.filter(({ outcome }) => outcome !== 'ok');
        return {
          ids: unserved.map(({ id, outcome }) => `request ${id}: ${outcome}`),
          chances: windowsIn(observation, span),
        };
      },
    }),
    'the storm opens it': atLeast<ClientErrorsParameters>({
      description: 'Calls stop for R/2 or more, although the dependency fails none',
      kind: 'characteristic',
      unit: 'pause(s) of R/2 or more in the calls',
      bound: () => 1,
      measure(observation) {
        const span = faultSpan(observation, 'delisted');
        return span && pauses(observation, span);
      },
    }),
  },
  claims: [
    {
      id: 'filtered-errors-harm-nobody',
      statement: 'With 404s filtered, a storm of them takes no quote from those who ask for what is there.',
      property: 'what is sold is served',
      variant: 'breaker',
      control: 'breaker-unfiltered',
    },
    {
      id: 'unfiltered-errors-trip-the-breaker',
      statement: 'A storm of 404s opens a breaker that counts them as failures, on a dependency in perfect health.',
      property: 'the storm opens it',
      variant: 'breaker-unfiltered',
      control: 'breaker',
    },
  ],
  facts(observation) {
    const span = faultSpan(observation, 'delisted');
    const sold = forWhatIsSold(observation);
    return {
      'sold items served (%)': sold && rounded(percentOf(sold, 'ok')),
      'pauses of R/2 or more in the calls': span && pauses(observation, span),
    };
  },
  plots: [{ series: 'load.degraded', title: 'Answers from a fallback', unit: 'per 250 ms' }],
});
