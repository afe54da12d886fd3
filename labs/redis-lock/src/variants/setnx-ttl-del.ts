/**
 * SET NX PX: the key expires, so a dead holder blocks nobody for longer than the TTL. Released by a plain DEL.
 *
 * Promises mutual exclusion while every holder is done within its TTL.
 * Fails when a holder outlives its TTL (a pause, a slow query): the next one gets the lock while the first still works.
 * Then the first one's DEL deletes the lock of the second and lets a third in, whose lock the second deletes: one pause
 * and a whole cascade of double holds, most of them between clients that were never paused.
 * Read next: token.ts, which ends the cascade but not the double hold.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

const update: Update = async (_account, think, { redis, lockKey, account, holding, settings, signal }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  // One command for both. SETNX and then PEXPIRE is two, and who dies between them holds for ever again.
  while ((await redis.set(lockKey, 'held', 'PX', settings.ttlMs, 'NX')) !== 'OK') {
    if (performance.now() >= giveUpAt) return 'not-acquired';
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
    // The mistake: whose key is this? After the TTL it may be the next holder's.
    await redis.del(lockKey).catch(() => {});
  }
};

export default update;
