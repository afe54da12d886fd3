import { describe, expect, it } from 'vitest';
import { compareResults } from '../compare/index.ts';
import { renderComparison } from '../compare/terminal.ts';
import { madeUpClaim, madeUpExperiment, madeUpResult, madeUpVariant } from './made-up-result.ts';

const withVariants = (...variants: ReturnType<typeof madeUpVariant>[]) =>
  madeUpResult({ experiments: [madeUpExperiment({ variants })] });
const most = (name: string, values: number[]) =>
  values.map((value, index) => madeUpVariant(name, { repeat: index + 1, facts: { most: value } }));
const text = (...results: [ReturnType<typeof madeUpResult>, ReturnType<typeof madeUpResult>]) =>
  renderComparison(compareResults(...results), { colour: false, width: 100, names: { a: 'a.json', b: 'b.json' } });

describe('two results side by side', () => {
  it('of different labs are refused', () => {
    expect(() => compareResults(madeUpResult(), madeUpResult({ lab: 'other' }))).toThrow(
      /different labs \(demo and other\)/,
    );
  });

  it('that are the same have nothing to say', () => {
    const { circumstances, claims } = compareResults(madeUpResult(), madeUpResult());
    expect(circumstances).toEqual([]);
    expect(claims.filter((claim) => claim.changed)).toEqual([]);
    expect(text(madeUpResult(), madeUpResult())).toContain('No verdict changed (2 compared).');
  });

  it('say first what else differs', () => {
    const other = madeUpResult({
      sources: { hash: 'other', dirty: true },
      machine: { cpu: 'Other CPU', cores: 4, memoryBytes: 2 ** 30, os: 'Linux' },
      versions: { node: 'v27.0.0', redis: '8' },
      seed: 2,
      profile: 'quick',
      experiments: [madeUpExperiment({ parameters: { ratePerSecond: 60, timeoutMs: 250 } })],
    });
    const { circumstances } = compareResults(madeUpResult(), other);
    expect(circumstances.map(({ what }) => what)).toEqual([
      'sources',
      'state of the sources',
      'machine',
      'version of node',
      'version of redis',
      'seed',
      'profile',
      'hang: ratePerSecond',
    ]);
    const said = text(madeUpResult(), other);
    expect(said.indexOf('may mean nothing')).toBeLessThan(said.indexOf('No verdict changed'));
  });

  it('name a verdict that changed, also when only the control’s did', () => {
    const claims = [
      madeUpClaim('bounded', { verdict: 'refuted', measured: '99 calls' }),
      madeUpClaim('never-double', { controlVerdict: 'holds' }),
    ];
    const b = madeUpResult({ experiments: [madeUpExperiment({ claims })] });
    expect(compareResults(madeUpResult(), b).claims.map(({ id, changed }) => [id, changed])).toEqual([
      ['bounded', true],
      ['never-double', true],
    ]);
    expect(text(madeUpResult(), b)).toContain('B ✘ refuted  99 calls');
  });

  it('give difference and ratio of each number', () => {
    const { variants } = compareResults(withVariants(...most('none', [10])), withVariants(...most('none', [25])));
    expect(variants[0]?.rows.find((row) => row.label === 'most')).toMatchObject({
      difference: 15,
      ratio: 2.5,
      overlap: null,
    });
  });

  it('give no ratio to nothing, and none between a text and a number', () => {
    const { variants } = compareResults(withVariants(...most('none', [0])), withVariants(...most('none', [5])));
    expect(variants[0]?.rows.find((row) => row.label === 'most')).toMatchObject({ difference: 5, ratio: null });
    const texts = withVariants(madeUpVariant('none', { facts: { most: 'never' } }));
    const mixed = compareResults(withVariants(...most('none', [5])), texts).variants[0]?.rows.find(
      (row) => row.label === 'most',
    );
    expect(mixed).toMatchObject({ b: 'never', difference: null, ratio: null });
  });

  it('say of repeats whether their ranges overlap', () => {
    const a = withVariants(...most('none', [10, 20, 30]));
    const rowOf = (b: ReturnType<typeof madeUpResult>) =>
      compareResults(a, b).variants[0]?.rows.find((row) => row.label === 'most');
    expect(rowOf(withVariants(...most('none', [25, 40, 50])))).toMatchObject({ overlap: true, difference: 20 });
    expect(rowOf(withVariants(...most('none', [31, 40, 50])))).toMatchObject({ overlap: false });
    expect(text(a, withVariants(...most('none', [25, 40, 50])))).toMatch(
      /most +20 \(10–30\) +40 \(25–50\) +\+20 +× 2 +ranges overlap/,
    );
  });

  it('count an outcome that only one of them had as zero in the other', () => {
    const failing = madeUpVariant('none');
    failing.operations = { ...failing.operations, failed: 3 };
    const { variants } = compareResults(withVariants(madeUpVariant('none')), withVariants(failing));
    expect(variants[0]?.rows.find((row) => row.label === 'failed')).toMatchObject({ difference: 3 });
    expect(variants[0]?.rows.some((row) => row.label === 'rejected')).toBe(false);
  });

  it('say which variant is in one of them only', () => {
    const b = withVariants(madeUpVariant('none'), madeUpVariant('mine'));
    expect(compareResults(withVariants(madeUpVariant('none')), b).variants[1]).toMatchObject({
      variant: 'mine',
      onlyIn: 'b',
    });
    expect(text(withVariants(madeUpVariant('none')), b)).toContain('only in B');
  });
});
