import { describe, expect, it } from 'vitest';
import { type Choice, interleave, mutantName, planExperiment } from '../selection.ts';
import { answering, experimentOf } from './made-up-claims.ts';

const files = new Map(['broken', 'fixed', 'baseline', 'unclaimed'].map((name) => [name, `src/${name}.ts`]));
const experiment = experimentOf({
  properties: {
    'no loss': answering,
    'half as many': { ...answering, kind: 'characteristic', description: 'sends half as many' },
  },
  claims: [
    { id: 'no-loss', statement: 's1', property: 'no loss', variant: 'fixed', control: 'broken' },
    { id: 'no-loss-either', statement: 's2', property: 'no loss', variant: 'baseline', control: 'broken' },
    {
      id: 'half',
      statement: 's3',
      property: 'half as many',
      variant: 'fixed',
      control: 'broken',
      comparesWith: ['baseline'],
    },
  ],
});
const plan = (choice: Choice) => planExperiment(experiment, files, choice);
const variantsOf = (choice: Choice) => plan(choice).variants.map(({ name }) => name);
const claimsOf = (choice: Choice) => plan(choice).claims.map(({ claim }) => claim.id);

const mine = { kind: 'file', name: 'mine.ts', file: '/tmp/mine.ts' } as const;
const mutants = {
  kind: 'mutants',
  files: new Map([
    ['no-loss', '/lab/test/mutants/no-loss.ts'],
    ['half', null],
  ]),
} as const;

describe('without a choice', () => {
  it('all claims are judged, on the variants that they name and no others, in the order of lab.ts', () => {
    expect(claimsOf({ kind: 'all' })).toEqual(['no-loss', 'no-loss-either', 'half']);
    expect(variantsOf({ kind: 'all' })).toEqual(['broken', 'fixed', 'baseline']);
    expect(plan({ kind: 'all' }).claims.every(({ decides }) => decides)).toBe(true);
  });
});

describe('one variant', () => {
  it('is judged by its own claims, with their controls and what they compare with', () => {
    expect(claimsOf({ kind: 'variant', name: 'baseline' })).toEqual(['no-loss-either']);
    expect(variantsOf({ kind: 'variant', name: 'baseline' })).toEqual(['broken', 'baseline']);
    expect(variantsOf({ kind: 'variant', name: 'fixed' })).toEqual(['broken', 'fixed', 'baseline']);
  });

  it('runs even if no claim is about it', () => {
    expect(variantsOf({ kind: 'variant', name: 'unclaimed' })).toEqual(['unclaimed']);
    expect(claimsOf({ kind: 'variant', name: 'unclaimed' })).toEqual([]);
  });
});

describe('a file of the reader', () => {
  it('is asked each property once, in the words of the property', () => {
    expect(plan(mine).claims.map(({ claim }) => [claim.property, claim.statement, claim.variant])).toEqual([
      ['no loss', 'no order is lost', 'mine.ts'],
      ['half as many', 'sends half as many', 'mine.ts'],
    ]);
  });

  it('is decided by guarantees, while characteristics only describe it', () => {
    expect(plan(mine).claims.map(({ claim, decides }) => [claim.property, decides])).toEqual([
      ['no loss', true],
      ['half as many', false],
    ]);
  });

  it('runs beside the controls, and not beside variants that nothing compares with', () => {
    expect(plan(mine).variants).toEqual([
      { name: 'broken', file: 'src/broken.ts', broughtByReader: false },
      { name: 'baseline', file: 'src/baseline.ts', broughtByReader: false },
      { name: 'mine.ts', file: '/tmp/mine.ts', broughtByReader: true },
    ]);
  });
});

describe('mutants', () => {
  it('take the place of the variant in their own claim', () => {
    expect(plan(mutants).claims.map(({ claim }) => [claim.id, claim.variant, claim.control])).toEqual([
      ['no-loss', mutantName('no-loss'), 'broken'],
      ['half', mutantName('half'), 'broken'],
    ]);
  });

  it('run as the lab’s own, with control and compared variants; a claim without a mutant’s file runs none', () => {
    expect(plan(mutants).variants).toEqual([
      { name: 'broken', file: 'src/broken.ts', broughtByReader: false },
      { name: 'baseline', file: 'src/baseline.ts', broughtByReader: false },
      { name: mutantName('no-loss'), file: '/lab/test/mutants/no-loss.ts', broughtByReader: false },
    ]);
  });
});

it('no claim is planned without its control and its comparisons in the same run', () => {
  const choices: Choice[] = [{ kind: 'all' }, mine, mutants];
  for (const name of files.keys()) choices.push({ kind: 'variant', name });
  for (const choice of choices) {
    const { claims, variants } = plan(choice);
    const planned = variants.map(({ name }) => name);
    for (const { claim } of claims) {
      expect(planned).toEqual(expect.arrayContaining([claim.control, ...(claim.comparesWith ?? [])]));
    }
    expect(new Set(planned).size).toBe(planned.length);
  }
});

describe('the order of repeated runs', () => {
  const said = (repeats: number) => interleave(['A', 'B', 'C'], repeats).map(({ variant, repeat }) => variant + repeat);

  it('is forwards and backwards in turn, so that a drift favours nobody', () => {
    expect(said(1)).toEqual(['A1', 'B1', 'C1']);
    expect(said(3)).toEqual(['A1', 'B1', 'C1', 'C2', 'B2', 'A2', 'A3', 'B3', 'C3']);
  });

  it('is empty for no repeats', () => {
    expect(said(0)).toEqual([]);
  });
});
