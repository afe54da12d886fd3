/**
 * Whether a part of the bench was met. Pure.
 *
 * On a machine that is busy with something else nothing is judged: see shared/load/bench/other-work.ts.
 */
import type { BenchPart } from '@backend-labs/load';
import { medianOf } from '@backend-labs/load/bench/figures';
import { MOST_OTHER_WORK } from '@backend-labs/load/bench/other-work';

export const percent = (share: number) => (Number.isFinite(share) ? `${Math.round(100 * share)} %` : '–');
export const times = (ratio: number) => `${ratio.toFixed(2)}×`;

interface Bound {
  /** What is divided by what. */
  name: string;
  atLeast?: number;
  atMost?: number;
  /** One for each round. */
  ratios: readonly number[];
  /** The figures behind it. */
  figures: string;
  otherWork: number;
}

/** By the median of the rounds' ratios. */
export function judge({ name, atLeast, atMost, ratios, figures, otherWork }: Bound): BenchPart {
  const ratio = medianOf(ratios);
  const expected = [
    ...(atLeast === undefined ? [] : [`at least ${times(atLeast)}`]),
    ...(atMost === undefined ? [] : [`at most ${times(atMost)}`]),
  ].join(' and ');
  const range =
    ratios.length > 1 ? ` (rounds from ${times(Math.min(...ratios))} to ${times(Math.max(...ratios))})` : '';
  const numbers = `expected ${expected}, measured ${times(ratio)}${range}: ${figures}`;
  if (otherWork > MOST_OTHER_WORK) {
    const why = `not judged, because other work takes ${percent(otherWork)} of this machine's CPU time`;
    return { name, met: null, detail: `${why} (at most ${percent(MOST_OTHER_WORK)}); ${numbers}` };
  }
  const met = ratio >= (atLeast ?? Number.NEGATIVE_INFINITY) && ratio <= (atMost ?? Number.POSITIVE_INFINITY);
  return { name, met, detail: numbers };
}
