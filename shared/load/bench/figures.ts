/**
 * Figures for a bench's tables: medians over rounds, in three significant digits. More would be noise.
 *
 * It imports nothing: a process that is measured loads it as well.
 */

/** The middle value, so that what the machine did in a few rounds does not decide. NaN for none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? Number.NaN)) / 2;
}

/** A cell: three significant digits; what was not measured is a dash. */
export function rounded(value: number): number | string {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : '–';
}
