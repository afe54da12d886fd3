/** `./lab …` as a process, without the wrapper's set-up, for the tests of fire and bench. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../main.ts');

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface LabProcess extends AsyncDisposable {
  child: ChildProcess;
  finished: Promise<Finished>;
  /** Resolves when stderr has said something that matches. */
  says(pattern: RegExp): Promise<void>;
}

export function startLab(args: string[], env: Record<string, string> = {}): LabProcess {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const finished = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    child,
    finished,
    async says(pattern) {
      while (!pattern.test(stderr)) {
        await Promise.race([once(child.stderr, 'data'), finished]);
        if (child.exitCode !== null && !pattern.test(stderr)) throw new Error(`it ended without it:\n${stderr}`);
      }
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) child.kill('SIGKILL');
      await finished;
    },
  };
}

/** Runs `./lab args…` to its end. */
export async function lab(args: string[], env: Record<string, string> = {}): Promise<Finished> {
  await using process = startLab(args, env);
  return await process.finished;
}
