/**
 * What an update gets: connected clients, the two statements that every lock protects, and a way to say that it holds.
 *
 * Invariant: a server that is killed gives errors and never a command that waits for its return. One that is merely
 * stopped gives no answer, and nothing here cuts that short: how long to wait for one node of several is part of a
 * lock, so the variants decide it.
 * Read next: ../contract.ts (what it all means), app.ts (who asks for one).
 */
import { randomBytes } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import Redlock from 'redlock';
import type { UpdateContext } from '../contract.ts';

/** Announced by whoever thinks that it holds, and right before a write is sent. Nobody listens unless a witness is there. */
const entered = channel('redis-lock.enter');
const left = channel('redis-lock.leave');
const writing = channel('redis-lock.writing');

const RECONNECT_MS = 50;
const START_LIMIT_MS = 5000;
/** How long the start waits for the other nodes. They may be down, and that is no reason not to start. */
const OTHER_NODES_LIMIT_MS = 1000;

export interface ContextsOptions {
  /** One to five; the first is where a lock on one Redis lives. */
  redisUrls: readonly string[];
  postgresUrl: string;
  /** Every key of a run begins with it. */
  keyPrefix: string;
  settings: UpdateContext['settings'];
  /** Connections to Postgres: as many operations as can hold one at once. */
  poolSize?: number;
}

export interface Contexts {
  postgres: pg.Pool;
  contextFor(request: { operation: number; account: number; signal: AbortSignal }): UpdateContext;
  close(): Promise<void>;
}

/** Connects. Throws if the first Redis does not answer; the other nodes may come later. */
export async function openContexts(options: ContextsOptions): Promise<Contexts> {
  const { redisUrls, settings, keyPrefix } = options;
  const redisNodes = redisUrls.map(createRedis);
  const [redis, ...others] = redisNodes;
  if (redis === undefined) throw new RangeError('redisUrls is empty: a lock needs one Redis at least');
  const postgres = createPool(options);
  async function close() {
    for (const node of redisNodes) node.disconnect();
    await postgres.end();
  }

  const otherNodes = Promise.allSettled(others.map((node) => node.connect()));
  try {
    await connectFirst(redis, redisUrls[0] as string);
  } catch (error) {
    await close();
    throw error;
  }
  await Promise.race([otherNodes, delay(OTHER_NODES_LIMIT_MS, undefined, { ref: false })]);

  return {
    postgres,
    close,
    contextFor: ({ operation, account, signal }) => ({
      operation,
      // The operation alone would do in one run. Whoever tries again with the same id would release the other's lock.
      token: `${operation}:${randomBytes(8).toString('hex')}`,
      redis,
      redisNodes,
      lockKey: `${keyPrefix}:lock:${account}`,
      postgres,
      account: {
        read: () => readBalance(postgres, account),
        write: (balance) => writeBalance(postgres, { account, operation, balance }),
      },
      settings,
      async holding(work, validForMs) {
        entered.publish({ operation, account, ...(validForMs === undefined ? {} : { validForMs }) });
        try {
          return await work();
        } finally {
          left.publish({ operation, account });
        }
      },
      libraries: { Redlock },
      signal,
    }),
  };
}

function createRedis(url: string): Redis {
  const client = new Redis(url, {
    lazyConnect: true,
    // A command for a server that is not there fails at once. ioredis would else keep it until the server is back, and
    // a lock taken then is a lock that nobody waits for any more.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // Never sent twice: a SET NX that was executed before the connection broke would then refuse itself.
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => RECONNECT_MS,
  });
  // Each command's own promise says what went wrong; without a listener the same error would end the process.
  client.on('error', () => {});
  return client;
}

async function connectFirst(redis: Redis, url: string): Promise<void> {
  const limit = new AbortController();
  try {
    await Promise.race([
      redis.connect(),
      delay(START_LIMIT_MS, undefined, { signal: limit.signal }).then(() => {
        throw new Error(`no answer in ${START_LIMIT_MS} ms`);
      }),
    ]);
  } catch (error) {
    // Its password, if it has one, is nobody's business.
    throw new Error(`the first Redis is not there, at ${new URL(url).host}: ${(error as Error).message}`, {
      cause: error,
    });
  } finally {
    limit.abort();
  }
}

function createPool({ postgresUrl, poolSize = 40, settings }: ContextsOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: postgresUrl,
    max: poolSize,
    connectionTimeoutMillis: settings.acquireTimeoutMs,
  });
  pool.on('error', () => {});
  // The pool listens to its idle connections only. One that is lent out and cut by the server (a timeout of the
  // session, a restart) would else end the process, though its borrower gets the error from its own query.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

async function readBalance(postgres: pg.Pool, account: number): Promise<number> {
  const { rows } = await postgres.query<{ balance: string }>('SELECT balance FROM account WHERE id = $1', [account]);
  if (rows[0] === undefined) throw new RangeError(`there is no account ${account}`);
  // bigint arrives as text; a balance of a run is far below 2^53.
  return Number(rows[0].balance);
}

async function writeBalance(
  postgres: pg.Pool,
  { account, operation, balance }: { account: number; operation: number; balance: number },
): Promise<void> {
  // Not pool.query: it may wait for a connection first, and "right before its statement" would be a wait too early.
  const client = await postgres.connect();
  let failure: Error | undefined;
  try {
    writing.publish({ operation, account });
    await client.query('UPDATE account SET balance = $2, writer = $3 WHERE id = $1', [account, balance, operation]);
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    client.release(failure);
  }
}
