/**
 * Redlock from npm: `redlock` 5.0.0-beta.2, the specimen beside redlock.ts.
 *
 * Promises what redlock.ts does.
 * Fails in three more ways, each marked below: it does not check how long a lock is still valid; nodes that it won in a
 * lost round stay locked until its next one, so contenders block each other; and a node that accepts a command without
 * answering is waited for without end.
 * Read next: redlock.ts, line by line beside this; fenced-claim.ts (what helps whichever library granted the lock).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

const update: Update = async (_account, think, context) => {
  const { redisNodes, lockKey, account, holding, libraries, settings, signal } = context;
  const { ttlMs, retryDelayMs, acquireTimeoutMs } = settings;
  // One for each update, so that this file holds no state; a service would make one for all. Its commands are EVALSHA
  // and, the first time, EVAL. The lock's value is its own: it takes no token.
  const redlock = new libraries.Redlock(redisNodes, {
    // Delay ± jitter is 0.5 to 1 times our delay, and it counts tries and not time: as many as fit on average. Rounds
    // that take long themselves come on top.
    retryDelay: 0.75 * retryDelayMs,
    retryJitter: 0.25 * retryDelayMs,
    retryCount: Math.ceil(acquireTimeoutMs / (0.75 * retryDelayMs)),
  });
  // Trap: no time limit for a node. With three of five that hang, neither side gets its three votes and the promise
  // never settles, whatever retryCount says. The library is left as it is, but a request must end: this stops waiting
  // when the caller is gone, or after twice the time, which is late enough for all that would still have ended by
  // itself.
  const orGivenUp = <T>(waiting: Promise<T>) =>
    Promise.race([waiting, delay(2 * acquireTimeoutMs, null, { signal, ref: false }).catch(() => null)]);

  // Trap: between two rounds it keeps the nodes that it won, for the TTL, and its script takes a key that exists for
  // somebody else's, its own too: after two of five it needs the three others, all at once. It releases at the very
  // end.
  const acquiring = redlock.acquire([lockKey], ttlMs).catch((error: Error) => {
    if (error.name === 'ExecutionError') return null;
    throw error;
  });
  const lock = await orGivenUp(acquiring);
  if (lock === null) {
    // Where only our patience ended, it may still succeed, for nobody.
    acquiring.then((late) => late && redlock.release(late, { retryCount: 0 })).catch(() => {});
    return 'not-acquired';
  }
  try {
    await holding(
      async () => {
        const balance = await account.read();
        await account.write(balance + (await think()));
      },
      // Trap: acquire() computes the expiration and never looks at it. After slow answers this is negative: a lock that
      // had expired on every node before it was handed over. `if (lock.expiration <= Date.now())` belongs to each use.
      lock.expiration - Date.now(),
    );
    return 'written';
  } finally {
    // Trap: a lock that has expired cannot be released, so release() tries as often as acquire() and then throws. One
    // try is enough: what it did not delete expires. The error says nothing that the work would need to know.
    await orGivenUp(redlock.release(lock, { retryCount: 0 })).catch(() => {});
  }
};

export default update;
