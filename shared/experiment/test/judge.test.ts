import { describe, expect, it } from 'vitest';
import { combineVerdicts, judgeClaim } from '../judge.ts';
import type { Property } from '../properties.ts';
import { answering, claim, claimInput, run } from './made-up-claims.ts';

const comparing = { ...claim, comparesWith: ['baseline'] };
const judge = (...input: Parameters<typeof claimInput>) => judgeClaim(claimInput(...input));

describe('a claim', () => {
  it('holds when its property holds on the variant and fails on the control', () => {
    expect(judge([run('fixed', 'yes'), run('broken', 'no')])).toMatchObject({
      verdict: 'holds',
      controlVerdict: 'refuted',
      reason: null,
    });
  });

  it('is refuted when its property fails on the variant', () => {
    expect(judge([run('fixed', 'no'), run('broken', 'no')])).toMatchObject({
      verdict: 'refuted',
      controlVerdict: 'refuted',
    });
  });

  it('is refuted even if the control passed or could not be judged: one counterexample is enough', () => {
    expect(judge([run('fixed', 'no'), run('broken', 'yes')])).toMatchObject({
      verdict: 'refuted',
      controlVerdict: 'holds',
    });
    expect(judge([run('fixed', 'no')]).verdict).toBe('refuted');
  });

  it('is skipped before anything else is asked', () => {
    const skipped = judge([run('fixed', 'no', { disturbed: true }), run('broken', 'yes')], {
      skipped: 'needs Redis 8',
    });
    expect(skipped).toMatchObject({ verdict: 'skipped', controlVerdict: 'skipped', reason: 'needs Redis 8' });
  });

  it('proves nothing when the control passed', () => {
    expect(judge([run('fixed', 'yes'), run('broken', 'yes')])).toMatchObject({
      verdict: 'inconclusive',
      controlVerdict: 'holds',
      reason: 'the control broken passed: the experiment proves nothing',
    });
  });

  it('is inconclusive when the property cannot tell, of the variant or of the control', () => {
    expect(judge([run('fixed', 'unknown'), run('broken', 'no')])).toMatchObject({
      verdict: 'inconclusive',
      reason: 'fixed: too few chances',
    });
    expect(judge([run('fixed', 'yes'), run('broken', 'unknown')])).toMatchObject({
      verdict: 'inconclusive',
      controlVerdict: 'inconclusive',
      reason: 'broken: too few chances',
    });
  });

  it('is inconclusive when the variant or the control was not run', () => {
    expect(judge([run('broken', 'no')])).toMatchObject({ verdict: 'inconclusive', reason: 'fixed was not run' });
    expect(judge([run('fixed', 'yes')])).toMatchObject({ verdict: 'inconclusive', reason: 'broken was not run' });
  });
});

describe('a disturbed machine', () => {
  it('never refutes: a failed self-check of the variant makes it inconclusive, whatever the property says', () => {
    for (const says of ['no', 'yes', 'unknown'] as const) {
      expect(judge([run('fixed', says, { disturbed: true }), run('broken', 'no')])).toMatchObject({
        verdict: 'inconclusive',
        variant: null,
        reason: 'fixed: self-check failed (clocks: expected within 250 ms, measured 3000 ms apart)',
      });
    }
  });

  it('never confirms: a failed self-check of the control makes it inconclusive too', () => {
    const judged = judge([run('fixed', 'yes'), run('broken', 'no', { disturbed: true })]);
    expect(judged).toMatchObject({ verdict: 'inconclusive', controlVerdict: 'inconclusive' });
    expect(judged.reason).toContain('broken: self-check failed');
  });
});

describe('a run that did not get to its end', () => {
  it('leaves the claim inconclusive if it is of the lab’s own: the harness may be at fault', () => {
    expect(judge([run('fixed', 'yes', { error: 'it died' }), run('broken', 'no')])).toMatchObject({
      verdict: 'inconclusive',
      reason: 'fixed failed: it died',
    });
    expect(judge([run('fixed', 'yes'), run('broken', 'no', { error: 'it died' })]).verdict).toBe('inconclusive');
  });

  it('refutes a file that the reader brought: it had one task', () => {
    expect(
      judge([run('fixed', 'yes', { error: 'it died', broughtByReader: true }), run('broken', 'no')]),
    ).toMatchObject({
      verdict: 'refuted',
      variant: null,
      reason: 'fixed failed: it died',
    });
  });
});

describe('a claim that compares with a further variant', () => {
  const compare = (...runs: Parameters<typeof claimInput>[0]) => judge(runs, { claim: comparing });

  it('is judged when that one ran undisturbed, whatever the property says of it', () => {
    for (const says of ['yes', 'no', 'unknown'] as const) {
      const runs = [run('fixed', 'yes'), run('broken', 'no'), run('baseline', says)];
      expect(compare(...runs).verdict).toBe('holds');
    }
  });

  it('is inconclusive when that one is missing, failed or disturbed', () => {
    const others = [run('fixed', 'yes'), run('broken', 'no')];
    expect(compare(...others)).toMatchObject({ verdict: 'inconclusive', reason: 'baseline was not run' });
    expect(compare(...others, run('baseline', 'yes', { error: 'it died' })).verdict).toBe('inconclusive');
    expect(compare(...others, run('baseline', 'yes', { disturbed: true })).verdict).toBe('inconclusive');
  });

  it('is not refuted by a comparison with a disturbed run', () => {
    const halfOfTheBaseline: Property<Record<string, number>> = {
      ...answering,
      judge: (observation, { other, parameters }) => ({
        ...answering.judge(observation, { other, parameters }),
        ok: (other('baseline')?.parameters.value ?? 0) > 10,
      }),
    };
    const judged = judge(
      [run('fixed', 'yes'), run('broken', 'no'), run('baseline', 'yes', { disturbed: true, numbers: { value: 3 } })],
      { claim: comparing, property: halfOfTheBaseline },
    );
    expect(judged.verdict).toBe('inconclusive');
    expect(judged.reason).toContain('baseline: self-check failed');
  });

  it('is refuted by a reader’s file that failed, since nothing was compared then', () => {
    const failed = run('fixed', 'yes', { error: 'it died', broughtByReader: true });
    expect(compare(failed, run('broken', 'no')).verdict).toBe('refuted');
  });
});

it.each([
  [['holds', 'refuted', 'inconclusive', 'skipped'], 'refuted'],
  [['holds', 'inconclusive', 'skipped'], 'inconclusive'],
  [['skipped', 'holds'], 'holds'],
  [['skipped', 'skipped'], 'skipped'],
  [[], 'skipped'],
] as const)('the verdicts %j together are %s', (verdicts, combined) => {
  expect(combineVerdicts(verdicts)).toBe(combined);
  expect(combineVerdicts(verdicts.toReversed())).toBe(combined);
});
