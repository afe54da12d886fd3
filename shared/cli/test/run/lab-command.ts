/**
 * Drives the real command line in processes of its own, for the tests of `run`, `list` and `new`.
 *
 * Invariant: every test has state folders of its own, so that tests run in any order and beside each other; what a
 * test started is gone when its scope ends.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseResult, type Result } from '@backend-labs/experiment/result';
import { workspaceFolder } from '../../folders.ts';

const MAIN = fileURLToPath(new URL('../../main.ts', import.meta.url));
export const FIXTURE_LABS = fileURLToPath(new URL('../labs', import.meta.url));
/** Where the fixtures' packages are found; labs that a test makes elsewhere link it. */
export const PACKAGES = fileURLToPath(new URL('../../node_modules', import.meta.url));
/** After how long to give up a wait. No test asserts it. */
const PATIENCE_MS = 50_000;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Settings {
  /** The folder of labs; the fixtures by default. */
  labs?: string;
  environment?: Record<string, string>;
  /** Run below a shell that does this first. */
  shell?: string;
  cwd?: string;
}

/** A temporary folder that goes with its scope. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'lab-test-'));
  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** One state folder, and the commands that are run on it. */
export class Lab implements AsyncDisposable {
  readonly #folder = new Folder();
  readonly #commands: RunningCommand[] = [];
  readonly state = join(this.#folder.path, 'state');

  /** Runs a command to its end. */
  run(args: readonly string[], settings: Settings = {}): Promise<Ended> {
    return this.start(args, settings).ended;
  }

  /** Starts a command in a process group of its own, as a terminal would. */
  start(args: readonly string[], { labs = FIXTURE_LABS, environment = {}, shell, cwd }: Settings = {}): RunningCommand {
    const words = [process.execPath, MAIN, ...args];
    const [command, ...rest] = shell === undefined ? words : ['sh', '-c', `${shell}; exec "$@"`, 'sh', ...words];
    const child = spawn(command as string, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(cwd === undefined ? {} : { cwd }),
      env: {
        // As the wrapper sets it: without, each of many processes would compile the same code once more.
        NODE_COMPILE_CACHE: join(workspaceFolder, '.lab', 'compile-cache'),
        ...process.env,
        BACKEND_LABS_STATE: this.state,
        BACKEND_LABS_DIR: labs,
        NO_COLOR: '1',
        ...environment,
      },
    });
    const running = new RunningCommand(child);
    this.#commands.push(running);
    return running;
  }

  /** All processes that the runs on this state folder have written down and whose folders are still there. */
  processes(): { pid: number; name: string }[] {
    const runs = join(this.state, 'runs');
    if (!existsSync(runs)) return [];
    return readdirSync(runs).flatMap((id) => {
      const file = join(runs, id, 'processes.jsonl');
      if (!existsSync(file)) return [];
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as { pid: number; name: string });
    });
  }

  /** A saved result, checked as a reader of results would. */
  result(...path: string[]): Result {
    const file = join(this.state, 'results', ...path);
    return parseResult(readFileSync(file, 'utf8'), file);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const command of this.#commands) command.signal('SIGKILL');
    await Promise.all(this.#commands.map(({ ended }) => ended));
    for (const { pid } of this.processes()) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    this.#folder[Symbol.dispose]();
  }
}

export class RunningCommand {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  #stderr = '';
  #stdout = '';
  #isOver = false;

  constructor(child: ChildProcess) {
    this.pid = child.pid as number;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.ended = new Promise((resolve) => {
      child.once('close', (code) => {
        this.#isOver = true;
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Waits until something was said on stderr; throws if the command ends without. */
  async said(text: string, times = 1): Promise<void> {
    await until(() => {
      if (this.#stderr.split(text).length > times) return true;
      if (this.#isOver) throw new Error(`it ended without saying "${text}":\n${this.#stderr}`);
      return false;
    });
  }

  signal(signal: NodeJS.Signals, { group = false } = {}): void {
    if (!this.#isOver) process.kill(group ? -this.pid : this.pid, signal);
  }
}

/** Waits for a condition. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error('waited in vain');
    await delay(5);
  }
}

/** The state of a process as ps says it: "S", "T" for stopped; null if it is gone, or dead and not yet waited for. */
function stateOf(pid: number): string | null {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return state === '' || state.startsWith('Z') ? null : state;
  } catch {
    return null;
  }
}

export const isAlive = (pid: number): boolean => stateOf(pid) !== null;
export const isStopped = (pid: number): boolean => stateOf(pid)?.startsWith('T') ?? false;

/** The names of those that still run. */
export function survivors(processes: readonly { pid: number; name: string }[]): string[] {
  return processes.filter(({ pid }) => isAlive(pid)).map(({ name }) => name);
}

/** The time that the documentation gives the reaper. */
const REAPER_MS = 2000;

/** The names of those that still run when the reaper's time is up; returns as soon as there are none. */
export async function survivorsOfTheReaper(processes: readonly { pid: number; name: string }[]): Promise<string[]> {
  const deadlineMs = performance.now() + REAPER_MS;
  while (performance.now() < deadlineMs && survivors(processes).length > 0) await delay(10);
  return survivors(processes);
}

/** Every claim of a result. */
export function claimsOf(result: Result) {
  return result.experiments.flatMap(({ claims }) => claims);
}
