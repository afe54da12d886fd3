/**
 * flapping: the dependency goes down and comes back, again and again. What does it get when it has just come back?
 *
 * A breaker closes on one success, and all of λ arrives with the next millisecond: on a dependency with cold caches
 * and full queues that may be what takes it down again. Adaptive throttling sends about twice what succeeds, and so
 * comes back in steps. Read next: ../src/variants/adaptive.ts.
 */
import { eventsIn, experiment, near, type Observation } from '@backend-labs/experiment';
import { arrivals, asked, faultSpans, percentOf, requestsIn, rounded, TOLERANCE } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 200,
  serviceMs: 20,
  timeoutMs: 500,
  windowMs: 1000,
  errorThreshold: 0.5,
  resetMs: 800,
  errorShare: 1,
  firstDownAtMs: 1300,
  downMs: 1800,
  upMs: 2000,
  durationMs: 10_500,
};
type FlappingParameters = typeof parameters;
type FlappingObservation = Observation<FlappingParameters>;

const FLAPS = 2;

/**
 * How much more of λ arrives after the first call that succeeds than before it, as a share of λ, each over W/4, as the
 * mean over all flaps. 1: from nothing to everything. 0: nothing changes. Null if no call came after a down time.
 */
function jump(observation: FlappingObservation): number | null {
  const { ratePerSecond, windowMs, serviceMs } = observation.parameters;
  const widthMs = windowMs / 4;
  const jumps = faultSpans(observation, 'errors').map(({ toMs }) => {
    const firstMs = arrivals(observation).find((at) => at >= toMs);
    if (firstMs === undefined) return null;
    const count = (fromMs: number) => eventsIn(arrivals(observation), { fromMs, toMs: fromMs + widthMs }).length;
    // The success itself is known s after its call arrived.
    const more = count(firstMs + serviceMs) - count(firstMs - widthMs);
    return more / requestsIn(ratePerSecond, widthMs);
  });
  if (jumps.length < FLAPS) return null;
  return jumps.includes(null) ? null : jumps.reduce((sum: number, one) => sum + (one ?? 0), 0) / jumps.length;
}

export const flapping = experiment({
  ...stand,
  question: 'The dependency goes down and comes back, again and again. What does it get when it has just come back?',
  parameters,
  quick: {
    windowMs: 800,
    resetMs: 500,
    firstDownAtMs: 900,
    downMs: 1200,
    upMs: 1000,
    durationMs: 5300,
  },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ firstDownAtMs, downMs, upMs }) =>
    Array.from({ length: FLAPS }, (_, flap) => {
      const atMs = firstDownAtMs + flap * (downMs + upMs);
      return { fault: 'errors' as const, atMs, healAtMs: atMs + downMs };
    }),
  resolutionMs: ({ windowMs }) => windowMs / 8,
  properties: {
    'from nothing to all of λ': near<FlappingParameters>({
      description: 'After the first call that succeeds, the whole of λ arrives at once',
      kind: 'characteristic',
      unit: '· λ more than before',
      tolerance: TOLERANCE,
      formula: 'all of λ, before it none',
      predict: () => 1,
      measure: jump,
      absentMeans: 'no call came after a down time',
    }),
  },
  claims: [
    {
      id: 'one-success-restores-full-load',
      statement:
        'One success on a flapping dependency restores the full load: the breaker goes from no calls to all of λ.',
      property: 'from nothing to all of λ',
      variant: 'breaker',
      control: 'adaptive',
    },
  ],
  facts(observation) {
    const downs = faultSpans(observation, 'errors');
    const requests = downs.flatMap((down) => asked(observation, down));
    return {
      'more of λ after the first success': rounded(jump(observation)),
      'failed while down (%)': rounded(percentOf(requests, 'failed')),
      'calls reaching the dependency while down': downs.flatMap((down) => eventsIn(arrivals(observation), down)).length,
    };
  },
  plots: [
    { series: 'dependency.circuit-breaker.call-arrived', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
  ],
});
