/**
 * A variant whose lock outlives everything in a run: a pause, a jump of the clock, its holder. The rest of the variant
 * is untouched. Read next: ../token-is-held-twice.ts.
 */
import type { Update } from '../../../src/contract.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The same with a TTL of a day. Not with none at all: a variant that has one cannot be told to leave it out. */
export function neverExpiring(update: Update): Update {
  return (account, think, context) =>
    update(account, think, { ...context, settings: { ...context.settings, ttlMs: DAY_MS } });
}
