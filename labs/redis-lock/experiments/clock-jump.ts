/**
 * clock-jump: the node's wall clock is set forward while locks are held.
 *
 * Redis keeps a key's expiry as a moment on its wall clock. Whoever moves that clock ends every lock.
 * Needs a server below libfaketime; where that cannot be had, the claims are skipped with the reason.
 * Read next: ../../../docs/notes/distributed-locks.md (what Redlock assumes of clocks).
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { describe, doubleHolds, holdsOf, spansOf } from './holds.ts';
import { commonFacts, type LockObservation, plots } from './measures.ts';
import { standOn } from './stand.ts';
import { witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 100,
  durationMs: 2200,
  accounts: 60,
  contenders: 2,
  thinkMs: 400,
  // Nothing of this run would ever expire by itself.
  ttlMs: 60_000,
  retryDelayMs: 20,
  acquireTimeoutMs: 900,
  patienceMs: 4000,
  jumpAtMs: 900,
  jumpMs: 120_000,
  /** How soon after the jump counts as at once: long enough for each waiter to try again. */
  soonMs: 200,
};
type JumpParameters = typeof parameters;

/** Who entered soon after the jump beside somebody who had entered before it. */
function joinedAtOnce(observation: LockObservation & { parameters: { soonMs: number } }) {
  const [span] = spansOf(observation, 'clockJump');
  if (span === undefined) return null;
  return doubleHolds(holdsOf(observation)).filter(
    ({ earlier, later }) =>
      earlier.fromMs < span.fromMs &&
      later.fromMs > span.fromMs &&
      later.fromMs <= span.fromMs + observation.parameters.soonMs,
  );
}

const stand = standOn();

export const clockJump = experiment({
  ...stand,
  ...witnessed,
  question: 'The clock of the node is set forward. What becomes of the locks?',
  parameters,
  quick: {},
  adjustableClocks: ['redis-1'],
  timeline: ({ jumpAtMs, durationMs }: JumpParameters) => [
    { fault: 'clockJump', atMs: jumpAtMs, healAtMs: durationMs },
  ],
  resolutionMs: ({ soonMs }: JumpParameters) => soonMs / 2,
  properties: {
    'expires at once': atLeast<JumpParameters>({
      description: 'Soon after the jump, others enter beside holders whose TTL is far from over',
      kind: 'characteristic',
      unit: 'double hold(s) soon after the jump',
      bound: () => 1,
      measure: (observation) => joinedAtOnce(observation)?.length ?? null,
      evidence: (observation) => (joinedAtOnce(observation) ?? []).map(describe),
    }),
  },
  claims: [
    {
      id: 'clock-jump-expires-locks',
      statement: 'Setting the clock of the Redis server forward ends its locks at once, whatever their TTL.',
      property: 'expires at once',
      variant: 'token',
      control: 'pg-advisory',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation as unknown as LockObservation),
    'double holds soon after the jump': joinedAtOnce(observation)?.length ?? null,
  }),
  plots,
});
