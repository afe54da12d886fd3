/**
 * Child processes of the bench: the server, k6, wrk, and how much CPU one has used.
 *
 * Invariant: each ends with its `await using`, and at the latest when this process does.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const SERVER = join(import.meta.dirname, 'server.ts');
const START_LIMIT_MS = 20_000;

export type ServerMode = 'hold' | 'freeze' | 'plain';

export interface BenchServer extends AsyncDisposable {
  url: string;
  /** Calls a control route and returns its JSON. */
  ask<T>(path: string): Promise<T>;
}

/** Starts a server process; resolves when it listens. */
export async function startServer(mode: ServerMode, signal: AbortSignal): Promise<BenchServer> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [SERVER, mode], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]);
  try {
    const [port] = await once(createInterface({ input: child.stdout }), 'line', { signal: limit });
    const url = `http://127.0.0.1:${port}`;
    return {
      url: `${url}/`,
      ask: async (path) => (await fetch(url + path, { signal })).json() as never,
      [Symbol.asyncDispose]: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** Ends a process and waits until it is gone. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

export interface ToolRun {
  pid: number;
  /** Resolves with what it printed; rejects with the end of its stderr if it fails or takes longer than `limitMs`. */
  finished: Promise<string>;
}

/** Runs a program to its end. */
export function runTool(
  file: string,
  args: string[],
  options: { signal: AbortSignal; limitMs: number; env?: Record<string, string>; cwd?: string },
): ToolRun {
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(options.limitMs)]),
    killSignal: 'SIGKILL',
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(options.signal.aborted ? options.signal.reason : error));
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else
        reject(new Error(`${file} ended with exit code ${code}:\n${stderr.trim().split('\n').slice(-8).join('\n')}`));
    });
  });
  finished.catch(() => {}); // awaited later; until then it must not count as unhandled
  return { pid: child.pid ?? -1, finished };
}

const execute = promisify(execFile);

/** CPU time (user + system) that a running process has used so far, in ms. Resolution: 10 ms. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) {
    const { stdout } = await execute('ps', ['-o', 'time=', '-p', String(pid)]);
    return psTimeMs(stdout);
  }
  // The second field is the program's name in brackets, which may hold spaces; user and system time are 14 and 15.
  const fields = (await readFile(stat, 'utf8')).replace(/^.*\) /s, '').split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / (await ticksPerSecond());
}

/** Milliseconds of ps's `[[dd-]hh:]mm:ss[.cc]`. */
export function psTimeMs(text: string): number {
  const [days, clock] = text.includes('-') ? (text.split('-') as [string, string]) : ['0', text];
  const seconds = clock
    .trim()
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}

let ticks: Promise<number> | undefined;
function ticksPerSecond(): Promise<number> {
  ticks ??= execute('getconf', ['CLK_TCK']).then(
    ({ stdout }) => Number(stdout),
    () => 100, // what Linux has told user space since 2.6
  );
  return ticks;
}

/** Where a program is on PATH, or null. */
export function onPath(name: string): string | null {
  const folders = (process.env.PATH ?? '').split(':').filter((folder) => folder !== '');
  return folders.map((folder) => `${folder}/${name}`).find((file) => existsSync(file)) ?? null;
}
