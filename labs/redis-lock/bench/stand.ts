/**
 * The servers of this bench, and the two things that are measured on them: a variant, and redis-benchmark.
 *
 * Invariant: each measurement starts from the same state: no lock is held, fences begin anew, the history is empty.
 * Redis answers before its disk has the write, as in the lab's runs; nobody watches it with MONITOR.
 * Read next: contend-main.ts.
 */
import { join, resolve } from 'node:path';
import type { BenchContext } from '@backend-labs/load';
import { measureInChild } from '@backend-labs/load/bench/child';
import { MissingServerError, RedisBenchmark, type Server, startStack, ToolFolder } from '@backend-labs/stack';
import { Redis } from 'ioredis';
import pg from 'pg';
import { ensureSchema } from '../src/schema.ts';
import type { Measurement } from './contend.ts';
import type { Task } from './contend-main.ts';

/** Of a variant: what differs from measurement to measurement. */
export type Request = Omit<Task, 'variantFile' | 'redisUrls' | 'postgresUrl' | 'keyPrefix' | 'settings'>;

export interface SetRound {
  requestsPerSecond: number;
  p99Ms: number;
}

export interface Stand extends AsyncDisposable {
  /** By its file, relative to the lab. */
  measure(file: string, request: Request): Promise<Measurement[]>;
  /** redis-benchmark's SET with so many clients, for about that long. Null where there is none. */
  sets(clients: number, durationMs: number): Promise<SetRound | null>;
  benchmarkVersion: string | null;
  /** Why there is no redis-benchmark. */
  whyNot: string;
  redisVersion: string;
  postgresVersion: string;
}

const CONTEND = join(import.meta.dirname, 'contend-main.ts');
/** The TTL is longer than any stall; the patience is long enough to open 64 connections on a busy machine. */
const SETTINGS: Task['settings'] = { ttlMs: 5000, retryDelayMs: 10, acquireTimeoutMs: 5000 };
const COMMAND_LIMIT_MS = 2000;
const FEWEST_REQUESTS = 500;
const FIRST_GUESS_PER_SECOND = 10_000;

export async function openStand(context: BenchContext, accounts: number): Promise<Stand> {
  const { signal, log, folder, stateFolder } = context;
  await using opening = new AsyncDisposableStack();
  let whyNot = '';
  const benchmark = await RedisBenchmark.provide(new ToolFolder({ stateFolder, log }), signal).catch((error) => {
    if (!(error instanceof MissingServerError)) throw error;
    whyNot = error.message;
    return null;
  });
  const started = { provider: 'native', folder, stateFolder, signal, log } as const;
  const stack = opening.use(await startStack({ ...started, needs: { postgres: 1, redis: 5 } }));
  const [postgres, redis] = [stack.server('postgres-1'), stack.server('redis-1')];
  const nodes = stack.servers.filter(({ kind }) => kind === 'redis');
  const pool = new pg.Pool({ connectionString: postgres.url, max: 1 });
  pool.on('error', () => {});
  opening.defer(() => pool.end());
  await Promise.all(nodes.map((node) => tell(node, 'CONFIG', 'SET', 'appendfsync', 'no')));
  await ensureSchema(pool, accounts);

  const rates = new Map<number, number>();
  const owned = opening.move();
  return {
    whyNot,
    benchmarkVersion: benchmark?.version ?? null,
    redisVersion: redis.version,
    postgresVersion: postgres.version,
    async measure(file, request) {
      await Promise.all(nodes.map((node) => tell(node, 'FLUSHALL')));
      // The fences' counters are gone as well.
      await pool.query('UPDATE account SET fence = 0; TRUNCATE history');
      const task: Task = {
        ...request,
        variantFile: resolve(import.meta.dirname, '..', file),
        redisUrls: nodes.map(({ url }) => url),
        postgresUrl: postgres.url,
        keyPrefix: 'bench',
        settings: SETTINGS,
      };
      return await measureInChild<Measurement[]>(CONTEND, task, { signal });
    },
    async sets(clients, durationMs) {
      if (benchmark === null) return null;
      // It takes a number of requests and no time: the one before says how many.
      const perSecond = rates.get(clients) ?? FIRST_GUESS_PER_SECOND;
      const requests = Math.max(FEWEST_REQUESTS, Math.round((perSecond * durationMs) / 1000));
      const measured = await benchmark.set({ port: redis.port, clients, requests, signal });
      rates.set(clients, measured.requestsPerSecond);
      return { requestsPerSecond: measured.requestsPerSecond, p99Ms: measured.p99Ms ?? Number.NaN };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** One command to one node, on a connection of its own. */
async function tell(node: Server, command: string, ...words: string[]): Promise<void> {
  const client = new Redis(node.url, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_LIMIT_MS,
    connectTimeout: COMMAND_LIMIT_MS,
    retryStrategy: () => null,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.call(command, ...words);
  } finally {
    client.disconnect();
  }
}
