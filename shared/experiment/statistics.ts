/**
 * The little statistics that verdicts need.
 *
 * Invariant: zero seen is never reported as zero possible. Pure.
 */
import type { Chances } from './result/schema.ts';

/** Fewer independent chances than this, and nothing is claimed from having seen none. */
export const MINIMUM_CHANCES = 30;

/** One-sided, of the normal distribution. */
const Z_95 = 1.6449;

/**
 * The 95 % upper bound of a rate after `occurrences` in `count` independent chances.
 * None seen: 3/n, the rule of three (Hanley and Lippman-Hand, 1983). Some seen: the Wilson score bound.
 * No chances at all: 1, since nothing is known.
 */
export function upperBound95(count: number, occurrences: number): number {
  if (count === 0) return 1;
  if (occurrences === 0) return Math.min(1, 3 / count);
  const z = Z_95;
  const rate = occurrences / count;
  const centre = rate + (z * z) / (2 * count);
  const margin = z * Math.sqrt((rate * (1 - rate)) / count + (z * z) / (4 * count * count));
  return Math.min(1, (centre + margin) / (1 + (z * z) / count));
}

/** The arithmetic mean. Null for none. */
export function meanOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The 95 % upper bound of the mean of `further` values that are drawn as the readings were: mean + 1.6449 · s ·
 * √(1/n + 1/further), the prediction interval of a mean (both may be off, the readings' and theirs; the central limit
 * theorem, so for some tens of each). The mean itself for fewer than two readings; 0 for none.
 */
export function furtherMeanUpperBound95(values: readonly number[], further: number): number {
  const mean = meanOf(values) ?? 0;
  if (values.length < 2) return mean;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return mean + Z_95 * Math.sqrt(variance * (1 / values.length + 1 / further));
}

/** Chances with their bound, as a result carries them. */
export function chancesOf(count: number, occurrences: number): Chances {
  return { count, occurrences, upperBound95: upperBound95(count, occurrences) };
}

/** The middle value; of an even number of values the mean of the two in the middle. Null for none. */
export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
}

/** Smallest, middle and largest of at least one value. Null for none. */
export function spreadOf(values: readonly number[]): { min: number; median: number; max: number } | null {
  const middle = median(values);
  return middle === null ? null : { min: Math.min(...values), median: middle, max: Math.max(...values) };
}

/** A number for people: three significant digits, no exponent, no trailing zeros. */
export function readable(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100) return String(Math.round(value));
  // The dust of a subtraction of clocks, which String would print with an exponent.
  if (Math.abs(value) < 1e-6) return '0';
  return String(Number(value.toPrecision(3)));
}
