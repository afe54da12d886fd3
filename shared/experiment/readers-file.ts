/**
 * Whether a file of the reader (`--variant FILE`) has failed by itself, and how.
 *
 * Invariant: a file is to blame only for what it did: it did not start, it ended, it got nothing done although the
 * load was sent on time. A fault or a ledger that went wrong beside it is the harness's or the machine's trouble, and
 * makes the run inconclusive. Read next: judge.ts (where blame becomes "refuted").
 */
import type { Observation } from './observation.ts';

/**
 * The failure in one sentence for the reader, null if the file ran. An operation that was sent late by less than half
 * of its time still had the other half: a busy machine alone does not make every single one fail.
 */
export function readersFailure({ load, services, error }: Observation, timeoutMs: number): string | null {
  const didNotStart = Object.keys(services).length === 0;
  const ended = Object.values(services).some(({ exit }) => exit !== null);
  if (didNotStart || ended) return error;
  const { intended, ok, degraded } = load.counts;
  const lateMs = Math.max(load.sendLagMs.max, load.eventLoopDelayMs.max);
  if (intended === 0 || ok + degraded > 0 || lateMs > timeoutMs / 2) return null;
  const reasons = Object.entries(load.reasons).map(([reason, count]) => `${count} × ${reason}`);
  return `none of its ${intended} operations succeeded (${reasons.join(', ') || 'no answer'})`;
}
