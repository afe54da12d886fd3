/**
 * Numbers, times and sizes as people read them. Pure, and independent of the machine's locale, so that the same
 * result gives the same bytes everywhere.
 */

/** "1,234,567": only the integer part is grouped. */
function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** Integers in full; other numbers with three significant digits, whole from 100 on. No exponent. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = value < 0 ? '−' : '';
  const size = Math.abs(value);
  if (Number.isInteger(size) || size >= 100) return sign + grouped(String(Math.round(size)));
  // toPrecision writes an exponent below 1e-6; toFixed never does.
  if (size < 1e-6) return `${sign}${size.toFixed(9).replace(/0+$/, '').replace(/\.$/, '')}`;
  return sign + String(Number(size.toPrecision(3)));
}

/** Milliseconds as "850 ms", "12.3 s" or "4 min 10 s". */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${formatNumber(durationMs)} ms`;
  if (durationMs < 120_000) return `${formatNumber(durationMs / 1000)} s`;
  const seconds = Math.round(durationMs / 1000);
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** An ISO time as "2026-01-31 09:05 UTC". */
export function formatMoment(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** An ISO time as "2026-01-31". */
export function formatDay(iso: string): string {
  return new Date(iso).toISOString().slice(0, 10);
}

/** Bytes of memory as "7.8 GiB". */
export function formatBytes(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${formatNumber(Number(gibibytes.toFixed(1)))} GiB` : `${formatNumber(bytes / 2 ** 20)} MiB`;
}

/** A rate as a percentage. Never rounds something possible down to 0. */
export function formatPercent(rate: number): string {
  return `${formatNumber(rate * 100)} %`;
}

/** Smallest, middle and largest value; of an even number of values the middle is the mean of two. */
export interface Spread {
  min: number;
  median: number;
  max: number;
}

/** The spread of at least one number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] as number;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { min: at(0), median, max: at(sorted.length - 1) };
}

/** "12", or "12 (10–15)" where repeats differ. */
export function formatSpread({ min, median, max }: Spread): string {
  return min === max ? formatNumber(min) : `${formatNumber(median)} (${formatNumber(min)}–${formatNumber(max)})`;
}
