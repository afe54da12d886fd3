/**
 * steady: orders come at a constant rate, and nothing goes wrong.
 *
 * How long from an order to its effect? The polls are slow here on purpose, as they would be to spare an idle database.
 * Read next: late-commit.ts.
 */
import { atMost, experiment } from '@backend-labs/experiment';
import { commonFacts, type OutboxObservation, plots } from './measures.ts';
import { setsOf } from './sets.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = { ...usual, durationMs: 4000, pollIntervalMs: 400 };

/** From when the order was sent until its effect, ms, ascending. */
function delaysOf(observation: OutboxObservation): number[] {
  const { startedAtMs } = observation.load.operations;
  return setsOf(observation.witnesses)
    .applied.map(({ id, atMs }) => atMs - (startedAtMs[id] ?? Number.NaN))
    .filter((delayMs) => !Number.isNaN(delayMs))
    .toSorted((a, b) => a - b);
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;

const rounded = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);

export const steady = experiment({
  ...standWith(),
  question: 'Nothing goes wrong. How long from an order to its effect?',
  parameters,
  quick: { durationMs: 2500 },
  timeline: () => [],
  properties: {
    'is told at once': atMost<StandParameters>({
      description: 'Half of all orders have their effect long before a poll would have come by',
      kind: 'characteristic',
      unit: 'ms',
      formula: 'p / 4',
      bound: ({ pollIntervalMs }) => pollIntervalMs / 4,
      measure: (observation) => quantile(delaysOf(observation), 0.5),
    }),
  },
  claims: [
    {
      id: 'notify-spares-the-wait',
      statement: 'A wake-up after the commit spares the wait for the next poll.',
      property: 'is told at once',
      variant: 'skip-locked-notify',
      control: 'skip-locked',
    },
    {
      id: 'cdc-needs-no-poll',
      statement: 'The log tells of a commit when it happens.',
      property: 'is told at once',
      variant: 'cdc-pgoutput',
      control: 'skip-locked',
    },
  ],
  facts(observation) {
    const delays = delaysOf(observation);
    return {
      ...commonFacts(observation),
      'order to effect, median (ms)': rounded(quantile(delays, 0.5)),
      'order to effect, p99 (ms)': rounded(quantile(delays, 0.99)),
    };
  },
  plots,
});
