/**
 * relay-killed: the relay dies after Kafka's acknowledgement and before it has noted that down, again and again.
 *
 * It cannot know what arrived, so it sends again. How much again?
 * Read next: postgres-crash.ts (the notes themselves are gone).
 */
import { experiment, never } from '@backend-labs/experiment';
import { doneTwiceOutsideOfTheBatch, killsAt } from './kills.ts';
import { commonFacts, plots } from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = { ...usual, durationMs: 7000, kills: 6, awayMs: 200 };
type KilledParameters = typeof parameters;

const FAULT = 'killRelay' as const;

export const relayKilled = experiment({
  ...standWith(),
  question: 'The relay dies between publishing a batch and noting that down. How much is published twice?',
  parameters,
  quick: { durationMs: 4500, kills: 3 },
  timeline: ({ kills, awayMs }: KilledParameters) =>
    Array.from(
      { length: kills },
      (_, index) =>
        ({
          fault: FAULT,
          when: { service: 'relay', event: 'outbox.published', occurrence: 12 + index },
          healAfterMs: awayMs,
        }) as const,
    ),
  properties: {
    'publishes twice only what it had in hand': never<StandParameters>({
      description: 'What is published twice is of the batch that the relay had in hand when it was killed',
      kind: 'guarantee',
      what: 'event published twice that was not in hand',
      chance: 'an event that was published before a kill of the relay',
      find: (observation) => doneTwiceOutsideOfTheBatch(observation, FAULT),
    }),
  },
  claims: [
    {
      id: 'skip-locked-repeats-one-batch',
      statement: 'A relay that marks each batch publishes at most one batch twice when it dies.',
      property: 'publishes twice only what it had in hand',
      variant: 'skip-locked',
      control: 'cursor-saved-late',
    },
    {
      id: 'cdc-repeats-what-it-had-not-acknowledged',
      statement: 'A reader of the log publishes at most what it had not acknowledged twice.',
      property: 'publishes twice only what it had in hand',
      variant: 'cdc-pgoutput',
      control: 'cursor-saved-late',
    },
  ],
  facts: (observation) => ({ ...commonFacts(observation), kills: killsAt(observation, FAULT).length }),
  plots,
});
