/**
 * The contract: one change of one account, protected from all others. Each file under variants/ is one way.
 *
 * The contract is the protected work and not the lock, so that locks, fences and ways without a lock stand side by
 * side. Everything arrives in the context, so that a file outside of this workspace needs no import:
 * `./lab run redis-lock --variant ./mine.ts`.
 * Read next: variants/none.ts, variants/setnx.ts, variants/setnx-ttl-del.ts, variants/token.ts, in this order.
 */
import type { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type Redlock from 'redlock';

/**
 * `written`: the change is in the account. `not-acquired`: nobody let it in within acquireTimeoutMs, nothing was
 * written. `rejected`: it was let in, but its write came too late and was refused; nothing was written.
 */
export type Ending = 'written' | 'not-acquired' | 'rejected';

/** The work that takes time between reading and writing. Resolves with the amount to add. */
export type Think = () => Promise<number>;

export interface UpdateContext {
  /** The id of this request, unique in a run. The database keeps it beside what was written. */
  operation: number;
  /** Unique to this request; the referee knows whose it is. Use it as the lock's value. */
  token: string;
  /** The first node: where a lock on one Redis lives. */
  redis: Redis;
  /** Five Redis servers that know nothing of each other, for quorums. */
  redisNodes: readonly Redis[];
  /** The key of this account's lock. It begins with the run's own prefix; derive further keys by a suffix. */
  lockKey: string;
  /** The table account(id, balance, fence, version, writer): every write sets `writer` to the operation. */
  postgres: Pool;
  /** The two statements that every lock protects. */
  account: {
    read: () => Promise<number>;
    write: (balance: number) => Promise<void>;
  };
  settings: {
    /** How long a lock lives that nobody releases or extends. */
    ttlMs: number;
    /** The longest wait between two tries; wait a random part of it. */
    retryDelayMs: number;
    /** Give up on a lock after this long. */
    acquireTimeoutMs: number;
  };
  /**
   * Wrap in this what only a holder may do. It tells the witness that the caller now thinks that it holds, and when it
   * no longer does; it protects nothing. `validForMs`: how long the lock is still good for, where the lock knows.
   */
  holding: <T>(work: () => Promise<T>, validForMs?: number) => Promise<T>;
  libraries: { Redlock: typeof Redlock };
  /** Aborts when the caller is gone or the service ends. */
  signal: AbortSignal;
}

/** The default export of a file under variants/. Throws only if a server that it needs is not there. */
export type Update = (account: number, think: Think, context: UpdateContext) => Promise<Ending>;
