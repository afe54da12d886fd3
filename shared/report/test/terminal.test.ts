import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderTerminal } from '../terminal/index.ts';
import { madeUpClaim, madeUpExperiment, madeUpResult, madeUpVariant } from './made-up-result.ts';

const plainly = { colour: false, width: 100 };
const withClaims = (...claims: ReturnType<typeof madeUpClaim>[]) =>
  madeUpResult({ experiments: [madeUpExperiment({ claims })] });

describe('a result on the terminal', () => {
  it('states the prediction before what was measured', () => {
    const text = renderTerminal(withClaims(madeUpClaim('bounded')), plainly);
    expect(text.indexOf('λ·T = 30 calls')).toBeGreaterThan(0);
    expect(text.indexOf('31.3 calls')).toBeGreaterThan(text.indexOf('λ·T = 30 calls'));
  });

  it('has no escape sequence without colour, and the same text with it', () => {
    const result = madeUpResult();
    const text = renderTerminal(result, plainly);
    const coloured = renderTerminal(result, { ...plainly, colour: true });
    expect(text).toBe(stripVTControlCharacters(text));
    expect(coloured).not.toBe(text);
    expect(stripVTControlCharacters(coloured)).toBe(text);
  });

  it('ends with the verdict in one line', () => {
    const lines = renderTerminal(madeUpResult(), plainly).trimEnd().split('\n');
    expect(lines.at(-1)).toBe('✔ holds  2 claims hold; every control failed as it must');
  });

  it('says of a control that passed that the experiment proves nothing', () => {
    const passed = madeUpClaim('bounded', { verdict: 'inconclusive', controlVerdict: 'holds' });
    const text = renderTerminal(withClaims(passed), plainly);
    expect(text).toContain('PASSED: the experiment proves nothing');
    expect(text).toContain('the control of bounded PASSED');
    expect(text).not.toContain('every control failed as it must');
  });

  it('says plainly which self-check failed, on which variant', () => {
    const selfChecks = [{ name: "Little's law", ok: false, expected: 10, measured: 15 }];
    const experiment = madeUpExperiment({
      variants: [madeUpVariant('none', { selfChecks }), madeUpVariant('timeout')],
    });
    const text = renderTerminal(madeUpResult({ experiments: [experiment] }), plainly);
    expect(text).toContain("! none: self-check failed: Little's law: expected 10, measured 15");
  });

  it('says why a variant did not run to its end', () => {
    const variants = [madeUpVariant('none'), madeUpVariant('timeout', { error: 'the service exited' })];
    const text = renderTerminal(madeUpResult({ experiments: [madeUpExperiment({ variants })] }), plainly);
    expect(text).toContain('timeout did not run to its end: the service exited');
  });

  it('prints the chances with their upper bound, and the reason', () => {
    const chances = { count: 40, occurrences: 0, upperBound95: 0.075 };
    const text = renderTerminal(withClaims(madeUpClaim('a', { chances, reason: 'few seen' })), plainly);
    expect(text).toContain('rate at most 7.5 % (95 % upper bound, 0 seen in 40 chances)');
    expect(text).toMatch(/reason +few seen/);
  });

  it('turns the table of variants when it is too wide, and keeps every line within the width', () => {
    const wide = renderTerminal(madeUpResult(), { colour: false, width: 200 });
    const narrow = renderTerminal(madeUpResult(), { colour: false, width: 60 });
    expect(wide).toMatch(/^variant +intended/m);
    expect(narrow).toMatch(/^variant +none +timeout/m);
    expect(narrow).toMatch(/^intended +1,200 +1,200/m);
    for (const line of narrow.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(60);
  });

  it('never cuts a cell: too wide both ways, each variant becomes a block', () => {
    const variants = ['first', 'second', 'third'].map((name) =>
      madeUpVariant(name, { facts: { 'a fact with a long name': 'a value that is long too' } }),
    );
    const text = renderTerminal(madeUpResult({ experiments: [madeUpExperiment({ variants })] }), {
      colour: false,
      width: 40,
    });
    expect(text).toContain('  a fact with a long name: a value that is long too');
  });

  it('gives the median and the range where a variant was repeated', () => {
    const runs = [10, 30, 20].map((most, index) => madeUpVariant('timeout', { repeat: index + 1, facts: { most } }));
    const text = renderTerminal(madeUpResult({ experiments: [madeUpExperiment({ variants: runs })] }), plainly);
    expect(text).toContain('20 (10–30)');
  });

  it('names the outcomes that no variant had, once', () => {
    const text = renderTerminal(madeUpResult(), plainly);
    expect(text).toContain('Zero in all variants: degraded, failed, rejected, lost and in flight.');
  });

  it('lets no measured text move the cursor or change colours', () => {
    const hostile = madeUpClaim('a', { measured: '\u001b[2J\u001b[31mred\u0007\rhidden' });
    const text = renderTerminal(withClaims(hostile), plainly);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(text).toContain('red hidden');
  });
});

describe('--explain', () => {
  it('shows one claim with its property, raw ids and the self-checks of the variants involved, and no other', () => {
    const evidence = Array.from({ length: 250 }, (_, index) => `operation ${index}`);
    const result = withClaims(
      madeUpClaim('bounded', { evidence }),
      madeUpClaim('other', { statement: 'Something else.' }),
    );
    const text = renderTerminal(result, { ...plainly, explain: 'bounded' });
    expect(text).toContain('The most calls in flight at the gateway, against rate × timeout.');
    expect(text).toContain('Evidence (250)');
    expect(text).toContain('operation 199\n');
    expect(text).not.toContain('operation 200\n');
    expect(text).toContain('and 50 more');
    expect(text).toContain('conservation: expected 1,200, measured 1,200');
    expect(text).not.toContain('Something else.');
  });

  it('refuses a claim that the result does not have, and lists those it has', () => {
    expect(() => renderTerminal(madeUpResult(), { ...plainly, explain: 'nope' })).toThrow(
      'demo has no claim "nope" in this result. It has: bounded, never-double.',
    );
  });
});
