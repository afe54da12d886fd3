/**
 * every-step: the same sweep, at each step that a process announces.
 *
 * Before a batch is sent and after, before an effect and after: at most of these steps a crash costs nothing, and nobody
 * knows which before all of them were tried.
 * Read next: sweep.ts (how the kills come), crash-sweep.ts (the steps that hurt most).
 */
import { experiment } from '@backend-labs/experiment';
import { plots } from './measures.ts';
import { CONSUMER, RELAY, SHOP } from './names.ts';
import { standWith, usual } from './stand.ts';
import { killsAtSteps, type Step, survival, sweepFacts } from './sweep.ts';

const parameters = { ...usual, ratePerSecond: 150, durationMs: 16_000, kills: 3, awayMs: 200 };
type EveryParameters = typeof parameters;

const relayStep = (step: string, first: number): Step => ({
  fault: 'killRelay',
  service: RELAY,
  event: `outbox.${step}`,
  first,
});

const STEPS: readonly Step[] = [
  { fault: 'killShop', service: SHOP, event: 'outbox.half-done', first: 30 },
  relayStep('claimed', 6),
  relayStep('publishing', 8),
  relayStep('published', 10),
  relayStep('marked', 12),
  { fault: 'killConsumer', service: CONSUMER, event: 'outbox.received', first: 20 },
  { fault: 'killConsumer', service: CONSUMER, event: 'outbox.applied', first: 30 },
];

export const everyStep = experiment({
  ...standWith(),
  question: 'Each process is killed at each step that it announces. Is there one at which something goes wrong?',
  parameters,
  quick: { durationMs: 9000, kills: 1 },
  timeline: (given: EveryParameters) => killsAtSteps(STEPS, given),
  properties: survival,
  claims: [
    {
      id: 'skip-locked-survives-at-every-step',
      statement: 'An outbox with a relay loses nothing, at whatever step a process dies.',
      property: 'loses nothing',
      variant: 'skip-locked',
      control: 'dual-write-db-first',
    },
    {
      id: 'cdc-survives-at-every-step',
      statement: 'Neither does the write-ahead log.',
      property: 'loses nothing',
      variant: 'cdc-pgoutput',
      control: 'dual-write-db-first',
    },
    {
      id: 'inbox-holds-at-every-step',
      statement: 'With an inbox each event has its effect once, at whatever step a process dies.',
      property: 'has its effect once',
      variant: 'skip-locked+inbox',
      control: 'skip-locked',
    },
    {
      id: 'cdc-inbox-holds-at-every-step',
      statement: 'The same behind the write-ahead log.',
      property: 'has its effect once',
      variant: 'cdc-pgoutput+inbox',
      control: 'cdc-pgoutput',
    },
  ],
  facts: (observation) => sweepFacts(observation, STEPS),
  plots,
});
