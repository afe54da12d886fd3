/**
 * token.ts, and right before it writes it asks Redis whether it still holds the lock: the check that cannot help.
 *
 * Promises that a holder whose lock was lost *before the check* does not write; it ends as rejected.
 * Fails when the pause falls between the answer and the write: nothing links the two, the one is Redis', the other the
 * database's. A garbage collection, a swapped page, a slow packet: the window is small and never empty. The check makes
 * the fault rarer and harder to find.
 * Read next: fenced-claim.ts, where the database itself does the check, in the statement that writes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

/** KEYS[1] the lock; ARGV[1] the token. Returns 1 if it was ours and is gone, 0 if not. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

const update: Update = async (_account, think, { redis, lockKey, token, account, holding, settings, signal }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  while ((await redis.set(lockKey, token, 'PX', settings.ttlMs, 'NX')) !== 'OK') {
    if (performance.now() >= giveUpAt) return 'not-acquired';
    const pauseMs = settings.retryDelayMs * (0.5 + Math.random() / 2);
    if (!(await delay(pauseMs, true, { signal }).catch(() => false))) return 'not-acquired';
  }
  try {
    return await holding(async () => {
      const balance = await account.read();
      const changed = balance + (await think());
      if ((await redis.get(lockKey)) !== token) return 'rejected';
      // Here. What was true when Redis answered may be false when the database gets the statement. Asking for the
      // remaining TTL as well (PTTL) only moves the window: no margin is larger than every pause.
      await account.write(changed);
      return 'written';
    });
  } finally {
    await redis.eval(RELEASE, 1, lockKey, token).catch(() => {});
  }
};

export default update;
