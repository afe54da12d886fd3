/** Real servers for one test file, and waits that end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@backend-labs/service';
import { type Needs, type Stack, startStack } from '@backend-labs/stack';

/** Fetched once for all tests, and for the labs as well. */
const stateFolder = resolve(import.meta.dirname, '../../../.lab');

/** When a wait gives up. Nothing here takes as long, unless it never comes. */
const LIMIT_MS = 20_000;

/** Starts one Postgres and one Kafka, or what else is needed. */
export async function startServers(needs: Needs = { postgres: 1, kafka: 1 }): Promise<Stack> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'outbox-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const { signal } = new AbortController();
  const stack = starting.use(
    await startStack({ needs, provider: 'native', folder, stateFolder, signal, log: () => {} }),
  );
  const owned = starting.move();
  return {
    get servers() {
      return stack.servers;
    },
    server: (name) => stack.server(name),
    renew: (name, options) => stack.renew(name, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Looks again and again until it holds. Throws when it never does. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = LIMIT_MS): Promise<void> {
  const endsAtMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endsAtMs) throw new Error(`it never came about: ${what}`);
    await delay(10);
  }
}

/** What a promise resolves to. Throws when it never does. */
export async function within<T>(what: string, promise: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const over = new AbortController();
  const limit = delay(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`it never came about: ${what}`);
  });
  limit.catch(() => {});
  try {
    return await Promise.race([promise, limit]);
  } finally {
    over.abort();
  }
}

/** One request; its answer is JSON. */
export async function ask(url: string, path: string, body?: unknown) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    signal: AbortSignal.timeout(LIMIT_MS),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** A service on a port of its own. */
export async function listen(service: { handle: RequestListener; close: () => Promise<void> }) {
  const server = createServer(service.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ask: (path: string, body?: unknown) => ask(url, path, body),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await service.close();
    },
  };
}

/** A service as a process of its own. `file` is below src/; resolves when it listens. */
export async function startProcess(file: string, environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src', file)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // The log's line about listening is on this level.
    env: { ...process.env, LOG_LEVEL: 'info', ...environment },
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill();
    await exited;
  };
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const listens = () => said.split('\n').find((one) => one.includes('"listening"') && one.endsWith('}'));
  try {
    await until(`${file} listens`, () => listens() !== undefined || child.exitCode !== null);
    await until('all is read', () => listens() !== undefined || child.stderr.readableEnded);
  } catch (error) {
    await stop();
    throw error;
  }
  const line = listens();
  if (line === undefined) throw new Error(`${file} ended before it listened: ${said}`);
  const { url } = JSON.parse(line) as { url: string };
  return { ask: (path: string, body?: unknown) => ask(url, path, body), [Symbol.asyncDispose]: stop };
}

/** A log that keeps what went wrong. */
export function recordingLogger() {
  const errors: string[] = [];
  const logger = { error: ({ error }: { error: string }) => void errors.push(error) } as unknown as Logger;
  return { logger, errors };
}
