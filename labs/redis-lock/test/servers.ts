/** The servers of this lab for one test file, with a database for each test. */
import type { Needs, Stack } from '@backend-labs/stack';
import { startServers } from '@backend-labs/testbed';
import pg from 'pg';
import type { UpdateContext } from '../src/contract.ts';

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
  const stack = await startServers(needs);
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
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  };
}

/** A pool that ends with the test. */
export function connectTo(postgresUrl: string) {
  const pool = new pg.Pool({ connectionString: postgresUrl });
  pool.on('error', () => {});
  return { pool, [Symbol.asyncDispose]: () => pool.end() };
}
