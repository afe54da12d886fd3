/**
 * burst: many messages in a short time.
 *
 * Between the answer to one long poll and the next request nobody is listening. At one message a second nobody notices.
 * Read next: ../src/variants/long-poll.ts, ../src/variants/long-poll-cursor.ts.
 */
import { atLeast, experiment, never } from '@backend-labs/experiment';
import type { PushObservation } from './arrivals.ts';
import { arrivalsIn, idOf, missingOf } from './arrivals.ts';
import { commonFacts, missingIn, plots } from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = { ...usual, ratePerSecond: 500, durationMs: 600, subscribers: 20 };

const shareMissing = (observation: PushObservation): number | null => {
  const { acknowledged = 0 } = observation.ledger ?? {};
  return acknowledged === 0
    ? null
    : missingIn(observation).length / (acknowledged * observation.parameters.subscribers);
};

export const burst = experiment({
  ...standWith(),
  question: 'Hundreds of messages in half a second, and nothing goes wrong. Who gets all of them?',
  parameters,
  quick: {},
  timeline: () => [],
  properties: {
    'misses some': atLeast<StandParameters>({
      description: 'Subscribers miss a part of the burst, although no connection broke',
      kind: 'characteristic',
      unit: 'of what was due, missed',
      bound: () => 0.1,
      measure: shareMissing,
    }),
    'gets all': never<StandParameters>({
      description: 'Each subscriber gets each message of the burst',
      kind: 'guarantee',
      what: 'message that a subscriber never got',
      chance: 'a message that was due at a subscriber',
      find: (observation) => ({
        ids: missingOf(arrivalsIn(observation)).map(idOf),
        chances: observation.load.counts.ok * observation.parameters.subscribers,
      }),
    }),
  },
  claims: [
    {
      id: 'long-polls-lose-between-polls',
      statement: 'A long poll without a cursor loses what comes while it is not asking.',
      property: 'misses some',
      variant: 'long-poll',
      control: 'long-poll-cursor',
    },
    {
      id: 'a-cursor-closes-the-gap',
      statement: 'With a cursor it gets all of a burst, many messages with each answer.',
      property: 'gets all',
      variant: 'long-poll-cursor',
      control: 'long-poll',
    },
  ],
  facts: commonFacts,
  plots,
});
