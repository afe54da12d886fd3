/**
 * node-restarts-empty: a quorum whose members forget.
 *
 *   redis-4 and 5 are away     A takes redis-1, 2 and 3: three of five
 *   redis-4 and 5 come back, redis-1 restarts without its data
 *   B asks                     redis-1, 4 and 5 are free: three of five
 *
 * The Redis documentation's remedy is fsync on each write, or a restart that waits for longer than the TTL.
 * Read next: slow-nodes.ts, ../../../docs/notes/distributed-locks.md.
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { keepNothingOnDisk } from './faults.ts';
import { describe, doubleHolds, holdsOf, spansOf } from './holds.ts';
import { commonFacts, type LockObservation, plots } from './measures.ts';
import { standOn } from './stand.ts';
import { witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 100,
  durationMs: 2600,
  accounts: 60,
  contenders: 2,
  thinkMs: 700,
  ttlMs: 1600,
  retryDelayMs: 20,
  acquireTimeoutMs: 1200,
  patienceMs: 4000,
  // From the start: what they had known before would still close their accounts when they are back.
  awayAtMs: 0,
  backAtMs: 1000,
  restartAtMs: 1250,
};
type RestartParameters = typeof parameters;

function acrossTheRestart(observation: LockObservation) {
  const [span] = spansOf(observation, 'restartEmpty');
  if (span === undefined) return null;
  return doubleHolds(holdsOf(observation)).filter(
    ({ earlier, later }) => earlier.fromMs < span.fromMs && later.fromMs > span.fromMs,
  );
}

export const nodeRestartsEmpty = experiment({
  ...standOn(),
  ...witnessed,
  question: 'One of the nodes that granted the lock restarts without its data. Is there a second majority?',
  parameters,
  quick: {},
  prepare: keepNothingOnDisk,
  timeline: ({ awayAtMs, backAtMs, restartAtMs, durationMs }: RestartParameters) => [
    { fault: 'twoAway', atMs: awayAtMs, healAtMs: backAtMs },
    { fault: 'restartEmpty', atMs: restartAtMs, healAtMs: durationMs },
  ],
  // A restart takes its time, and nothing here is that short.
  resolutionMs: ({ thinkMs }: RestartParameters) => thinkMs / 2,
  properties: {
    'granted twice': atLeast<RestartParameters>({
      description: 'After the restart, somebody enters whose predecessor has not left',
      kind: 'characteristic',
      unit: 'double hold(s) across the restart',
      bound: () => 1,
      measure: (observation) => acrossTheRestart(observation)?.length ?? null,
      evidence: (observation) => (acrossTheRestart(observation) ?? []).map(describe),
    }),
  },
  claims: [
    {
      id: 'empty-restart-grants-twice',
      statement: 'One node that restarts without its data lets Redlock grant the same lock twice.',
      property: 'granted twice',
      variant: 'redlock',
      control: 'pg-advisory',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation as unknown as LockObservation),
    'double holds across the restart': acrossTheRestart(observation)?.length ?? null,
  }),
  plots,
});
