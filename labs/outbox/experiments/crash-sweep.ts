/**
 * crash-sweep: each of the three processes is killed in the middle of its work, again and again.
 *
 * The kills come at a step and not by a timer: the shop between its two writes, the relay after Kafka's acknowledgement
 * and before it has noted that down, the consumer after its effect and before the offset. Each restarts and goes on.
 * Read next: sweep.ts (how the kills come), every-step.ts (all other steps), broker-down.ts (now a server is away).
 */
import { atMost, experiment } from '@backend-labs/experiment';
import { betweenTheWrites } from './kills.ts';
import { happens, phantomsOf, plots } from './measures.ts';
import { CONSUMER, RELAY, SHOP } from './names.ts';
import { type StandParameters, standWith, usual } from './stand.ts';
import { killsAtSteps, type Step, survival, sweepFacts } from './sweep.ts';

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

const STEPS: readonly Step[] = [
  { fault: 'killShop', service: SHOP, event: 'outbox.half-done', first: 30 },
  { fault: 'killRelay', service: RELAY, event: 'outbox.published', first: 12 },
  // In the middle of what has come while it was away.
  { fault: 'killConsumer', service: CONSUMER, event: 'outbox.applied', first: 30 },
];

const properties = {
  ...survival,
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
};

export const crashSweep = experiment({
  ...standWith(),
  question: 'Shop, relay and consumer are killed in the middle of their work. What is lost, invented or done twice?',
  parameters,
  quick: { durationMs: 5000, kills: 2 },
  timeline: (given: SweepParameters) => killsAtSteps(STEPS, given),
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
  facts: (observation) => sweepFacts(observation, STEPS),
  plots,
});
