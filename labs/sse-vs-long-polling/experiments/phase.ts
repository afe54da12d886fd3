/**
 * phase: a message each second, and a poll each second.
 *
 * Two periods that are the same keep their distance. All messages of a run then wait equally long, by chance short or
 * long, and a benchmark that starts both at once measures that chance.
 * Read next: ../src/short-poll.ts (the random start).
 */
import { atLeast, atMost, experiment } from '@backend-labs/experiment';
import type { PushObservation } from './arrivals.ts';
import { commonFacts, delaysOf, plots, quantile } from './measures.ts';
import { standWith, usual } from './stand.ts';

const parameters = { ...usual, ratePerSecond: 1, subscribers: 20, durationMs: 4000, pollMs: 1000 };
type PhaseParameters = typeof parameters;

/** How far apart the delays of nine messages in ten are, ms. A uniform delay gives nine tenths of the interval. */
function spreadOf(observation: PushObservation): number | null {
  const delays = delaysOf(observation);
  const [low, high] = [quantile(delays, 0.05), quantile(delays, 0.95)];
  return low === null || high === null ? null : high - low;
}

export const phase = experiment({
  ...standWith(),
  question: 'A message each second and a poll each second: how long do messages wait?',
  parameters,
  quick: {},
  timeline: () => [],
  properties: {
    'all wait alike': atMost<PhaseParameters>({
      description: 'All messages wait for nearly the same time',
      kind: 'characteristic',
      unit: 'ms between the delays',
      formula: 'p / 4',
      bound: ({ pollMs }) => pollMs / 4,
      measure: spreadOf,
    }),
    'any wait is as likely': atLeast<PhaseParameters>({
      description: 'Messages wait for anything between nothing and a whole interval',
      kind: 'guarantee',
      unit: 'ms between the delays',
      formula: 'p / 2',
      bound: ({ pollMs }) => pollMs / 2,
      measure: spreadOf,
    }),
  },
  claims: [
    {
      id: 'polls-lock-to-a-publisher',
      statement: 'Polls that all start at the same moment keep their distance to a periodic publisher.',
      property: 'all wait alike',
      variant: 'short-poll-in-step',
      control: 'short-poll-1s',
    },
    {
      id: 'a-random-start-spreads-polls',
      statement: 'A random first poll spreads them over the interval.',
      property: 'any wait is as likely',
      variant: 'short-poll-1s',
      control: 'short-poll-in-step',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'between the delays of nine in ten (ms)': Math.round(spreadOf(observation) ?? 0),
  }),
  plots,
});
