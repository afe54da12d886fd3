/**
 * late-commit: some transactions take longer than others, and nothing goes wrong.
 *
 * A row's position is given out at its insert, and the row is seen from its commit on. A slow order is committed when
 * orders after it have been published: is it ever looked for again?
 * Read next: crash-sweep.ts (now something goes wrong).
 */
import { experiment } from '@backend-labs/experiment';
import { commonFacts, happens, lostOf, neverHappens, type OutboxObservation, plots } from './measures.ts';
import { setsOf } from './sets.ts';
import { standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 160,
  durationMs: 3000,
  pollIntervalMs: 10,
  // Long against a poll and the sending of a batch, so that orders after it are published first.
  slowEvery: 4,
  slowMs: 60,
};

/** Orders that committed late. */
const slowOrders = ({ witnesses: all, parameters: { slowEvery } }: OutboxObservation) =>
  setsOf(all).committed.filter(({ id }) => id % slowEvery === 0);

export const lateCommit = experiment({
  ...standWith(),
  question: 'Some transactions are slower than others, and nothing goes wrong. Which events are lost?',
  parameters,
  quick: { durationMs: 1500 },
  timeline: () => [],
  properties: {
    'loses events': happens({
      description: 'Events of orders that committed late are never published',
      unit: 'lost event(s)',
      ids: lostOf,
    }),
    'loses nothing': neverHappens({
      description: 'Every committed order is published, however late it committed',
      what: 'lost event',
      chance: 'an order that committed late',
      ids: lostOf,
      chancesOf: (observation) => slowOrders(observation).length,
    }),
  },
  claims: [
    {
      id: 'poll-by-id-loses-late-commits',
      statement: 'A relay that asks for what is beyond the last position loses events, without any crash.',
      property: 'loses events',
      variant: 'poll-by-id',
      control: 'skip-locked',
    },
    {
      id: 'drain-delete-loses-late-commits',
      statement: 'A relay that deletes up to the last position it read deletes what it never read.',
      property: 'loses events',
      variant: 'drain-delete',
      control: 'skip-locked',
    },
    {
      id: 'poll-by-xid-waits-for-late-commits',
      statement: 'A cursor that stops before the oldest open transaction loses nothing.',
      property: 'loses nothing',
      variant: 'poll-by-xid',
      control: 'poll-by-id',
    },
    {
      id: 'skip-locked-finds-late-commits',
      statement: 'A relay that marks what it has published, row by row, loses nothing.',
      property: 'loses nothing',
      variant: 'skip-locked',
      control: 'poll-by-id',
    },
  ],
  facts: (observation) => ({ ...commonFacts(observation), 'committed late': slowOrders(observation).length }),
  plots,
});
