/**
 * Whether a part of the bench was met. Pure.
 *
 * On a machine that is busy with something else no ratio is judged: see shared/load/bench/other-work.ts.
 */
import type { BenchPart } from '@backend-labs/load';
import { medianOf } from '@backend-labs/load/bench/figures';
import { MOST_OTHER_WORK } from '@backend-labs/load/bench/other-work';

export const percent = (share: number) => (Number.isFinite(share) ? `${Math.round(100 * share)} %` : '–');
export const times = (ratio: number) => (Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : '–');

interface Bound {
  /** What is divided by what. */
  name: string;
  /** With `isExcluded` below it. */
  atMost: number;
  isExcluded?: boolean;
  /** One for each round. */
  ratios: readonly number[];
  /** The figures behind it. */
  figures: string;
  /** Deliveries that never came: what did not arrive cost less. */
  missing: number;
  otherWork: number;
}

/** By the median of the rounds' ratios. */
export function judge({ name, atMost, isExcluded, ratios, figures, missing, otherWork }: Bound): BenchPart {
  const ratio = medianOf(ratios);
  const range =
    ratios.length > 1 ? ` (rounds from ${times(Math.min(...ratios))} to ${times(Math.max(...ratios))})` : '';
  const expected = `${isExcluded ? 'below' : 'at most'} ${times(atMost)}`;
  const numbers = `expected ${expected}, measured ${times(ratio)}${range}: ${figures}`;
  if (missing > 0) {
    return {
      name,
      met: false,
      detail: `${missing} deliveries are missing, so what they cost is not known; ${numbers}`,
    };
  }
  if (otherWork > MOST_OTHER_WORK) {
    const why = `not judged, because other work takes ${percent(otherWork)} of this machine's CPU time`;
    return { name, met: null, detail: `${why} (at most ${percent(MOST_OTHER_WORK)}); ${numbers}` };
  }
  return { name, met: isExcluded ? ratio < atMost : ratio <= atMost, detail: numbers };
}
