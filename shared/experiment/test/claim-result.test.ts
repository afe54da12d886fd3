import { describe, expect, it } from 'vitest';
import { claimResult, judgeClaim } from '../judge.ts';
import { answering, claim, claimInput, run, type Says } from './made-up-claims.ts';

const parameters = { ratePerSecond: 100 };
type Repeat = { fixed: Says; broken?: Says; value?: number; chances?: number; disturbed?: boolean };

function over(repeats: readonly Repeat[], decides = true) {
  const judged = repeats.map(({ fixed, broken = 'no', value, chances, disturbed = false }) => {
    const numbers = { ...(value === undefined ? {} : { value }), ...(chances === undefined ? {} : { chances }) };
    return judgeClaim(claimInput([run('fixed', fixed, { numbers, disturbed }), run('broken', broken)]));
  });
  return claimResult(claim, answering, parameters, judged, decides);
}

describe('the line of a claim in a result', () => {
  it('quotes the claim, its prediction and what was measured on both variants', () => {
    expect(over([{ fixed: 'yes' }])).toEqual({
      id: 'keeps-orders',
      statement: 'The fixed one loses no order.',
      property: 'no order is lost',
      variant: 'fixed',
      control: 'broken',
      predicted: 'none of 100 a second',
      measured: 'fixed says 1',
      controlMeasured: 'broken says 0',
      verdict: 'holds',
      controlVerdict: 'refuted',
      chances: null,
      reason: null,
      evidence: ['fixed 7'],
      decides: true,
      spread: null,
    });
  });

  it('says whether it decides the exit code', () => {
    expect(over([{ fixed: 'yes' }], false).decides).toBe(false);
  });

  it('says so where nothing was measured', () => {
    expect(over([{ fixed: 'yes', disturbed: true }])).toMatchObject({ measured: 'not measured', evidence: [] });
  });
});

describe('over several repeats', () => {
  it('one that is refuted refutes the claim, and it is the one that is quoted', () => {
    expect(over([{ fixed: 'yes' }, { fixed: 'no' }, { fixed: 'yes' }])).toMatchObject({
      verdict: 'refuted',
      measured: 'fixed says 0',
    });
  });

  it('one that is inconclusive keeps the claim from holding, and gives its reason', () => {
    const result = over([{ fixed: 'yes' }, { fixed: 'yes', disturbed: true }]);
    expect(result.verdict).toBe('inconclusive');
    expect(result.reason).toContain('self-check failed');
  });

  it('a control that passed once is reported, and the claim does not hold', () => {
    expect(over([{ fixed: 'yes' }, { fixed: 'yes', broken: 'yes' }, { fixed: 'yes' }])).toMatchObject({
      verdict: 'inconclusive',
      controlVerdict: 'holds',
      controlMeasured: 'broken says 1',
    });
  });

  it('a control that passed is reported even where the claim is refuted', () => {
    expect(over([{ fixed: 'no' }, { fixed: 'no', broken: 'yes' }]).controlVerdict).toBe('holds');
  });

  it('chances are added up, and the bound is that of the sum', () => {
    const result = over([
      { fixed: 'yes', chances: 40 },
      { fixed: 'yes', chances: 60 },
    ]);
    expect(result.chances).toEqual({ count: 100, occurrences: 0, upperBound95: 0.03 });
    const seenOnce = over([
      { fixed: 'yes', chances: 40 },
      { fixed: 'no', chances: 60 },
    ]);
    expect(seenOnce.chances).toMatchObject({ count: 100, occurrences: 1 });
  });

  it('the spread of the measured value is given, over the repeats that have one', () => {
    const result = over([
      { fixed: 'yes', value: 4 },
      { fixed: 'yes', value: 10 },
      { fixed: 'yes', value: 2 },
      { fixed: 'yes', value: 3, disturbed: true },
    ]);
    expect(result.spread).toEqual({ unit: 'orders', min: 2, median: 4, max: 10, repeats: 3 });
  });

  it('one repeat has no spread', () => {
    expect(over([{ fixed: 'yes', value: 4 }]).spread).toBeNull();
  });
});
