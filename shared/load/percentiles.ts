/**
 * Percentiles by HDR histogram: every value counts, with a relative error of at most 0.1 %.
 *
 * Invariant: percentiles are taken over all values at once; nothing averages percentiles. Pure.
 */
import { build } from 'hdr-histogram-js';
import type { Percentiles } from './plan.ts';

/** Up to an hour in microseconds, three significant digits. Longer values are recorded as an hour. */
const HIGHEST_US = 3_600_000_000;

/** A histogram of durations in ms that can be emptied and used again. */
export class LatencyHistogram {
  readonly #histogram = build({ highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3 });
  #max = 0;

  get count(): number {
    return this.#histogram.totalCount;
  }

  /** The largest value, exactly; 0 when there is none. */
  get maxMs(): number {
    return this.#max;
  }

  add(valueMs: number): void {
    if (valueMs > this.#max) this.#max = valueMs;
    this.#histogram.recordValue(Math.min(HIGHEST_US, Math.max(0, Math.round(valueMs * 1000))));
  }

  /** The value at a percentile in 0..100, in ms; 0 when there is none. */
  at(percentile: number): number {
    if (this.count === 0) return 0;
    // A bucket reports its upper edge, which may lie above the largest value seen.
    return Math.min(this.#histogram.getValueAtPercentile(percentile) / 1000, this.#max);
  }

  clear(): void {
    this.#histogram.reset();
    this.#max = 0;
  }
}

/** Percentiles of durations in ms. Rows that did not happen (NaN) are left out; all 0 when nothing is left. */
export function percentilesOf(latenciesMs: Iterable<number>): Percentiles {
  const histogram = new LatencyHistogram();
  for (const latencyMs of latenciesMs) if (!Number.isNaN(latencyMs)) histogram.add(latencyMs);
  return {
    p50: histogram.at(50),
    p90: histogram.at(90),
    p99: histogram.at(99),
    p999: histogram.at(99.9),
    max: histogram.maxMs,
  };
}
