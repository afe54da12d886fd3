/**
 * token.ts with a fencing token: each grant has a number, larger than all before, and the database refuses a write that
 * comes with a smaller number than one it has seen.
 *
 * Promises that a write of an older holder never follows the write of a newer one: it ends as rejected.
 * Fails to protect what was *read*. The fence is known to the database only from the first write on:
 *
 *   A (fence 33) reads 0, is paused past its TTL
 *   B (fence 34) reads 0, thinks
 *   A wakes up, writes 0 + a: 33 is the largest fence so far
 *   B writes 0 + b: 34 > 33. Both were acknowledged, and a is lost.
 *
 * And the counter is in Redis: after a failover or a restart without persistence it can go back.
 * Source: Kleppmann, "How to do distributed locking" (the storage checks the token on each write).
 * Read next: fenced-claim.ts, which shows the database its fence before it reads.
 */
import { channel } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

/**
 * KEYS[1] the lock, KEYS[2] the counter of the fences; ARGV[1] the token, ARGV[2] the TTL in ms.
 * Returns the fence (1, 2, …), or 0 if somebody holds the lock.
 *
 * In one step: a holder that gets the lock, is paused and fetches its number late would have a larger one than its
 * successor. The counter never expires. On a cluster both keys need one {hash tag}.
 */
const ACQUIRE = `
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return redis.call('INCR', KEYS[2])
end
return 0`;

/** KEYS[1] the lock; ARGV[1] the token. Returns 1 if it was ours and is gone, 0 if not. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

/** The write announces itself as account.write does, for whoever watches the steps of an update. */
const writing = channel('redis-lock.writing');

const update: Update = async (id, think, context) => {
  const { operation, redis, lockKey, token, postgres, account, holding, settings, signal } = context;
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  const acquire = () => redis.eval(ACQUIRE, 2, lockKey, `${lockKey}:fence`, token, settings.ttlMs);
  let fence = await acquire();
  while (fence === 0) {
    if (performance.now() >= giveUpAt) return 'not-acquired';
    const pauseMs = settings.retryDelayMs * (0.5 + Math.random() / 2);
    if (!(await delay(pauseMs, true, { signal }).catch(() => false))) return 'not-acquired';
    fence = await acquire();
  }
  try {
    return await holding(async () => {
      const balance = await account.read();
      const changed = balance + (await think());
      writing.publish({ operation, account: id });
      // The check and the write are one statement: there is no room between them for a pause.
      const { rowCount } = await postgres.query(
        'UPDATE account SET balance = $2, writer = $3, fence = $4 WHERE id = $1 AND fence < $4',
        [id, changed, operation, fence],
      );
      return rowCount === 1 ? 'written' : 'rejected';
    });
  } finally {
    await redis.eval(RELEASE, 1, lockKey, token).catch(() => {});
  }
};

export default update;
