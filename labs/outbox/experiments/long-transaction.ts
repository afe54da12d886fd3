/**
 * long-transaction: somebody has forgotten to end a transaction. Two kinds, and two different victims.
 *
 * One that has written something holds a transaction id: whoever waits for all older transactions to end waits for it,
 * in whatever database it is. One that only reads, at REPEATABLE READ, holds a snapshot: no row that was alive then may
 * be vacuumed, and a table whose rows are updated fills with dead ones that each poll walks over.
 * Read next: ../src/variants/poll-by-xid.ts, ../src/variants/skip-locked.ts, relay-down.ts.
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { killsAt } from './kills.ts';
import { commonFacts, type OutboxObservation, plots } from './measures.ts';
import { OTHERS_FROM } from './names.ts';
import { lastQuarterAgainstFirst, longestPause, looks, pollGrowth } from './observed.ts';
import { setsOf } from './sets.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const openParameters = { ...usual, durationMs: 3500, openAtMs: 800, closeAtMs: 2800 };
type OpenParameters = typeof openParameters;

const publishedAtMs = ({ witnesses }: OutboxObservation) => setsOf(witnesses).published.map(({ atMs }) => atMs);

function pauseWhileOpen(observation: OutboxObservation): number | null {
  const [open] = killsAt(observation, 'openTransaction');
  return open === undefined ? null : longestPause(publishedAtMs(observation), open);
}

/** So much of the time that it is open nothing at all is published. */
const STALLED_SHARE = 0.8;

export const openTransaction = experiment({
  ...standWith(),
  question: 'A transaction in another database has written something and stays open. Who waits for it?',
  parameters: openParameters,
  quick: {},
  timeline: ({ openAtMs, closeAtMs }: OpenParameters) => [
    { fault: 'openTransaction', atMs: openAtMs, healAtMs: closeAtMs } as const,
  ],
  properties: {
    stalls: atLeast<StandParameters>({
      description: 'Nothing is published until the transaction ends',
      kind: 'characteristic',
      unit: 'ms without a publication',
      formula: `${STALLED_SHARE} · the time that it was open`,
      bound: (given) => {
        const { openAtMs, closeAtMs } = given as OpenParameters;
        return STALLED_SHARE * (closeAtMs - openAtMs);
      },
      measure: pauseWhileOpen,
    }),
  },
  claims: [
    {
      id: 'open-transaction-stalls-xid-polling',
      statement: 'A cursor over transactions waits for any that is open, in any database of the server.',
      property: 'stalls',
      variant: 'poll-by-xid',
      control: 'skip-locked',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'longest pause while it was open (ms)': Math.round(pauseWhileOpen(observation) ?? 0),
  }),
  plots,
});

const snapshotParameters = {
  ...usual,
  // The backlog is what is measured.
  ratePerSecond: 10,
  durationMs: 9000,
  batchSize: 50,
  readAtMs: 300,
  endAtMs: 8900,
  backlogAtMs: 500,
  backlogDoneAtMs: 4000,
  backlog: 30_000,
};
type SnapshotParameters = typeof snapshotParameters;

/** When the backlog was published, as far as it was while the reader was there. */
function backlogAtMs(observation: OutboxObservation): number[] {
  const [reader] = killsAt(observation, 'oldSnapshot');
  if (reader === undefined) return [];
  return setsOf(observation.witnesses)
    .published.filter(({ id, atMs }) => id >= OTHERS_FROM && atMs > reader.fromMs && atMs < reader.toMs)
    .map(({ atMs }) => atMs);
}

export const oldSnapshot = experiment({
  ...standWith({ isObserved: true, hasConsumer: false }),
  question: 'A reader holds a snapshot, and a backlog is worked off. Who gets slower and slower?',
  parameters: snapshotParameters,
  quick: {},
  timeline: ({ readAtMs, endAtMs, backlogAtMs, backlogDoneAtMs }: SnapshotParameters) => [
    { fault: 'oldSnapshot', atMs: readAtMs, healAtMs: endAtMs } as const,
    { fault: 'backlog', atMs: backlogAtMs, healAtMs: backlogDoneAtMs } as const,
  ],
  properties: {
    'walks over dead rows': atLeast<StandParameters>({
      description: 'A poll looks at far more pages than at first to find one row, since dead ones are in its way',
      kind: 'characteristic',
      unit: '× as many pages as at first',
      bound: () => 20,
      measure: pollGrowth,
    }),
  },
  claims: [
    {
      id: 'old-snapshot-slows-the-status-table',
      statement: 'Marked rows cannot be vacuumed while somebody holds an old snapshot, and each poll walks over them.',
      property: 'walks over dead rows',
      variant: 'skip-locked',
      control: 'poll-by-xid',
    },
  ],
  facts(observation) {
    const all = looks(observation);
    return {
      ...commonFacts(observation),
      'published while it was open': backlogAtMs(observation).length,
      "last quarter's pace against the first's": lastQuarterAgainstFirst(backlogAtMs(observation))?.toFixed(2) ?? null,
      'pages of a poll at most': Math.max(0, ...all.map(({ pollPages }) => pollPages ?? 0)),
      'dead rows at most': Math.max(0, ...all.map(({ deadRows }) => deadRows ?? 0)),
      'oldest xmin, transactions ago': Math.max(0, ...all.map(({ oldestXminAge }) => oldestXminAge ?? 0)),
    };
  },
  plots: [
    ...plots,
    { series: 'observer.outbox.observed.deadRows', title: 'Dead rows in the outbox', unit: 'rows' },
    { series: 'observer.outbox.observed.oldestXminAge', title: 'Age of the oldest xmin', unit: 'transactions' },
    { series: 'observer.outbox.observed.pollPages', title: 'What a poll looks at', unit: 'pages' },
  ],
});
