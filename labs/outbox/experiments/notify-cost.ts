/**
 * notify-cost: sixteen writers, and a disk that takes its time.
 *
 * Whoever has said NOTIFY in a transaction holds a lock of the whole server while it commits, so these commits come one
 * after the other, each with its own wait for the disk; others share one. How long a flush takes differs from disk to
 * disk, so it is set here: Postgres waits flushMs before each (commit_delay), and 1000 / flushMs commits/s are what one
 * after the other can be.
 * Read next: notify-lost.ts (what NOTIFY does not promise), ../bench/ (the same, in a closed loop).
 */
import { atMost, experiment, type PrepareContext } from '@backend-labs/experiment';
import { commonFacts, type OutboxObservation, plots } from './measures.ts';
import { setServer } from './server-settings.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 250,
  durationMs: 2500,
  patienceMs: 20_000,
  customers: 500,
  connections: 16,
  pollIntervalMs: 200,
  flushMs: 10,
};
type CostParameters = typeof parameters;

const base = standWith();

async function slowTheDisk(context: PrepareContext<CostParameters>): Promise<void> {
  const commitDelayMicroseconds = context.parameters.flushMs * 1000;
  await setServer(context, { commit_delay: commitDelayMicroseconds, commit_siblings: 0 });
  await base.prepare(context);
}

/** Orders that were answered before the last one was sent, in a second. */
function ordersPerSecond({ load, parameters: { durationMs } }: OutboxObservation): number {
  const { endedAtMs } = load.operations;
  return (endedAtMs.filter((at) => at <= durationMs).length * 1000) / durationMs;
}

const BASELINE = 'skip-locked';

export const notifyCost = experiment({
  ...base,
  prepare: slowTheDisk,
  question: 'Sixteen writers share a slow disk. What does a NOTIFY in each transaction cost?',
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
