/** The command line as a program: help, mistakes, exit codes, pipes. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MissingError, UsageError } from '@backend-labs/experiment/engine';
import { afterEach, expect, test, vi } from 'vitest';
import { welcome } from '../command-line.ts';
import { reportError } from '../errors.ts';
import { VERBS } from '../verb-list.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

interface Call {
  env?: Record<string, string>;
  /** Closes our end of its stdout at once, as `| head` does. */
  deaf?: boolean;
}

function lab(args: string[], { env = {}, deaf = false }: Call = {}) {
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [main, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    if (deaf) child.stdout.destroy();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('without arguments it shows what there is and what to try first', async () => {
  const { code, stdout, stderr } = await lab([]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/Try first:\n {2}\.\/lab run \S+ --quick/);
  for (const { name, summary } of VERBS) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}`, 'm'));
});

test('with no lab at all it says how to make one', () => {
  expect(welcome([])).toContain('none yet; ./lab new NAME makes one');
});

test('every verb has its file, every file its verb', () => {
  const files = readdirSync(new URL('../verbs/', import.meta.url));
  expect(VERBS.map(({ name }) => `${name}.ts`).sort()).toEqual(files.sort());
});

test.each(VERBS.map(({ name }) => name))('%s --help describes it and gives examples', async (name) => {
  const { code, stdout, stderr } = await lab([name, '--help']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`Usage: ./lab ${name}`);
  expect(stdout).toContain(`./lab ${name}`);
  expect(stdout).toMatch(/^Examples?:/m);
});

test('help VERB is VERB --help, and help alone is --help', async () => {
  expect((await lab(['help', 'clean'])).stdout).toBe((await lab(['clean', '--help'])).stdout);
  expect((await lab(['help'])).stdout).toBe((await lab(['--help'])).stdout);
});

test.each([
  [['doctr'], /Did you mean doctor\?/],
  [['test', '--statik'], /Did you mean --static\?/],
  [['clean', '--al'], /Did you mean --all\?/],
  [['clean', 'what'], /too many arguments/],
  [['completely-else'], /unknown command 'completely-else'/],
  [['test', 'no/such/path'], /there is no "no\/such\/path"/],
  [['test', '/'], /outside of/],
  [['test', '--static', '--all'], /without --all/],
])('%j is refused with exit code 2', async (args, said) => {
  const { code, stdout, stderr } = await lab(args);
  expect(stderr).toMatch(said);
  expect([code, stdout]).toEqual([2, '']);
});

test("a lab's name alone is told what was probably meant", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'labs-'));
  mkdirSync(join(folder, 'my-lab'));
  writeFileSync(join(folder, 'my-lab/lab.ts'), '');
  const { code, stderr } = await lab(['my-lab'], { env: { BACKEND_LABS_DIR: folder } });
  rmSync(folder, { recursive: true });
  expect(stderr).toContain('./lab run my-lab');
  expect(code).toBe(2);
});

test('a reader that closes the pipe is no error', async () => {
  expect(await lab(['--help'], { deaf: true })).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('no escape codes reach a pipe', async () => {
  for (const args of [[], ['--help'], ['--no-color']]) {
    const { code, stdout } = await lab(args, { env: { FORCE_COLOR: '0' } });
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
  }
});

afterEach(() => vi.restoreAllMocks());

test('the caller’s mistake is 2, what is missing is 4, a defect is 70 and says where its stack is', () => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
  expect(reportError(new UsageError('no such thing'))).toBe(2);
  expect(reportError(new MissingError('no engine'))).toBe(4);
  expect(said).toBe('lab: no such thing\nlab: no engine\n');
  said = '';
  expect(reportError(new TypeError('x is not a function\nsecond line'))).toBe(70);
  expect(said).toMatch(/^lab: unexpected TypeError: x is not a function \(a defect of this program; .+\)\n$/);
});
