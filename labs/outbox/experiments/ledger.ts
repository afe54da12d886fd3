/**
 * From three sets to what is wrong with them, by id.
 *
 * Invariant: pure. `lost`: committed, and never published. `phantom`: published, and of no order. `duplicate`: applied
 * more than once. `reordered`: applied after a later one of the same customer had been applied.
 * Read next: measures.ts (what the claims make of it).
 */
import type { LedgerObservation } from '@backend-labs/experiment';
import type { Committed, Sets } from './sets.ts';

/** Ids that come more than once, each once. */
export function repeated(records: readonly { id: number }[]): number[] {
  const seen = new Set<number>();
  const twice = new Set<number>();
  for (const { id } of records) (seen.has(id) ? twice : seen).add(id);
  return [...twice];
}

/** What came for the first time after a later version of the same customer, in the order in which they are given. */
export function overtaken<T extends Committed>(records: readonly T[]): T[] {
  const highest = new Map<number, number>();
  const seen = new Set<number>();
  return records.filter(({ id, customer, version }) => {
    const isFirst = !seen.has(id);
    seen.add(id);
    const before = highest.get(customer) ?? 0;
    highest.set(customer, Math.max(before, version));
    return isFirst && version < before;
  });
}

/** Ids of `all` that are not in `others`. */
export function without(all: readonly { id: number }[], others: readonly { id: number }[]): number[] {
  const there = new Set(others.map(({ id }) => id));
  return [...new Set(all.map(({ id }) => id))].filter((id) => !there.has(id));
}

/** Dead letters are neither lost nor anything else: somebody has them. */
export function reconcile({ committed, published, applied, buried }: Sets): LedgerObservation {
  return {
    acknowledged: committed.length,
    lost: without(committed, [...published, ...buried]).map(String),
    duplicate: repeated(applied).map(String),
    phantom: without(published, committed).map(String),
    reordered: overtaken(applied).map(({ id }) => String(id)),
  };
}
