/**
 * Exit codes: what a shell script learns from a run.
 *
 * Several at once: 130, 2, 4, 1, 3, 0, the first that applies. `skipped` leaves the code alone.
 */
import type { Verdict } from './result/schema.ts';

export const EXIT = {
  /** All that ran holds and every control failed as it must. */
  ok: 0,
  /** A claim was refuted. */
  refuted: 1,
  /** The call was wrong. */
  usage: 2,
  /** Inconclusive, or a control passed. */
  inconclusive: 3,
  /** Something needed is missing; nothing could run. */
  missing: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const PRECEDENCE: readonly ExitCode[] = [130, 2, 4, 1, 3, 0];

/** The code of several things that happened together. Nothing happened: 0. */
export function combineExitCodes(codes: Iterable<ExitCode>): ExitCode {
  const seen = new Set(codes);
  return PRECEDENCE.find((code) => seen.has(code)) ?? EXIT.ok;
}

/** The code of one verdict. */
export function exitCodeOfVerdict(verdict: Verdict): ExitCode {
  if (verdict === 'refuted') return EXIT.refuted;
  if (verdict === 'inconclusive') return EXIT.inconclusive;
  return EXIT.ok;
}

/** The caller's mistake: the message says what was given and what would be right. Exit code 2. */
export class UsageError extends Error {
  readonly exitCode = EXIT.usage;
  override readonly name = 'UsageError';
}

/** Something this machine lacks: the message says what, and the ways to get it. Exit code 4. */
export class MissingError extends Error {
  readonly exitCode = EXIT.missing;
  override readonly name = 'MissingError';
}
