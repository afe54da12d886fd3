/**
 * What the observer saw of Postgres, for properties and facts. Pure. Read next: ../src/observer/app.ts.
 */
import type { Observation, Span } from '@backend-labs/experiment';
import { OBSERVER } from './names.ts';

export interface Look {
  atMs: number;
  deadRows: number | null;
  oldestXminAge: number | null;
  /** Pages that a relay's poll looks at until it finds a row that is not marked. */
  pollPages: number | null;
  keptBytes: number | null;
  walStatus: string | null;
}

export function looks(observation: Observation<unknown>): Look[] {
  return (observation.services[OBSERVER]?.records['outbox.observed'] ?? []).map(
    ({ atMs, said }) => ({ ...said, atMs }) as Look,
  );
}

const MEGABYTE = 1_000_000;

/** The most WAL that was kept for the slot, MB; 0 without a slot. Null if nobody looked. */
export function mostKept(observation: Observation<unknown>): number | null {
  const all = looks(observation);
  return all.length === 0 ? null : Math.max(...all.map(({ keptBytes }) => keptBytes ?? 0)) / MEGABYTE;
}

/** How many times as many pages a poll came to look at as at first. Null if nobody looked. */
export function pollGrowth(observation: Observation<unknown>): number | null {
  const pages = looks(observation).flatMap(({ pollPages }) => pollPages ?? []);
  const [first] = pages;
  return first === undefined ? null : Math.max(...pages) / Math.max(1, first);
}

/** Times of publication inside a span, and the longest pause between two of them or its ends, ms. */
export function longestPause(atMs: readonly number[], { fromMs, toMs }: Span): number {
  const inside = [fromMs, ...atMs.filter((at) => at > fromMs && at < toMs).toSorted((a, b) => a - b), toMs];
  return Math.max(...inside.slice(1).map((at, index) => at - (inside[index] as number)));
}

/** How fast the last quarter of some events went, against the first quarter: 1 is as fast, 0.5 is half as fast. */
export function lastQuarterAgainstFirst(atMs: readonly number[]): number | null {
  const sorted = atMs.toSorted((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  if (quarter < 1) return null;
  const took = (from: number) => (sorted[from + quarter] as number) - (sorted[from] as number);
  const last = took(sorted.length - quarter - 1);
  return last === 0 ? null : took(0) / last;
}
