/**
 * The processes of this bench: a server, and clients that are not in it.
 *
 * Invariant: each question has a deadline, and a process is gone when its `await using` ends. A process that ends before
 * it is told to fails whatever was asked, with the end of what it wrote to stderr.
 * Read next: server-main.ts, clients-main.ts (what runs in them), crowd.ts (all of them together).
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import type { Answered, Asked } from './worker.ts';

export interface Worker extends AsyncDisposable {
  /** Rejects with what the question threw, when the process ends, after limitMs, and with the signal's reason. */
  ask: <T>(name: string, given?: unknown, limitMs?: number) => Promise<T>;
}

const LIMIT_MS = 60_000;
const SAID_LINES = 8;

/** `bench/NAME-main.ts`. */
export function startWorker(
  name: string,
  task: object,
  { signal, nodeFlags = [] }: { signal: AbortSignal; nodeFlags?: readonly string[] },
): Worker {
  signal.throwIfAborted();
  const file = join(import.meta.dirname, `${name}-main.ts`);
  const child = fork(file, [JSON.stringify(task)], {
    execArgv: [...nodeFlags],
    // NODE_OPTIONS may hold a profiler or a heap limit, and would be measured as well.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    // Times come in typed arrays.
    serialization: 'advanced',
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).split('\n').slice(-SAID_LINES).join('\n');
  });
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {}); // nobody may be asking
  child.on('error', ended.reject);
  const exited = once(child, 'exit');
  exited.then(([code, by]) => ended.reject(new Error(`${basename(file)} ended (${code ?? by}):\n${said.trim()}`)));
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  child.on('message', ({ id, answer, error }: Answered) => {
    if (error === undefined) waiting.get(id)?.resolve(answer);
    else waiting.get(id)?.reject(new Error(`${basename(file)}: ${error}`));
    waiting.delete(id);
  });
  let questions = 0;
  return {
    async ask<T>(name: string, given?: unknown, limitMs = LIMIT_MS): Promise<T> {
      const answered = Promise.withResolvers<unknown>();
      const asked: Asked = { id: ++questions, name, given };
      waiting.set(asked.id, answered);
      using stop = deadline(signal, limitMs, `${basename(file)} did not answer "${name}" within ${limitMs / 1000} s`);
      child.send(asked, (error) => error !== null && answered.reject(error));
      return (await Promise.race([answered.promise, ended.promise, stop.promise])) as T;
    },
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** A promise that rejects when the signal fires, or after so long. */
function deadline(signal: AbortSignal, limitMs: number, late: string) {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const abort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(new Error(late)), limitMs);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  return {
    promise,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}
