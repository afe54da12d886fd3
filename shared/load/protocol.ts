/**
 * What the generator's process and its parent say to each other, a JSON object a line: the parent on the child's
 * stdin, the child on its file descriptor 3. The child's stdout and stderr are its log.
 *
 * start of the child → (warm-up →) plan → ready → start → progress … → report; `failed` may come instead of any answer.
 * The end of stdin at any time means that the parent is gone: the child exits at once.
 */
import type { LoadPlan, LoadReport, OperationCounts } from './plan.ts';

/** Counts while a run is under way. `intended` is the whole schedule; `inFlight` is what was sent and has not ended. */
export interface LoadProgress extends OperationCounts {
  /** ms after the run's start. */
  atMs: number;
  sent: number;
}

export type ToGenerator =
  | { type: 'warm-up' }
  | { type: 'plan'; plan: LoadPlan; operationsFile: string }
  | { type: 'start'; atMonotonicMs: number }
  | { type: 'abort' };

/** `report` comes without its rows: those are in the operations' file, since a million of them are no line. */
export type FromGenerator =
  | { type: 'ready' }
  | ({ type: 'progress' } & LoadProgress)
  | { type: 'report'; report: Omit<LoadReport, 'operations'> }
  | { type: 'failed'; message: string };

export const PROGRESS_INTERVAL_MS = 250;
/** Beyond the plan's own duration and timeout: for what runs late, and for the report. */
export const MARGIN_MS = 5000;
