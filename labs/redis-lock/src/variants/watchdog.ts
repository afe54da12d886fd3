/**
 * token.ts with a watchdog: while the work goes on, the lock is extended every third of its TTL. Redisson's way
 * (`lockWatchdogTimeout`, 30 s, extended every 10 s).
 *
 * Promises that work which takes longer than the TTL keeps its lock, as long as its process runs and reaches Redis. The
 * TTL can then be short, and a dead holder is soon replaced.
 * Fails in a pause like token.ts: the watchdog is paused with its process, and so it is when the event loop is blocked.
 * When an extension fails, nobody tells the work, which goes on. And work that hangs for ever is held for ever: the
 * watchdog knows that the process lives, not that it gets anywhere.
 * Read next: fenced-claim.ts (a holder that is too late is refused), redlock.ts (more than one Redis).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

/** KEYS[1] the lock; ARGV[1] the token. Returns 1 if it was ours and is gone, 0 if not. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

/**
 * KEYS[1] the lock; ARGV[1] the token, ARGV[2] the TTL in ms from now. Returns 1 if it is ours and extended, 0 if not.
 *
 * It compares, because a plain PEXPIRE would extend the next holder's lock; and it does not SET, because that would
 * take a lock back that has expired, from somebody who may hold it.
 */
const EXTEND = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0`;

const update: Update = async (_account, think, { redis, lockKey, token, account, holding, settings, signal }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  while ((await redis.set(lockKey, token, 'PX', settings.ttlMs, 'NX')) !== 'OK') {
    if (performance.now() >= giveUpAt) return 'not-acquired';
    const pauseMs = settings.retryDelayMs * (0.5 + Math.random() / 2);
    if (!(await delay(pauseMs, true, { signal }).catch(() => false))) return 'not-acquired';
  }
  // A third: one extension may be lost or late, and the next one is still in time.
  const watchdog = setInterval(async () => {
    const extended = await redis.eval(EXTEND, 1, lockKey, token, settings.ttlMs).catch(() => 0);
    // Lost, or Redis is not there: it ends, as Redisson's does. Aborting the work here would be better manners and no
    // more: the work may be past the point where it looks.
    if (extended !== 1) clearInterval(watchdog);
  }, settings.ttlMs / 3);
  try {
    await holding(async () => {
      const balance = await account.read();
      await account.write(balance + (await think()));
    });
    return 'written';
  } finally {
    // First the watchdog. An extension that is already under way finds no key or another one's, and changes nothing.
    clearInterval(watchdog);
    await redis.eval(RELEASE, 1, lockKey, token).catch(() => {});
  }
};

export default update;
