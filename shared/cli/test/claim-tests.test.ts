/** When a verdict is a passed, a failed or a skipped test, and what is measured again. */
import type { ClaimResult, Result } from '@backend-labs/experiment/result';
import { expect, test } from 'vitest';
import { type ClaimTest, claimTests, describeClaimTest, experimentsToRepeat, settle } from '../testing/claim-tests.ts';
import { readResults, runsOf } from '../testing/lab-runs.ts';
import { isGreen, sum, tallyLine } from '../testing/tally.ts';
import { countVitest } from '../testing/vitest-run.ts';

type Verdict = ClaimResult['verdict'];

/** Only what is judged; the rest of a result has no say in it. */
function run(verdicts: Record<string, Verdict>, experiment = 'hang'): Result[] {
  const claims = Object.entries(verdicts).map(([id, verdict]) => ({
    id,
    verdict,
    statement: `the sentence of ${id}`,
    predicted: 'about 100',
    measured: '250',
    controlVerdict: 'refuted',
    controlMeasured: '900',
    reason: 'because',
  }));
  return [{ experiments: [{ name: experiment, claims }] } as unknown as Result];
}

const statuses = (tests: readonly ClaimTest[]) => Object.fromEntries(tests.map((t) => [t.claim.id, t.status]));

test('a claim passes if it holds; on its mutant it passes if it is refuted', () => {
  const verdicts = { a: 'holds', b: 'refuted', c: 'skipped', d: 'inconclusive' } as const;
  expect(statuses(claimTests(run(verdicts), 'holds'))).toEqual({ a: 'passed', b: 'failed', c: 'skipped', d: 'again' });
  expect(statuses(claimTests(run(verdicts), 'refuted'))).toEqual({
    a: 'failed',
    b: 'passed',
    c: 'skipped',
    d: 'again',
  });
});

test('only the experiments that were inconclusive are measured again', () => {
  const first = [...claimTests(run({ a: 'inconclusive', b: 'holds' }, 'x'), 'holds')];
  first.push(...claimTests(run({ c: 'refuted' }, 'y'), 'holds'));
  expect(experimentsToRepeat(first)).toEqual(['x']);
});

test.each([
  ['holds', 'holds', 'passed'],
  ['holds', 'inconclusive', 'passed'],
  ['holds', 'refuted', 'failed'], // the second run is evidence too
  ['refuted', 'holds', 'failed'], // a luckier run hides nothing
  ['refuted', 'inconclusive', 'failed'],
  ['inconclusive', 'holds', 'passed'],
  ['inconclusive', 'refuted', 'failed'],
  ['inconclusive', 'inconclusive', 'failed'],
  ['inconclusive', 'skipped', 'skipped'],
] as const)('first %s, then %s: %s', (first, second, status) => {
  const settled = settle(claimTests(run({ a: first }), 'holds'), claimTests(run({ a: second }), 'holds'));
  expect(statuses(settled)).toEqual({ a: status });
});

test('an inconclusive claim that the second run did not judge fails', () => {
  expect(statuses(settle(claimTests(run({ a: 'inconclusive' }), 'holds'), []))).toEqual({ a: 'failed' });
});

test('a failure shows the sentence, the prediction, what was measured, and why', () => {
  const [failed] = claimTests(run({ a: 'refuted' }), 'holds');
  const text = failed === undefined ? '' : describeClaimTest(failed, 'holds').join('\n');
  for (const part of ['FAIL', 'hang / a', 'the sentence of a', 'about 100', '250', '900', 'because']) {
    expect(text).toContain(part);
  }
});

test('--all runs every experiment and every mutant of a lab', () => {
  expect(runsOf('x', false).map(({ args, expected }) => [args.join(' '), expected])).toEqual([['--quick', 'holds']]);
  expect(runsOf('x', true).map(({ args, expected }) => [args.join(' '), expected])).toEqual([
    ['--experiment all --quick', 'holds'],
    ['--experiment all --mutants --quick', 'refuted'],
  ]);
});

test('what is not a result is said to be none', () => {
  expect(readResults('', './lab run x')).toBe('./lab run x printed no result');
  expect(readResults('{"schema":', './lab run x')).toMatch(/no usable result/);
  expect(readResults('[{"schema":2}]', './lab run x')).toMatch(/version 1/);
});

test("Vitest's numbers count, and so does a file that did not load or an error outside of any test", () => {
  const report = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults: [] };
  expect(countVitest(report, 1)).toEqual({ passed: 5, failed: 1, skipped: 3 });
  const fine = { ...report, numFailedTests: 0 };
  expect(countVitest(fine, 0)).toEqual({ passed: 5, failed: 0, skipped: 3 });
  expect(countVitest(fine, 1).failed).toBe(1);
  const unloaded = { name: 'x.test.ts', status: 'failed', assertionResults: [] };
  expect(countVitest({ ...fine, testResults: [unloaded] }, 1).failed).toBe(1);
  expect(countVitest(null, 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('nothing that ran is not green', () => {
  expect(isGreen(sum([]))).toBe(false);
  expect(isGreen({ passed: 0, failed: 0, skipped: 3 })).toBe(false);
  expect(isGreen({ passed: 1, failed: 0, skipped: 3 })).toBe(true);
  expect(isGreen({ passed: 9, failed: 1, skipped: 0 })).toBe(false);
  expect(tallyLine({ passed: 9, failed: 1, skipped: 0 })).toBe('9 passed, 1 failed, 0 skipped');
});
