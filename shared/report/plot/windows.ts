/**
 * When faults were in effect, as a chart shades them.
 *
 * Each variant has windows of its own: a fault at an event strikes each at another moment. All are drawn, each
 * faintly, so that where they agree the shade is full. Pure. Read next: spec.ts.
 */
import type { VariantResult } from '@backend-labs/experiment/result';

export interface FaultWindow {
  fault: string;
  fromSeconds: number;
  /** The end of the chart for a fault that was never healed. */
  toSeconds: number;
}

/** All windows of these runs. A fault that never took effect has none. */
export function faultWindows(runs: readonly VariantResult[], endSeconds: number): FaultWindow[] {
  return runs.flatMap((run) =>
    run.timeline.flatMap((entry) => {
      if (entry.effectiveAtMs === null) return [];
      const fromSeconds = entry.effectiveAtMs / 1000;
      const toSeconds = entry.healedAtMs === null ? endSeconds : entry.healedAtMs / 1000;
      return [{ fault: entry.fault, fromSeconds, toSeconds: Math.min(toSeconds, Math.max(endSeconds, fromSeconds)) }];
    }),
  );
}

/** One label per fault, at its first moment; `lane` keeps the names of different faults apart. */
export function faultLabels(windows: readonly FaultWindow[]): { fault: string; fromSeconds: number; lane: number }[] {
  const names = [...new Set(windows.map((window) => window.fault))];
  return names.map((fault, lane) => ({
    fault,
    lane,
    fromSeconds: Math.min(...windows.filter((window) => window.fault === fault).map((window) => window.fromSeconds)),
  }));
}
