/**
 * two-relays: a second relay, because one is not enough, or in case one dies.
 *
 * Both lose nothing and send nothing twice. Which of a customer's events comes first?
 * Read next: ../src/variants/skip-locked-by-key.ts.
 */
import { experiment } from '@backend-labs/experiment';
import { commonFacts, happens, neverHappens, type OutboxObservation, overtakenOf, plots } from './measures.ts';
import { setsOf } from './sets.ts';
import { standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 150,
  durationMs: 4000,
  // No multiple of a batch: each batch of one relay has customers of the other's.
  customers: 7,
  batchSize: 5,
  relays: 2,
  // A backlog, so that both have work at the same time.
  stopAtMs: 500,
  goOnAtMs: 2500,
};
type TwoParameters = typeof parameters;

/** Orders of a customer who had ordered before. */
const successors = ({ witnesses }: OutboxObservation) =>
  setsOf(witnesses).committed.filter(({ version }) => version > 1).length;

export const twoRelays = experiment({
  ...standWith(),
  question: 'Two relays share one outbox and a backlog. Do events of one customer keep their order?',
  parameters,
  quick: { durationMs: 3000, goOnAtMs: 2000 },
  timeline: ({ stopAtMs, goOnAtMs }: TwoParameters) => [
    { fault: 'pauseRelays', atMs: stopAtMs, healAtMs: goOnAtMs } as const,
  ],
  properties: {
    'publishes out of order': happens({
      description: "A customer's later order is published before an earlier one",
      unit: 'event(s) published after a later one of the same customer',
      ids: (observation) => overtakenOf(observation).map(({ id }) => id),
    }),
    'keeps the order': neverHappens({
      description: "No customer's order is published after a later one of the same customer",
      what: 'event published after a later one of the same customer',
      chance: 'an order of a customer who had ordered before',
      ids: (observation) => overtakenOf(observation).map(({ id }) => id),
      chancesOf: successors,
    }),
  },
  claims: [
    {
      id: 'two-relays-reorder',
      statement: "Two relays that skip each other's locks change the order of one customer's events.",
      property: 'publishes out of order',
      variant: 'skip-locked',
      control: 'skip-locked-by-key',
    },
    {
      id: 'one-relay-per-key-keeps-the-order',
      statement: 'One relay for each customer keeps it.',
      property: 'keeps the order',
      variant: 'skip-locked-by-key',
      control: 'skip-locked',
    },
  ],
  facts: commonFacts,
  plots,
});
