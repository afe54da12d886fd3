/**
 * slow: the dependency gets slow, and stays under T. It fails no call. Who notices, and who should?
 *
 * opossum counts failures and timeouts; it has no rate of slow calls. A bulkhead does notice, since slow calls are
 * more calls at once, and whether its rejections count as failures decides what becomes of the breaker.
 * Read next: ../src/variants/breaker-bulkhead-counted.ts.
 */
import { atLeast, experiment, faultSpan, mean, never, type Observation, serviceOf } from '@backend-labs/experiment';
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
  // λ · (s + slow) = 44 calls at once: more than C, by more than p.
  bulkheadCalls: 10,
  slowMs: 200,
  slowAtMs: 600,
  healAtMs: 9800,
  durationMs: 10_300,
};
type SlowParameters = typeof parameters;
type SlowObservation = Observation<SlowParameters>;

const span = (observation: SlowObservation) => faultSpan(observation, 'slow');

export const slow = experiment({
  ...stand,
  question: 'The dependency gets slow, and stays under T. It fails no call. Who notices, and who should?',
  parameters,
  quick: { windowMs: 150, resetMs: 600, slowAtMs: 500, healAtMs: 5100, durationMs: 5500 },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ slowAtMs, healAtMs }) => [{ fault: 'slow', atMs: slowAtMs, healAtMs }],
  // A stall of the machine must not make a slow call a late one: it has T − s − slow to spare.
  resolutionMs: ({ timeoutMs, serviceMs, slowMs }) => (timeoutMs - serviceMs - slowMs) / 2,
  properties: {
    'never opens': never<SlowParameters>({
      description: 'While the dependency is slow and fails nothing, no request is answered by the fallback',
      kind: 'characteristic',
      what: 'request answered by the fallback',
      chance: 'a window W of slow calls',
      find(observation) {
        const slowSpan = span(observation);
        if (slowSpan === null) return null;
        const turnedAway = asked(observation, slowSpan).filter(({ outcome }) => outcome === 'degraded');
        return { ids: turnedAway.map(({ id }) => `request ${id}`), chances: windowsIn(observation, slowSpan) };
      },
    }),
    'opens on a healthy dependency': atLeast<SlowParameters>({
      description: 'Calls stop for R/2 or more, although the dependency fails none',
      kind: 'characteristic',
      unit: 'pause(s) of R/2 or more in the calls',
      bound: () => 1,
      measure(observation) {
        const slowSpan = span(observation);
        return slowSpan && pauses(observation, slowSpan);
      },
    }),
  },
  claims: [
    {
      id: 'slow-under-t-never-opens',
      statement: 'A dependency that is slow but under T never opens opossum: it has no rate of slow calls.',
      property: 'never opens',
      variant: 'breaker',
      control: 'breaker-bulkhead-counted',
    },
    {
      id: 'counted-bulkhead-trips-the-breaker',
      statement:
        'A bulkhead whose rejections count as failures opens the breaker on a dependency that fails nothing; one that stands before it does not.',
      property: 'opens on a healthy dependency',
      variant: 'breaker-bulkhead-counted',
      control: 'breaker-bulkhead',
    },
  ],
  facts(observation) {
    const slowSpan = span(observation);
    const requests = slowSpan && asked(observation, slowSpan);
    return {
      'degraded while slow (%)': requests && rounded(percentOf(requests, 'degraded')),
      'served while slow (%)': requests && rounded(percentOf(requests, 'ok')),
      'pauses of R/2 or more in the calls': slowSpan && pauses(observation, slowSpan),
      'worked on by the dependency':
        slowSpan && rounded(mean(serviceOf(observation, 'dependency').gauges.calls, slowSpan)),
    };
  },
  plots: [
    { series: 'dependency.calls', title: 'Requests that the dependency works on', unit: 'requests' },
    { series: 'load.degraded', title: 'Answers from a fallback', unit: 'per 250 ms' },
  ],
});
