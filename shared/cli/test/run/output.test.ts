/** What a run gives, apart from its verdict: order, spread, JSON, folders, seeds. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseResult, type Result } from '@backend-labs/experiment/result';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { claimsOf, type Ended, Lab } from './lab-command.ts';

/** A run beside others may be disturbed; it says so, and is never refuted. */
const FINISHED = [0, 3];

describe('two runs of one lab at the same time, on one state folder', () => {
  const lab = new Lab();
  const [one, other] = ['one', 'other'].map((name) => join(lab.state, name)) as [string, string];
  let repeated: Ended;
  let several: Ended;

  beforeAll(async () => {
    [repeated, several] = await Promise.all([
      lab.run(['run', 'tally', '--quick', '--repeat', '3', '--seed', '7', '--json', '--out', one]),
      lab.run(['run', 'tally', 'second', '--quick', '--seed', '8', '--json', '--out', other]),
    ]);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const single = () => parseResult(repeated.stdout, 'stdout');
  const list = () => (JSON.parse(several.stdout) as unknown[]).map((result) => parseResult(JSON.stringify(result), ''));

  test('take different ports, and both finish', () => {
    expect(FINISHED, repeated.stderr).toContain(repeated.code);
    expect(FINISHED, several.stderr).toContain(several.code);
    const variants = [single(), ...list()].flatMap(({ experiments }) =>
      experiments.flatMap(({ variants }) => variants),
    );
    expect(variants.filter(({ error, operations }) => error !== null || operations.lost > 0)).toEqual([]);
    expect(variants).toHaveLength(10);
  });

  test('--json prints one object for one lab and a list for several; progress goes to stderr', () => {
    expect(single().lab).toBe('tally');
    expect(list().map((result) => result.lab)).toEqual(['tally', 'second']);
    expect(repeated.stderr).toMatch(/1\/6 hasty: .*\n[\s\S]*6\/6 patient, repeat 3: /);
    expect(several.stderr).toMatch(/^slow-spell: [\s\S]*^calm: /m);
  });

  test('--repeat 3 takes the variants in turn, ABBA, and gives a spread', () => {
    expect(single().experiments[0]?.variants.map(({ name, repeat }) => `${name} ${repeat}`)).toEqual([
      'hasty 1',
      'patient 1',
      'patient 2',
      'hasty 2',
      'hasty 3',
      'patient 3',
    ]);
    const judged = claimsOf(single()).filter(({ verdict }) => verdict === 'holds');
    for (const { spread } of judged) expect(spread).toMatchObject({ repeats: 3 });
  });

  test('one seed gives one schedule, to all variants and in every run; repeat n has the seed + n - 1', () => {
    const intended = (result: Result | undefined, repeat: number) =>
      result?.experiments[0]?.variants.filter((run) => run.repeat === repeat).map((run) => run.operations.intended);
    const [first, second] = [intended(single(), 1), intended(single(), 2)];
    expect(first?.[0]).toBe(first?.[1]);
    expect(second).not.toEqual(first);
    for (const result of list()) expect(intended(result, 1)).toEqual(second);
  });

  test('--out takes the result and the report, in a folder a lab if there are several, and nothing is elsewhere', () => {
    expect(parseResult(readFileSync(join(one, 'result.json'), 'utf8'), 'result.json')).toEqual(single());
    for (const name of ['tally', 'second']) expect(existsSync(join(other, name, 'report.html'))).toBe(true);
    expect(existsSync(join(lab.state, 'results'))).toBe(false);
  });
});

test.concurrent('--mutants where a mutant is missing: names the file, and is inconclusive', async () => {
  await using lab = new Lab();
  const { code, stderr } = await lab.run(['run', 'tally', '--experiment', 'vain', '--mutants', '--quick']);
  expect(stderr).toMatch(/test[\\/]mutants[\\/]patience-beats-itself\.ts/);
  expect(code).toBe(3);
});
