/**
 * One clock for all processes of a run.
 *
 * `performance.now()` counts from each process's own start; CLOCK_MONOTONIC, which hrtime reads, is the same for
 * every process of one machine. Invariant: two processes' readings may be subtracted. Wall time is never used.
 */

/** Milliseconds on the machine's monotonic clock, with sub-microsecond digits. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
