/**
 * Exit codes of real runs. Each is a measurement, so they run one after the other, and alone.
 *
 * A run that is inconclusive says that the machine disturbed it: it is measured once more. Nothing else is repeated.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claimsOf, type Ended, Folder, Lab, PACKAGES, type Settings } from './lab-command.ts';

const DISTURBED = /self-check failed/;

/** Runs; once more if a self-check says that the machine disturbed it. */
async function measured(lab: Lab, args: readonly string[], settings: Settings = {}): Promise<Ended> {
  const first = await lab.run(args, settings);
  return first.code === 3 && DISTURBED.test(first.stdout) ? lab.run(args, settings) : first;
}

test('0: every claim holds and every control fails, with a fault at a time', async () => {
  await using lab = new Lab();
  const { code, stdout } = await measured(lab, ['run', 'tally', '--quick']);
  expect(code, stdout).toBe(0);
  const result = lab.result('tally', 'result.json');
  expect(claimsOf(result).map(({ verdict, controlVerdict }) => [verdict, controlVerdict])).toEqual([
    ['holds', 'refuted'],
    ['holds', 'refuted'],
  ]);
  expect(result.experiments[0]?.variants[1]?.timeline).toMatchObject([{ fault: 'slow', trigger: 'at 180 ms' }]);
});

test('0: the same with a fault at an event, which stops the service right there', async () => {
  await using lab = new Lab();
  const { code, stdout } = await measured(lab, ['run', 'tally', '--quick', '--experiment', 'held']);
  expect(code, stdout).toBe(0);
  const [entry] = lab.result('tally', 'result.json').experiments[0]?.variants[1]?.timeline ?? [];
  expect(entry?.trigger).toBe('list announces tally.thinking, occurrence 20');
  expect(entry?.effectiveAtMs).toBeGreaterThanOrEqual(entry?.askedAtMs as number);
  expect(entry?.healedAtMs).toBeGreaterThan(entry?.effectiveAtMs as number);
});

test('1: a claim is refuted, and --explain shows the raw ids behind it', async () => {
  await using lab = new Lab();
  const args = ['run', 'tally', '--quick', '--experiment', 'wrong', '--explain', 'haste-loses-nothing'];
  const { code, stdout } = await measured(lab, args);
  expect(code, stdout).toBe(1);
  const [claim] = claimsOf(lab.result('tally', 'result.json'));
  expect(claim?.chances?.occurrences).toBe(claim?.evidence.length);
  const words = new Set(stdout.split(/[\s,]+/));
  for (const id of claim?.evidence ?? []) expect(words).toContain(id);
});

test('3: the control passed, so the experiment proves nothing', async () => {
  await using lab = new Lab();
  const { code, stdout } = await measured(lab, ['run', 'tally', '--quick', '--experiment', 'vain']);
  expect(code, stdout).toBe(3);
  expect(stdout).toContain('the control careful passed');
});

test('--mutants 0: each mutant is refuted', async () => {
  await using lab = new Lab();
  const { code, stdout } = await measured(lab, ['run', 'tally', '--quick', '--mutants']);
  expect(code, stdout).toBe(0);
  expect(claimsOf(lab.result('tally', 'mutants', 'result.json')).map(({ verdict }) => verdict)).toEqual([
    'refuted',
    'refuted',
  ]);
});

test('--mutants 1: a mutant survives', async () => {
  await using lab = new Lab();
  const { code, stdout } = await measured(lab, ['run', 'tally', '--quick', '--mutants', '--experiment', 'held']);
  expect(code, stdout).toBe(1);
});

test('--variant FILE 0: guarantees decide; a characteristic of another variant does not', async () => {
  await using lab = new Lab();
  const folder = join(lab.state, 'elsewhere');
  mkdirSync(folder, { recursive: true });
  // Nothing is imported, and it is not in turn: it loses nothing because it reads after it has thought.
  writeFileSync(
    join(folder, 'mine.ts'),
    `export default ({ read, write, think }: any) => async (id: number) => { await think(); write([...read(), id]); };`,
  );
  const { code, stdout } = await measured(lab, ['run', 'tally', '--quick', '--variant', './mine.ts'], { cwd: folder });
  expect(code, stdout).toBe(0);
  const claims = claimsOf(lab.result('tally', 'variant', 'result.json'));
  expect(claims.map(({ id, verdict, decides }) => ({ id, verdict, decides }))).toEqual([
    { id: 'turns-lose-nothing', verdict: 'holds', decides: true },
    { id: 'turns-think-alone', verdict: 'refuted', decides: false },
  ]);
});

test('a busy process on each core: holds or inconclusive, never refuted', async () => {
  await using lab = new Lab();
  const hogs = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  try {
    const { code, stdout } = await lab.run(['run', 'tally', '--quick']);
    expect([0, 3], stdout).toContain(code);
  } finally {
    for (const hog of hogs) hog.kill('SIGKILL');
  }
});

test('a lab that `new` made holds at once', async () => {
  using labs = new Folder();
  symlinkSync(PACKAGES, join(labs.path, 'node_modules'));
  await using lab = new Lab();
  const settings = { labs: labs.path };
  const made = await lab.run(['new', 'demo'], settings);
  expect(made.code, made.stderr).toBe(0);
  const { code, stdout } = await measured(lab, ['run', 'demo', '--quick'], settings);
  expect(code, stdout).toBe(0);
  expect(lab.result('demo', 'result.json').lab).toBe('demo');
});
