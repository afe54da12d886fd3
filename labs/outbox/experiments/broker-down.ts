/**
 * broker-down: Kafka is killed, orders go on, Kafka comes back.
 *
 * A database that is up and a broker that is not: what has been promised to the customers meanwhile?
 * Read next: relay-down.ts (now the relay is away).
 */
import { experiment } from '@backend-labs/experiment';
import { killsAt } from './kills.ts';
import { commonFacts, happens, lostOf, neverHappens, type OutboxObservation, plots } from './measures.ts';
import { setsOf } from './sets.ts';
import { standWith, usual } from './stand.ts';

const parameters = { ...usual, ratePerSecond: 60, durationMs: 4500, downAtMs: 800, upAtMs: 1600 };
type DownParameters = typeof parameters;

const FAULT = 'killBroker' as const;

/** Orders that were committed while nobody could publish them. */
function placedMeanwhile(observation: OutboxObservation): number[] {
  const [down] = killsAt(observation, FAULT);
  if (down === undefined) return [];
  return setsOf(observation.witnesses)
    .committed.filter(({ id }) => {
      const atMs = observation.load.operations.startedAtMs[id] ?? Number.NaN;
      return atMs >= down.fromMs && atMs < down.toMs;
    })
    .map(({ id }) => id);
}

export const brokerDown = experiment({
  ...standWith(),
  question: 'Kafka is killed and started again, and orders go on. Which events are lost?',
  parameters,
  quick: { durationMs: 4000 },
  timeline: ({ downAtMs, upAtMs }: DownParameters) => [{ fault: FAULT, atMs: downAtMs, healAtMs: upAtMs } as const],
  properties: {
    'loses events': happens({
      description: 'Orders that were committed while the broker was away have no event',
      unit: 'lost event(s)',
      ids: lostOf,
    }),
    'loses nothing': neverHappens({
      description: 'Every committed order is published when the broker is back',
      what: 'lost event',
      chance: 'an order that was committed while the broker was away',
      ids: lostOf,
      chancesOf: (observation) => placedMeanwhile(observation).length,
    }),
  },
  claims: [
    {
      id: 'db-first-loses-while-the-broker-is-down',
      statement: 'Commit first: without a broker, orders go on and their events are lost.',
      property: 'loses events',
      variant: 'dual-write-db-first',
      control: 'skip-locked',
    },
    {
      id: 'skip-locked-waits-for-the-broker',
      statement: 'With an outbox the events wait for the broker.',
      property: 'loses nothing',
      variant: 'skip-locked',
      control: 'dual-write-db-first',
    },
    {
      id: 'cdc-waits-for-the-broker',
      statement: 'In the log they wait as well.',
      property: 'loses nothing',
      variant: 'cdc-pgoutput',
      control: 'dual-write-db-first',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'committed while it was away': placedMeanwhile(observation).length,
  }),
  plots,
});
