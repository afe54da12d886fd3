/**
 * crash-sweep: each of the three processes is killed in the middle of its work, again and again.
 *
 * The kills come at a step and not by a timer: the shop between its two writes, the relay after Kafka's acknowledgement
 * and before it has noted that down, the consumer after its effect and before the offset. Each restarts and goes on.
 * Read next: kills.ts (what was under way), sets.ts (what is compared), broker-down.ts (now a server is away).
 */
import { atMost, experiment } from '@backend-labs/experiment';
import type { faults } from './faults.ts';
import { betweenTheWrites, killsAt, notFinishedAtKills, receivedAgain } from './kills.ts';
import {
  commonFacts,
  doubledOf,
  happens,
  lostOf,
  neverHappens,
  type OutboxObservation,
  phantomsOf,
  plots,
} from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 150,
  durationMs: 9000,
  /** Of each process. */
  kills: 5,
  /** How long a killed process stays away. */
  awayMs: 200,
};
type SweepParameters = typeof parameters;

/** The n-th time a process does this since its start, a different n for each kill. */
const STEPS = {
  halfDone: { fault: 'killShop', service: 'shop', event: 'outbox.half-done', first: 30 },
  published: { fault: 'killRelay', service: 'relay', event: 'outbox.published', first: 12 },
  // In the middle of what has come while it was away.
  applied: { fault: 'killConsumer', service: 'consumer', event: 'outbox.applied', first: 30 },
} as const;

const lostOrders = { what: 'lost event', ids: lostOf };

const properties = {
  'loses what was between its writes': atMost<StandParameters>({
    description: 'Lost is what the shop had committed and not begun to publish when it was killed, and nothing else',
    kind: 'characteristic',
    unit: 'order(s) of which that is not true',
    bound: () => 0,
    measure: (observation) => betweenTheWrites(observation)?.mistaken.length ?? null,
    evidence: (observation) => (betweenTheWrites(observation)?.mistaken ?? []).map((id) => `order ${id}`),
  }),
  'invents events': happens({
    description: 'Each kill between the two writes leaves an event of an order that does not exist',
    unit: 'event(s) of no order',
    ids: phantomsOf,
    formula: 'kills of the shop',
    bound: (given) => (given as SweepParameters).kills,
  }),
  'loses nothing': neverHappens({
    description: 'Every committed order is published, whoever is killed',
    chance: 'an order that was under way when a process died, or was placed while one was away',
    chancesOf: (observation) => notFinishedAtKills(observation).length,
    ...lostOrders,
  }),
  'has its effect once': neverHappens({
    description: 'No event has its effect twice, however often it comes',
    what: 'effect that happened twice',
    chance: 'an event that the consumer received again',
    ids: doubledOf,
    chancesOf: (observation) => receivedAgain(observation).length,
  }),
};

function facts(observation: OutboxObservation) {
  const count = (fault: string) => killsAt(observation, fault).length;
  return {
    ...commonFacts(observation),
    'received again': receivedAgain(observation).length,
    'kills (shop, relay, consumer)': `${count('killShop')}, ${count('killRelay')}, ${count('killConsumer')}`,
  };
}

export const crashSweep = experiment({
  ...standWith(),
  question: 'Shop, relay and consumer are killed in the middle of their work. What is lost, invented or done twice?',
  parameters,
  quick: { durationMs: 5000, kills: 2 },
  timeline: ({ kills, awayMs }: SweepParameters) =>
    Object.values(STEPS).flatMap(({ fault, service, event, first }) =>
      Array.from({ length: kills }, (_, index) => ({
        fault: fault satisfies keyof typeof faults,
        when: { service, event, occurrence: first + index },
        healAfterMs: awayMs,
        // Who writes to two systems has no relay.
        mayNotCome: true,
      })),
    ),
  properties,
  claims: [
    {
      id: 'db-first-loses-what-was-in-between',
      statement: 'Commit first: what was committed and not yet published at a crash is lost, and nothing else.',
      property: 'loses what was between its writes',
      variant: 'dual-write-db-first',
      control: 'skip-locked',
    },
    {
      id: 'broker-first-invents-events',
      statement: 'Publish first: each crash before the commit leaves an event of an order that does not exist.',
      property: 'invents events',
      variant: 'dual-write-broker-first',
      control: 'skip-locked',
    },
    {
      id: 'skip-locked-survives-crashes',
      statement: 'An outbox with a relay loses nothing, whoever is killed.',
      property: 'loses nothing',
      variant: 'skip-locked',
      control: 'dual-write-db-first',
    },
    {
      id: 'cdc-survives-crashes',
      statement: 'Neither does the write-ahead log.',
      property: 'loses nothing',
      variant: 'cdc-pgoutput',
      control: 'dual-write-db-first',
    },
    {
      id: 'inbox-makes-effects-once',
      statement: 'With an inbox at the consumer each event has its effect once, however often it comes.',
      property: 'has its effect once',
      variant: 'skip-locked+inbox',
      control: 'skip-locked',
    },
  ],
  facts,
  plots,
});
