/** Real servers for one test file, and the lab's services in front of them inside the test's process. */
import { spawn } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Needs, type Stack, startStack } from '@backend-labs/stack';
import pg from 'pg';
import type { UpdateContext } from '../src/contract.ts';

/** Fetched once for all tests, and for the labs as well. */
const stateFolder = resolve(import.meta.dirname, '../../../.lab');

export const settings: UpdateContext['settings'] = { ttlMs: 300, retryDelayMs: 20, acquireTimeoutMs: 1000 };

export interface Servers extends AsyncDisposable {
  stack: Stack;
  redisUrls: string[];
  /** The default database of the server; see freshDatabase. */
  postgresUrl: string;
  /** A database of its own, so that the tests of a file can share a server. */
  freshDatabase(): Promise<string>;
}

/** Starts one Postgres and so many Redis servers. */
export async function startBackends(needs: Needs = { postgres: 1, redis: 1 }): Promise<Servers> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'redis-lock-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const stack = starting.use(
    await startStack({
      needs,
      provider: 'native',
      folder,
      stateFolder,
      signal: new AbortController().signal,
      log: () => {},
    }),
  );
  const owned = starting.move();
  const postgresUrl = stack.servers.find(({ kind }) => kind === 'postgres')?.url ?? '';
  let databases = 0;
  return {
    stack,
    redisUrls: stack.servers.filter(({ kind }) => kind === 'redis').map(({ url }) => url),
    postgresUrl,
    async freshDatabase() {
      const name = `fresh_${databases++}`;
      await using database = connectTo(postgresUrl);
      await database.pool.query(`CREATE DATABASE ${name}`);
      const url = new URL(postgresUrl);
      url.pathname = `/${name}`;
      return url.href;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** A pool that ends with the test. */
export function connectTo(postgresUrl: string) {
  const pool = new pg.Pool({ connectionString: postgresUrl });
  pool.on('error', () => {});
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}

export interface AskOptions {
  method?: string;
  body?: unknown;
  signal?: AbortSignal;
}

/** One request; its answer is JSON. */
export async function ask(url: string, path: string, { body, ...init }: AskOptions = {}) {
  const response = await fetch(`${url}${path}`, {
    ...init,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return {
    status: response.status,
    outcome: response.headers.get('x-outcome'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** A service on a port of its own. */
export async function listen(service: { handle: RequestListener; close?: () => Promise<void> }) {
  const server = createServer(service.handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    ask: (path: string, init?: AskOptions) => ask(url, path, init),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await service.close?.();
    },
  };
}

/** A service as a process of its own. `file` is below src/; resolves when it listens. */
export async function startProcess(file: string, environment: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src', file)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // The log's line about listening is on this level.
    env: { ...process.env, LOG_LEVEL: 'info', ...environment },
  });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill();
    await exited;
  };
  let said = '';
  let line: string | undefined;
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += chunk;
    line = said.split('\n').find((one) => one.includes('"listening"') && one.endsWith('}'));
    if (line !== undefined) break;
  }
  if (line === undefined) {
    await stop();
    throw new Error(`${file} ended before it listened: ${said}`);
  }
  child.stdout.resume();
  const { url } = JSON.parse(line) as { url: string };
  return { ask: (path: string, init?: AskOptions) => ask(url, path, init), [Symbol.asyncDispose]: stop };
}

/** What was announced on these channels of this process since, in order. */
export function listening(...channels: string[]) {
  const heard: { channel: string; said: Record<string, unknown> }[] = [];
  const listeners = channels.map((channel) => {
    const listener = (said: unknown) => heard.push({ channel, said: said as Record<string, unknown> });
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return {
    heard,
    [Symbol.dispose]() {
      for (const stop of listeners) stop();
    },
  };
}
