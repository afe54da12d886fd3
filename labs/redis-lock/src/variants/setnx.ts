/**
 * SET NX: whoever sets the key first holds the lock, and deletes it when done. The key never expires.
 *
 * Promises mutual exclusion, also while a holder is paused: nobody else takes what does not expire.
 * Fails when a holder dies: its key stays, and the account is locked until somebody deletes the key by hand. A failover
 * can still lose the key (replication is asynchronous), and then two hold it.
 * Read next: setnx-ttl-del.ts, which trades this failure for another one.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

const update: Update = async (_account, think, { redis, lockKey, account, holding, settings, signal }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  while ((await redis.set(lockKey, 'held', 'NX')) !== 'OK') {
    if (performance.now() >= giveUpAt) return 'not-acquired';
    // A random part of the delay, because those that were refused together would otherwise come back together, each
    // time again ("full jitter"). Not from 0 but from a half: there is no exponential growth here that a short draw
    // could lean on, and each try is a round trip. Polling is not fair either: who waits longest has no better chance.
    const pauseMs = settings.retryDelayMs * (0.5 + Math.random() / 2);
    if (!(await delay(pauseMs, true, { signal }).catch(() => false))) return 'not-acquired';
  }
  try {
    await holding(async () => {
      const balance = await account.read();
      await account.write(balance + (await think()));
    });
    return 'written';
  } finally {
    // Runs when the work throws, and not when the process dies. If the DEL fails, what is written stays written: the
    // caller gets its answer, and the key stays for ever.
    await redis.del(lockKey).catch(() => {});
  }
};

export default update;
