/**
 * low-volume: about one call in a window. One of them fails. What does that cost?
 *
 * Read next: ../src/variants/breaker-any-volume.ts.
 */
import { atMost, experiment, near, type Observation } from '@backend-labs/experiment';
import { asked, requestsIn, rounded } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  // λ·W = 1. A real service at night has such a rate with a W of seconds; only the product matters.
  ratePerSecond: 5,
  serviceMs: 100,
  timeoutMs: 500,
  windowMs: 200,
  errorThreshold: 0.5,
  resetMs: 1000,
  volumeThreshold: 10,
  // One call fails at each.
  firstBlipAtMs: 1100,
  blipEveryMs: 2400,
  durationMs: 8500,
};
type LowVolumeParameters = typeof parameters;
type LowVolumeObservation = Observation<LowVolumeParameters>;

const BLIPS = 3;

/** Requests that were turned away, for each call that failed. */
function turnedAway(observation: LowVolumeObservation): number | null {
  const all = asked(observation, { fromMs: 0, toMs: observation.parameters.durationMs });
  const failed = all.filter(({ outcome }) => outcome === 'failed').length;
  return failed === 0 ? null : all.filter(({ outcome }) => outcome === 'degraded').length / failed;
}

export const lowVolume = experiment({
  ...stand,
  question: 'About one call in a window, and one of them fails. What does that cost?',
  parameters,
  quick: { ratePerSecond: 10, serviceMs: 50, windowMs: 100, resetMs: 600, blipEveryMs: 1500, durationMs: 5300 },
  workload: (given) => workloadOf(given, 3 * given.timeoutMs),
  timeline: ({ firstBlipAtMs, blipEveryMs }) =>
    Array.from({ length: BLIPS }, (_, blip) => {
      const atMs = firstBlipAtMs + blip * blipEveryMs;
      return { fault: 'blip' as const, atMs, healAtMs: atMs + blipEveryMs / 4 };
    }),
  // Half of the time between two requests: later than that, and one falls on the other side of the opening.
  resolutionMs: ({ ratePerSecond }) => 500 / ratePerSecond,
  properties: {
    'one failure turns away λ·R': near<LowVolumeParameters>({
      description: 'One call that fails costs the λ·R requests after it',
      kind: 'characteristic',
      unit: 'requests turned away for each failed call',
      tolerance: 0.2,
      formula: 'λ·R',
      predict: ({ ratePerSecond, resetMs }) => requestsIn(ratePerSecond, resetMs),
      measure: turnedAway,
      absentMeans: 'no call failed',
    }),
    'one failure costs one request': atMost<LowVolumeParameters>({
      description: 'One call that fails costs that request and no other',
      kind: 'guarantee',
      unit: 'requests turned away for each failed call',
      bound: () => 0,
      measure: turnedAway,
    }),
  },
  claims: [
    {
      id: 'without-volume-one-failure-opens',
      statement:
        'With volumeThreshold 0, one failure in a quiet window opens the breaker, and costs the next λ·R requests.',
      property: 'one failure turns away λ·R',
      variant: 'breaker-any-volume',
      control: 'breaker',
    },
    {
      id: 'volume-threshold-forgives-one-failure',
      statement: 'With a volume threshold, one failure in a quiet window costs one request.',
      property: 'one failure costs one request',
      variant: 'breaker',
      control: 'breaker-any-volume',
    },
  ],
  facts: (observation) => ({
    'requests turned away for each failed call': rounded(turnedAway(observation)),
  }),
  plots: [{ series: 'load.degraded', title: 'Answers from a fallback', unit: 'per 250 ms' }],
});
