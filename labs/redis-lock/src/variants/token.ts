/**
 * SET NX PX with a token as the value, and a release that deletes the key only if the token is still in it. The lock
 * that Redis' own documentation gives for one server, and the one that most people should copy.
 *
 * Promises that nobody releases another one's lock: a pause past the TTL gives one double hold and no cascade.
 * Fails as every lock that expires by time: a holder that is paused past its TTL goes on when it wakes up, and writes.
 * It cannot know. Good enough to save work that is done twice (efficiency), not to keep data right (correctness).
 * Read next: token-checked.ts (why asking again does not help), watchdog.ts (why extending does not), fenced-claim.ts
 * (what does: the database has to take part).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

/**
 * KEYS[1] the lock; ARGV[1] the token. Returns 1 if it was ours and is gone, 0 if not.
 *
 * A script, because GET and then DEL is two commands: the key can expire between them and be the next holder's. Newer
 * servers have a command for it (Valkey 9 DELIFEQ, Redis 8.4 DELEX … IFEQ).
 */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

const update: Update = async (_account, think, { redis, lockKey, token, account, holding, settings, signal }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  // A client that sends a command again after a reconnect may be refused by its own first SET. Production code would
  // GET the key then and compare; here it waits for its own TTL like for anybody's.
  while ((await redis.set(lockKey, token, 'PX', settings.ttlMs, 'NX')) !== 'OK') {
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
    // After `holding`: first it stops believing that it holds, then the key goes. If the release fails, what is written
    // stays written, and the TTL frees the lock. EVAL sends the text each time; EVALSHA would save those bytes.
    await redis.eval(RELEASE, 1, lockKey, token).catch(() => {});
  }
};

export default update;
