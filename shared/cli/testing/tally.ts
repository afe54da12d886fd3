/** Counting tests, whatever kind they are: the last line of `./lab test` is the sum. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** The sum; of nothing, zeros. */
export function sum(tallies: Iterable<Tally>): Tally {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const tally of tallies) {
    total.passed += tally.passed;
    total.failed += tally.failed;
    total.skipped += tally.skipped;
  }
  return total;
}

/** One test. */
export function one(status: keyof Tally): Tally {
  return { passed: 0, failed: 0, skipped: 0, [status]: 1 };
}

/** The last line, which other programs read. */
export function tallyLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** Green only if something ran and nothing failed: a test run that ran nothing proves nothing. */
export function isGreen({ passed, failed }: Tally): boolean {
  return failed === 0 && passed > 0;
}
