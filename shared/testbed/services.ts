/**
 * A service that a test can ask: inside the test's process, where the test can look into it and replace parts of it, or
 * as the process that a run starts, with its environment and its shutdown. Read next: http.ts (what is asked).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AskOptions, ask } from './http.ts';
import { until, within } from './waits.ts';

/**
 * Listens on 127.0.0.1, on a port of its own unless told, inside this process. When it is disposed of, callers are cut off first:
 * a service that waits for requests which hang could not close.
 */
export async function listen(service: { handle: RequestListener; close?: () => Promise<void> }, onPort = 0) {
  const server = createServer(service.handle).listen(onPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    port,
    ask: (path: string, options?: AskOptions) => ask(url, path, options),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.closeAllConnections();
      server.close();
      await service.close?.();
      await within(`${url} is closed`, closed);
    },
  };
}

/**
 * Starts the service whose main file (absolute) this is as a process of its own. Resolves when it listens; throws with
 * all that it said when it ended before, and when it does neither. `environment` is added to the test's own.
 */
export async function startProcess(file: string, environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The log's line about listening is on this level.
    env: { ...process.env, LOG_LEVEL: 'info', ...environment },
  });
  // `close` and not `exit`: what it said last is read by then.
  let hasEnded = false;
  const ended = once(child, 'close').then(([code]) => {
    hasEnded = true;
    return code as number | null;
  });
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    await ended;
  };
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const listens = () => said.split('\n').find((one) => one.includes('"listening"') && one.endsWith('}'));
  try {
    await until(`${file} listens`, () => listens() !== undefined || hasEnded);
  } catch (error) {
    await stop();
    throw error;
  }
  const line = listens();
  if (line === undefined) throw new Error(`${file} ended before it listened: ${said}`);
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    ask: (path: string, options?: AskOptions) => ask(url, path, options),
    pid: child.pid as number,
    /** What it has written until now. */
    said: () => said,
    /** Resolves with its exit code; null if a signal ended it. */
    ended,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  };
}
