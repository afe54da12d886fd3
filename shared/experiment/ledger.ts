/**
 * The ledger: what was acknowledged against what really happened, by id. Pure.
 *
 *   lost       acknowledged, but it did not happen
 *   duplicate  it happened more than once
 *   phantom    it happened, but nobody ever asked for it
 *   reordered  left to labs in which an order is promised
 *
 * Invariant: an operation without an answer (timeout, lost, failed) may have happened or not; neither is held against
 * the subject.
 */
import { type LoadReport, OUTCOMES } from '@backend-labs/load';
import type { LedgerObservation } from './observation.ts';

/** The ids of the operations that were answered `ok`. */
export function acknowledgedIds(load: LoadReport): number[] {
  const ok = OUTCOMES.indexOf('ok');
  return [...load.operations.outcome.keys()].filter((id) => load.operations.outcome[id] === ok);
}

/** Compares acknowledged ids with the ids of what happened, in the order in which it happened. */
export function reconcileIds(load: LoadReport, happened: readonly number[]): LedgerObservation {
  const acknowledged = acknowledgedIds(load);
  const times = new Map<number, number>();
  for (const id of happened) times.set(id, (times.get(id) ?? 0) + 1);
  const asked = load.operations.startedAtMs;
  const isPhantom = (id: number) => asked[id] === undefined || Number.isNaN(asked[id]);
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((id) => !times.has(id)).map(String),
    duplicate: [...times].filter(([, count]) => count > 1).map(([id]) => String(id)),
    phantom: [...times.keys()].filter(isPhantom).map(String),
    reordered: [],
  };
}
