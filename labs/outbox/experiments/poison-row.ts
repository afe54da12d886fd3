/**
 * poison-row: an order whose event Kafka refuses, today and every day: it is larger than a message may be.
 *
 * Postgres has no objection to it, so it is committed, and everything behind it waits for it, or does not.
 * Read next: ../src/dead-letter.ts.
 */
import { experiment } from '@backend-labs/experiment';
import { commonFacts, happens, lostOf, neverHappens, type OutboxObservation, plots } from './measures.ts';
import { setsOf } from './sets.ts';
import { standWith, usual } from './stand.ts';

/** Far more than a batch of ordinary events has, and less than a note that takes Postgres long to write. */
const MAX_MESSAGE_BYTES = 65_536;
const parameters = { ...usual, durationMs: 3000, poisonAtMs: 1000, noteBytes: 2 * MAX_MESSAGE_BYTES };
type PoisonParameters = typeof parameters;

/** Orders that were placed after the one that cannot be published. */
const placedAfter = ({
  witnesses,
  load,
  parameters: { poisonAtMs },
}: OutboxObservation & { parameters: PoisonParameters }) =>
  setsOf(witnesses).committed.filter(({ id }) => (load.operations.startedAtMs[id] ?? 0) > poisonAtMs).length;

export const poisonRow = experiment({
  ...standWith({ maxMessageBytes: MAX_MESSAGE_BYTES }),
  question: 'One event can never be published. What becomes of those behind it?',
  parameters,
  quick: {},
  timeline: ({ poisonAtMs, durationMs }: PoisonParameters) => [
    { fault: 'poison', atMs: poisonAtMs, healAtMs: durationMs - 100 } as const,
  ],
  properties: {
    'goes on': neverHappens({
      description: 'All other events are published, and the one that cannot be is a dead letter with its error',
      what: 'event that is neither published nor a dead letter',
      chance: 'an order that was placed after the poison',
      ids: lostOf,
      chancesOf: (observation) => placedAfter(observation as Parameters<typeof placedAfter>[0]),
    }),
    'is blocked': happens({
      description: 'What was placed after the poison is not published',
      unit: 'event(s) that wait behind it',
      ids: lostOf,
      formula: 'more than the poison alone',
      bound: () => 2,
    }),
  },
  claims: [
    {
      id: 'poison-becomes-a-dead-letter',
      statement: 'An event that can never be published goes to a table with its error, and its neighbours go on.',
      property: 'goes on',
      variant: 'skip-locked',
      control: 'drain-delete',
    },
    {
      id: 'poison-blocks-who-only-tries-again',
      statement: 'A relay that only tries again is held up by one event for ever.',
      property: 'is blocked',
      variant: 'drain-delete',
      control: 'skip-locked',
    },
  ],
  facts: commonFacts,
  plots,
});
