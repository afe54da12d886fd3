/**
 * near-threshold: the share of failures stays below p. Does the breaker stay closed?
 *
 * A window is a sample: with e below p, the share in one window of n calls still lies above p now and then (its
 * standard deviation is √(e(1 − e)/n)), and once is enough. Ten breakers, one a shard, see the same e at the same
 * time: if they open at different times, or only some of them, it was chance. Well below p none of them opens.
 * Read next: low-volume.ts (the same with n = 1).
 */
import { atLeast, experiment, faultSpan, type Observation, readable, type Span } from '@backend-labs/experiment';
import { openedAt, rounded } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 400,
  shards: 10,
  serviceMs: 20,
  timeoutMs: 500,
  // λ/N·W = 60 calls in each window.
  windowMs: 1500,
  errorThreshold: 0.5,
  resetMs: 1000,
  // √(e(1 − e)/60) is 0.053 and 0.064: p is five standard deviations away in the first span, one in the second.
  lowShare: 0.22,
  errorShare: 0.44,
  lowAtMs: 1700,
  lowUntilMs: 4700,
  failAtMs: 5100,
  healAtMs: 11_100,
  durationMs: 11_500,
};
type NearParameters = typeof parameters;
type NearObservation = Observation<NearParameters>;

const shardsOf = ({ parameters: { shards } }: NearObservation) => Array.from({ length: shards }, (_, shard) => shard);

/** How long after the beginning of a fault each shard's breaker first opened; those that did not are left out. */
function openings(observation: NearObservation, fault: string): { shard: number; afterMs: number }[] {
  const span = faultSpan(observation, fault);
  return shardsOf(observation).flatMap((shard) => {
    const at = span && openedAt(observation, span, shard);
    return at === null || span === null ? [] : [{ shard, afterMs: at - span.fromMs }];
  });
}

/**
 * From the first breaker's opening to the last one's; one that never opened counts until the end of the fault. 0 if
 * none opened, or if one opened well below p as well: then it was not the nearness to p.
 */
function spreadMs(observation: NearObservation): number | null {
  const span: Span | null = faultSpan(observation, 'errors');
  if (span === null || faultSpan(observation, 'fewErrors') === null) return null;
  const opened = openings(observation, 'errors').map(({ afterMs }) => afterMs);
  if (opened.length === 0 || openings(observation, 'fewErrors').length > 0) return 0;
  const last = opened.length < observation.parameters.shards ? span.toMs - span.fromMs : Math.max(...opened);
  return last - Math.min(...opened);
}

export const nearThreshold = experiment({
  ...stand,
  question: 'The share of failures stays below p. Does the breaker stay closed?',
  parameters,
  quick: { lowUntilMs: 3700, failAtMs: 4000, healAtMs: 9000, durationMs: 9300 },
  workload: (given) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ lowAtMs, lowUntilMs, failAtMs, healAtMs }) => [
    { fault: 'fewErrors', atMs: lowAtMs, healAtMs: lowUntilMs },
    { fault: 'errors', atMs: failAtMs, healAtMs },
  ],
  resolutionMs: ({ resetMs }) => resetMs / 5,
  properties: {
    'opens by chance': atLeast<NearParameters>({
      description:
        'At one and the same share of failures a little below p, breakers open at times that differ by p·W or more; at half of p none opens',
      kind: 'characteristic',
      unit: 'ms from the first opening to the last',
      formula: 'p·W',
      // At a share of 1 all of them open within a bucket of the window, p·W after the failure began.
      bound: ({ errorThreshold, windowMs }) => errorThreshold * windowMs,
      measure: spreadMs,
      evidence: (observation) => [
        `opened at half of p: ${openings(observation, 'fewErrors').length} of ${observation.parameters.shards}`,
        ...openings(observation, 'errors').map(
          ({ shard, afterMs }) => `the breaker of shard ${shard} opened after ${readable(afterMs)} ms`,
        ),
      ],
    }),
  },
  claims: [
    {
      id: 'near-the-threshold-it-is-chance',
      statement:
        'A little below p a breaker opens by chance: of breakers that see the same share of failures, some open early and some late.',
      property: 'opens by chance',
      variant: 'breaker-per-shard',
      control: 'timeout',
    },
  ],
  facts: (observation) => ({
    'opened at half of p': openings(observation, 'fewErrors').length,
    'opened a little below p': openings(observation, 'errors').length,
    'first opening (ms)': rounded(
      openings(observation, 'errors')
        .map(({ afterMs }) => afterMs)
        .sort((a, b) => a - b)[0] ?? null,
    ),
  }),
  plots: [{ series: 'load.degraded', title: 'Answers from a fallback', unit: 'per 250 ms' }],
});
