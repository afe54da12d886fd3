/**
 * Runs a program of somebody else's to its end: a package manager, an initdb.
 *
 * Invariant: it has a deadline and a signal; an error says what was run and how it ended, with its last lines.
 */
import { spawn } from 'node:child_process';

export interface ToolOptions {
  signal: AbortSignal;
  limitMs: number;
  env?: Record<string, string>;
  cwd?: string;
  /** Told of the process as soon as it is there, so that nothing is left of it whatever happens. */
  onSpawn?: (pid: number, name: string) => void;
}

const KEPT_LINES = 8;

/** Resolves with its standard output. Rejects if it cannot be run, fails, or takes longer than `limitMs`. */
export async function runTool(file: string, args: readonly string[], options: ToolOptions): Promise<string> {
  options.signal.throwIfAborted();
  const limit = AbortSignal.timeout(options.limitMs);
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
    // A group of its own, so that what it starts ends with it.
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (child.pid !== undefined) options.onSpawn?.(child.pid, file);
  const stop = () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has just ended.
    }
  };
  const ended = AbortSignal.any([options.signal, limit]);
  ended.addEventListener('abort', stop, { once: true });
  let stdout = '';
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    const end = await new Promise<string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code === 0 ? null : (signal ?? `exit code ${code}`)));
    });
    options.signal.throwIfAborted();
    if (limit.aborted) throw new Error(`${file} did not end within ${options.limitMs / 1000} s`);
    if (end === null) return stdout;
    const lastLines = said.trim().split('\n').slice(-KEPT_LINES).join('\n  ');
    throw new Error(`${file} ended with ${end}. Its last lines:\n  ${lastLines}`);
  } finally {
    ended.removeEventListener('abort', stop);
  }
}
