/**
 * notify-lost: the relay is cut off from Postgres for a while, until the last order has been placed.
 *
 * NOTIFY is for who listens at that moment. Who was cut off is told nothing when it is back.
 * Read next: ../src/variants/notify-in-every-tx.ts (what NOTIFY costs who sends it; `./lab bench outbox` measures it).
 */
import { experiment } from '@backend-labs/experiment';
import { killsAt } from './kills.ts';
import { commonFacts, happens, lostOf, neverHappens, type OutboxObservation, plots } from './measures.ts';
import { setsOf } from './sets.ts';
import { standWith, usual } from './stand.ts';

const parameters = { ...usual, durationMs: 2500, cutAtMs: 1500, healAtMs: 2500, pollIntervalMs: 500 };
type CutParameters = typeof parameters;

const FAULT = 'cutRelay' as const;

/** Orders that were placed while nobody listened. */
function placedMeanwhile(observation: OutboxObservation): number {
  const [cut] = killsAt(observation, FAULT);
  if (cut === undefined) return 0;
  const { startedAtMs } = observation.load.operations;
  return setsOf(observation.witnesses).committed.filter(({ id }) => (startedAtMs[id] ?? 0) > cut.fromMs).length;
}

export const notifyLost = experiment({
  ...standWith({ relayLink: 'relay-link' }),
  proxies: { 'relay-link': 'postgres-1' },
  question: 'The relay is cut off from Postgres, and then the last order is placed. When is it published?',
  parameters,
  quick: {},
  timeline: ({ cutAtMs, healAtMs }: CutParameters) => [{ fault: FAULT, atMs: cutAtMs, healAtMs } as const],
  properties: {
    'forgets events': happens({
      description: 'Events whose wake-up was lost lie there until another order comes, here for ever',
      unit: 'event(s) that nobody came for',
      ids: lostOf,
    }),
    'forgets nothing': neverHappens({
      description: 'Every event is published, whether its wake-up was heard or not',
      what: 'event that nobody came for',
      chance: 'an order that was placed while nobody listened',
      ids: lostOf,
      chancesOf: placedMeanwhile,
    }),
  },
  claims: [
    {
      id: 'notify-alone-forgets',
      statement: 'A relay that only waits for NOTIFY forgets what was placed while it was cut off.',
      property: 'forgets events',
      variant: 'notify-only',
      control: 'skip-locked-notify',
    },
    {
      id: 'notify-with-a-poll-forgets-nothing',
      statement: 'With a slow poll behind it a lost wake-up costs a poll interval, and no event.',
      property: 'forgets nothing',
      variant: 'skip-locked-notify',
      control: 'notify-only',
    },
  ],
  facts: (observation) => ({ ...commonFacts(observation), 'placed while cut off': placedMeanwhile(observation) }),
  plots,
});
