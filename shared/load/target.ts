/**
 * What the load goes to: something that can start an operation, and give one up.
 *
 * Invariant: after `send(row)` a target calls `settle(row, ...)` at most once, and never after `giveUp(row)`; who
 * sends decides about time (sender.ts), a target only about how an operation ended.
 */
import type { OperationSpec } from './plan.ts';

/** Says how an operation ended. `reason`: status or error code of whatever is not ok, else null. */
export type Settle = (row: number, outcomeIndex: number, reason: string | null) => void;

export interface OperationTarget {
  /** Starts operation `row`. May settle it before it returns. Never throws. */
  send(row: number): void;
  /** Opens so many connections to each of these, ahead of the load or again, by asking for it. Never rejects. */
  connect?(urls: readonly string[], connections: number): Promise<void>;
  /** Abandons an operation in flight: its connection is closed, its signal fires. */
  giveUp(row: number): void;
  /** Lets go of connections and clients. */
  close(): Promise<void>;
}

/** Opens the target that a plan names. A module that cannot be loaded or refuses its target rejects. */
export async function openTarget(spec: OperationSpec, settle: Settle): Promise<OperationTarget> {
  if (spec.kind === 'http') return new (await import('./http-target.ts')).HttpTarget(spec, settle);
  return (await import('./module-target.ts')).openModuleTarget(spec, settle);
}
