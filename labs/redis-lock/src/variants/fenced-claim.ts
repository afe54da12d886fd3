/**
 * fenced-write.ts, with the fence shown to the database before the balance is read: who enters claims the row.
 *
 * Promises that no update is lost, whoever is paused and however long: the balance that was read is written back only
 * if nobody has claimed the row since. The lock in Redis only keeps the number of wasted tries small; the row's fence
 * is what protects. Double holds still happen, and end as rejected.
 * Fails where the fence's counter goes back (Redis lost it): then every claim is refused until it has caught up, which
 * is safe, and nobody gets in, which is not live. A column of the row itself as the counter cannot go back.
 * Read next: compare-and-set.ts, the same check without any lock.
 */
import { channel } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

/**
 * KEYS[1] the lock, KEYS[2] the counter of the fences; ARGV[1] the token, ARGV[2] the TTL in ms.
 * Returns the fence (1, 2, …), or 0 if somebody holds the lock. In one step: see fenced-write.ts.
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
  const { operation, redis, lockKey, token, postgres, holding, settings, signal } = context;
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
      // Claim and read in one statement. From here on every older holder is shut out, before it has written anything.
      const claimed = await postgres.query<{ balance: string }>(
        'UPDATE account SET fence = $2 WHERE id = $1 AND fence < $2 RETURNING balance',
        [id, fence],
      );
      const row = claimed.rows[0];
      if (row === undefined) return 'rejected';
      const changed = Number(row.balance) + (await think());
      writing.publish({ operation, account: id });
      // Equal, not smaller: the row must still be claimed by this very grant.
      const { rowCount } = await postgres.query(
        'UPDATE account SET balance = $2, writer = $3 WHERE id = $1 AND fence = $4',
        [id, changed, operation, fence],
      );
      return rowCount === 1 ? 'written' : 'rejected';
    });
  } finally {
    await redis.eval(RELEASE, 1, lockKey, token).catch(() => {});
  }
};

export default update;
