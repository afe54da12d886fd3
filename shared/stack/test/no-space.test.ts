/** No space: one clear line, whoever meets it, and nothing left running. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { type ServerKind, ToolFolder } from '../index.ts';
import { isRunning, missing, stateFolder } from './started.ts';

const CHILD = join(import.meta.dirname, 'fixtures', 'start-one.ts');
const run = promisify(execFile);

interface Ending {
  name?: string;
  message: string;
  exitCode?: number;
  pids: number[];
}

async function inTemporary<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'));
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts one server of that kind, in a process of its own, after a line of shell. $0 is the run's folder. */
function startAfter(shell: string, kind: ServerKind, around: readonly string[] = []): Promise<Ending> {
  return inTemporary(async (folder) => {
    const [file = '', ...args] = [...around, 'sh', '-c', `${shell} && exec "$@"`, folder];
    const child = [process.execPath, CHILD, kind, folder, stateFolder];
    const environment = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' };
    const { stdout } = await run(file, [...args, ...child], { env: environment });
    return JSON.parse(stdout) as Ending;
  });
}

function expectOneLine({ name, message, exitCode, pids }: Ending, said: RegExp) {
  expect(name).toBe('NoSpaceError');
  expect(message).toMatch(said);
  expect(message).toContain('What helps:');
  expect(message).not.toContain('\n');
  expect(exitCode).toBe(4);
  expect(pids.filter(isRunning)).toEqual([]);
}

const NAMESPACE = ['unshare', '--user', '--map-root-user', '--mount'];

/** Not on every machine may somebody who is not root mount a file system, seen by nobody else. */
function canMount(): boolean {
  try {
    const [file = '', ...args] = NAMESPACE;
    execFileSync(file, [...args, 'sh', '-c', 'mount -t tmpfs -o size=4k tmpfs /mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!canMount())('a disk that is full', () => {
  test.for([
    ['for the files of a server', 'postgres', 32],
    ['for what a server says', 'redis', 4],
    ['for what a server writes first', 'kafka', 32],
    ['for the log that would say so', 'rabbitmq', 32],
  ] as const)('%s', async ([, kind, kibibytes], { skip }) => {
    const why = await missing(kind);
    if (why !== null) skip(why);
    const ending = await startAfter(`mount -t tmpfs -o size=${kibibytes}k tmpfs "$0"`, kind, NAMESPACE);
    expectOneLine(ending, new RegExp(`^${kind}-1: there is no space left below `));
  });
});

test.for([
  ['the server itself dies of', 'redis', 1],
  ['its files cannot be copied under', 'postgres', 1],
  ['its configuration cannot be written under', 'nginx', 0],
] as const)('a limit that %s is told as one', async ([, kind, blocks], { skip }) => {
  const why = await missing(kind);
  if (why !== null) skip(why);
  const ending = await startAfter(`ulimit -f ${blocks}`, kind);
  expectOneLine(ending, new RegExp(`^${kind}-1: a file below .* would be larger than this shell allows`));
});

test('for a program that is fetched: told so, and nothing of it is left', () =>
  inTemporary(async (folder) => {
    const tools = new ToolFolder({ stateFolder: folder, log: () => {} });
    const said =
      "pip could not fetch it (python3 ended with exit code 2. Its last lines:\n OSError: [Errno 28] No space left on device: '/a/b')";
    const error = await tools
      .provide('valkey-9', () => Promise.reject(new Error(said)))
      .catch((caught: Error & { exitCode: number }) => caught);
    expectOneLine(
      { ...(error as Ending), message: (error as Error).message, pids: [] },
      /^valkey-9: there is no space/,
    );
    expect(await readdir(join(folder, 'tools'))).toEqual([]);
  }));
