/**
 * Verdicts as tests. A claim of a lab's own run must hold; a claim judged on its mutant must be refuted.
 *
 * Invariant: only `inconclusive` is measured again, and once: it means that the machine disturbed the run, not that
 * the lab is wrong. What was refuted once stays refuted; a second, luckier run must not hide it.
 */
import type { ClaimResult, Result } from '@backend-labs/experiment/result';
import type { Tally } from './tally.ts';

export type Expected = 'holds' | 'refuted';
export type TestStatus = keyof Tally | 'again';

export interface ClaimTest {
  experiment: string;
  claim: ClaimResult;
  status: TestStatus;
}

function statusOf(claim: ClaimResult, expected: Expected): TestStatus {
  if (claim.verdict === 'skipped') return 'skipped';
  if (claim.verdict === 'inconclusive') return 'again';
  return claim.verdict === expected ? 'passed' : 'failed';
}

/** Each claim of a run as a test. */
export function claimTests(results: readonly Result[], expected: Expected): ClaimTest[] {
  return results.flatMap((result) =>
    result.experiments.flatMap((experiment) =>
      experiment.claims.map((claim) => ({ experiment: experiment.name, claim, status: statusOf(claim, expected) })),
    ),
  );
}

/** The experiments that must be measured once more. */
export function experimentsToRepeat(tests: readonly ClaimTest[]): string[] {
  return [...new Set(tests.filter((test) => test.status === 'again').map((test) => test.experiment))];
}

/** The final tests: what was inconclusive takes the second run's verdict, and fails if that is no better. */
export function settle(first: readonly ClaimTest[], second: readonly ClaimTest[]): ClaimTest[] {
  return first.map((test) => {
    const again = second.find(({ experiment, claim }) => experiment === test.experiment && claim.id === test.claim.id);
    if (again?.status === 'failed') return again;
    if (test.status !== 'again') return test;
    return again === undefined || again.status === 'again' ? { ...(again ?? test), status: 'failed' } : again;
  });
}

/** What a person needs to see of one test. */
export function describeClaimTest({ experiment, claim, status }: ClaimTest, expected: Expected): string[] {
  const place = `${experiment} / ${claim.id}`;
  if (status === 'passed') return [`ok    ${place}${expected === 'refuted' ? ': its mutant is refuted' : ''}`];
  if (status === 'skipped') return [`skip  ${place}: ${claim.reason ?? 'no reason given'}`];
  return [
    `FAIL  ${place}: ${claim.verdict}${expected === 'refuted' ? ' on its mutant, which must be refuted' : ''}`,
    `        claim:     ${claim.statement}`,
    `        predicted: ${claim.predicted}`,
    `        measured:  ${claim.measured}`,
    `        control:   ${claim.controlVerdict}; ${claim.controlMeasured}`,
    `        reason:    ${claim.reason ?? 'none given'}`,
  ];
}
