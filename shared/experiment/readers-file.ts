/**
 * Whether a file of the reader (`--variant FILE`) has failed by itself, and how.
 *
 * Invariant: a file is to blame only for what it did: it did not start, it ended, it got nothing done although the
 * load was sent on time. A fault or a ledger that went wrong beside it is the harness's or the machine's trouble, and
 * makes the run inconclusive. Read next: judge.ts (where blame becomes "refuted").
 */
import type { Observation } from './observation.ts';
import { generatorEventLoop, type SelfCheckInput, sendLag } from './self-checks.ts';

/** The failure in one sentence for the reader, null if the file ran. */
export function readersFailure(input: SelfCheckInput & { observation: Observation }): string | null {
  const { load, services, error } = input.observation;
  const didNotStart = Object.keys(services).length === 0;
  const ended = Object.values(services).some(({ exit }) => exit !== null);
  if (didNotStart || ended) return error;
  const { intended, ok, degraded } = load.counts;
  if (intended === 0 || ok + degraded > 0 || !sendLag(input).ok || !generatorEventLoop(input).ok) return null;
  const reasons = Object.entries(load.reasons).map(([reason, count]) => `${count} × ${reason}`);
  return `none of its ${intended} operations succeeded (${reasons.join(', ') || 'no answer'})`;
}
