import { describe, expect, it } from 'vitest';
import { combineExitCodes, type ExitCode, exitCodeOfVerdict } from '../exit-code.ts';

/** As the design and the help text state it, written down once more on purpose. */
const FIRST_THAT_APPLIES: readonly ExitCode[] = [130, 2, 4, 1, 3, 0];

describe('several exit codes at once', () => {
  const pairs = FIRST_THAT_APPLIES.flatMap((stronger, index) =>
    FIRST_THAT_APPLIES.slice(index).map((weaker) => [stronger, weaker] as const),
  );

  it.each(pairs)('%d and %d give the first, in either order', (stronger, weaker) => {
    expect(combineExitCodes([stronger, weaker])).toBe(stronger);
    expect(combineExitCodes([weaker, stronger])).toBe(stronger);
  });

  it('are 0 when nothing happened', () => {
    expect(combineExitCodes([])).toBe(0);
  });
});

it.each([
  ['holds', 0],
  ['refuted', 1],
  ['inconclusive', 3],
  ['skipped', 0],
] as const)('the verdict %s alone exits with %d', (verdict, code) => {
  expect(exitCodeOfVerdict(verdict)).toBe(code);
});
