/**
 * postgres-crash: Postgres is killed and started again.
 *
 * What was committed is there again. How far the reader of a slot had come is written to disk with the checkpoints, and
 * the last one may be minutes old.
 * Read next: late-duplicate.ts (events that come again much later).
 */
import { experiment } from '@backend-labs/experiment';
import { receivedAgain } from './kills.ts';
import { commonFacts, doubledOf, happens, neverHappens, plots, publishedTwice } from './measures.ts';
import { standWith, usual } from './stand.ts';

const parameters = { ...usual, durationMs: 4000, crashAtMs: 2000, backAtMs: 2300 };
type CrashParameters = typeof parameters;

export const postgresCrash = experiment({
  ...standWith(),
  question: 'Postgres is killed and started again. Which events come again, and does it matter?',
  parameters,
  quick: {},
  timeline: ({ crashAtMs, backAtMs }: CrashParameters) => [
    { fault: 'killPostgres', atMs: crashAtMs, healAtMs: backAtMs } as const,
  ],
  properties: {
    'publishes more than a batch twice': happens({
      description: 'Events come again from further back than the batch in hand',
      unit: 'event(s) published twice',
      ids: publishedTwice,
      formula: 'more than a batch',
      bound: ({ batchSize }) => batchSize + 1,
    }),
    'has its effect once': neverHappens({
      description: 'No event has its effect twice',
      what: 'effect that happened twice',
      chance: 'an event that the consumer received again',
      ids: doubledOf,
      chancesOf: (observation) => receivedAgain(observation).length,
    }),
  },
  claims: [
    {
      id: 'slot-goes-back-after-a-crash',
      statement: 'After a crash of Postgres a slot goes back to its last checkpoint.',
      property: 'publishes more than a batch twice',
      variant: 'cdc-pgoutput',
      control: 'skip-locked',
    },
    {
      id: 'inbox-survives-a-slot-that-goes-back',
      statement: 'An inbox does not care how many come again.',
      property: 'has its effect once',
      variant: 'cdc-pgoutput+inbox',
      control: 'cdc-pgoutput',
    },
  ],
  facts: (observation) => ({ ...commonFacts(observation), 'received again': receivedAgain(observation).length }),
  plots,
});
