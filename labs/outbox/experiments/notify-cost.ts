/**
 * notify-cost: more orders than can be committed, by sixteen writers.
 *
 * Whoever has said NOTIFY in a transaction holds a lock of the whole server while it commits, so these commits come one
 * after the other, each with its own wait for the disk; others share one.
 * Read next: notify-lost.ts (what NOTIFY does not promise), ../bench/ (the same, in a closed loop).
 */
import { atMost, experiment } from '@backend-labs/experiment';
import { commonFacts, type OutboxObservation, plots } from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 1500,
  durationMs: 2000,
  patienceMs: 20_000,
  customers: 500,
  connections: 16,
  pollIntervalMs: 1000,
};

/** Orders that were answered before the last one was sent, in a second. */
function ordersPerSecond({ load, parameters: { durationMs } }: OutboxObservation): number {
  const { endedAtMs } = load.operations;
  return (endedAtMs.filter((at) => at <= durationMs).length * 1000) / durationMs;
}

const BASELINE = 'skip-locked';

export const notifyCost = experiment({
  ...standWith(),
  question: 'More orders come than can be committed. What does a NOTIFY in each transaction cost?',
  parameters,
  quick: {},
  timeline: () => [],
  properties: {
    'commits far less': atMost<StandParameters>({
      description: 'With a NOTIFY in each transaction far fewer orders are committed',
      kind: 'characteristic',
      unit: '× as many orders/s as without',
      bound: () => 0.7,
      measure(observation, { other }) {
        const without = other(BASELINE);
        return without === undefined ? null : ordersPerSecond(observation) / ordersPerSecond(without);
      },
    }),
  },
  claims: [
    {
      id: 'notify-in-every-tx-costs-commits',
      statement: 'NOTIFY inside of each transaction puts all commits in a row.',
      property: 'commits far less',
      variant: 'notify-in-every-tx',
      control: 'skip-locked-notify',
      comparesWith: [BASELINE],
    },
  ],
  facts: (observation) => ({ ...commonFacts(observation), 'orders/s': Math.round(ordersPerSecond(observation)) }),
  plots,
});
