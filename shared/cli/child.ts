/**
 * Runs another program to its end, with a deadline, and ends it with us.
 *
 * Invariant: the promise resolves only when the process is gone, however it went.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stateFolder, workspaceFolder } from './folders.ts';

export interface ChildOptions {
  /** Aborted: the child is asked to end (`askWith`), and killed if it has not after 10 s. */
  signal: AbortSignal;
  deadlineMs: number;
  /** What is read rather than shown; the rest goes to our own stdout and stderr. */
  capture: 'nothing' | 'stdout' | 'both';
  askWith?: 'SIGTERM' | 'SIGINT';
  ownGroup?: boolean;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

export interface ChildEnd {
  /** The exit code; 128 + n if signal n ended it, as a shell says it; 127 if it could not be started. */
  code: number;
  stdout: string;
  /** With `both`, stdout and stderr as they came; else empty. */
  output: string;
  /** True if the deadline, not the caller, ended it. */
  late: boolean;
}

const SIGNAL_NUMBERS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };
const PATIENCE_MS = 10_000;

/**
 * The environment for other people's tools: their caches and tokens stay below `.lab/`, and their output is plain
 * unless a person looks at it. (Vitest would take CI for a terminal with colours.)
 */
export function toolEnvironment(): NodeJS.ProcessEnv {
  const cache = join(stateFolder, 'cache');
  const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: cache, XDG_DATA_HOME: cache };
  if (process.stdout.isTTY !== true || process.env.CI !== undefined || process.env.NO_COLOR !== undefined) {
    env.NO_COLOR = '1';
    delete env.FORCE_COLOR;
  }
  return env;
}

/**
 * Runs `./lab args…` in a process of its own, without the wrapper's set-up.
 *
 * In a group of its own: a terminal's Ctrl-C goes to the whole group, and a run that gets it twice (from the terminal
 * and from us) takes the second for "leave at once, without healing".
 */
export function runSelf(args: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url));
  return runChild(process.execPath, [main, ...args], { ...options, ownGroup: true });
}

/** Runs `command` and waits for its end. Does not throw: a program that cannot be started ends with 127. */
export function runChild(command: string, args: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  const deadline = AbortSignal.timeout(options.deadlineMs);
  const ended = AbortSignal.any([options.signal, deadline]);
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? workspaceFolder,
      env: options.env ?? process.env,
      detached: options.ownGroup === true,
      stdio: [
        'ignore',
        options.capture === 'nothing' ? 'inherit' : 'pipe',
        options.capture === 'both' ? 'pipe' : 'inherit',
      ],
    });
    let stdout = '';
    let output = '';
    let killTimer: NodeJS.Timeout | undefined;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    const end = () => {
      child.kill(options.askWith ?? 'SIGTERM');
      killTimer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    };
    const finish = (code: number, said = '') => {
      clearTimeout(killTimer);
      ended.removeEventListener('abort', end);
      const asked = options.capture === 'both' ? output + said : '';
      resolve({ code, stdout, output: asked, late: deadline.aborted && !options.signal.aborted });
    };
    child.once('error', (error) => {
      if (child.pid === undefined) finish(127, `${command} could not be started: ${error.message}\n`);
    });
    child.once('close', (code, signal) => finish(code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0)));
    if (ended.aborted) end();
    else ended.addEventListener('abort', end, { once: true });
  });
}
