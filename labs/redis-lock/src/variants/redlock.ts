/**
 * Redlock: the lock of token.ts on five Redis servers that know nothing of each other; three of them are enough.
 *
 * Promises what token.ts does, also while two of the five are down: no failover is needed, so none can lose the key.
 * Fails like every lock that expires by time: a holder that pauses after the validity was checked writes too late. In
 * addition when a clock jumps, or a node comes back empty: one of A's three forgets, and B finds three.
 * Source: "Distributed Locks with Redis" in the Redis documentation (the algorithm, and its drift). Kleppmann, "How to
 * do distributed locking", against it; antirez, "Is Redlock safe?", for it: that the validity is checked after the
 * answers are in guards against pauses *while acquiring*, and every lock with a lease has the others.
 * Read next: node-redlock.ts (the same from npm, without two of the steps), fenced-claim.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../contract.ts';

/** KEYS[1] the lock; ARGV[1] the token. Returns 1 if it was ours and is gone, 0 if not. */
const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

const update: Update = async (_account, think, context) => {
  const { redisNodes, lockKey, token, account, holding, settings, signal } = context;
  const { ttlMs, retryDelayMs, acquireTimeoutMs } = settings;
  const quorum = Math.floor(redisNodes.length / 2) + 1;
  // Clocks may run apart by 1 % of the TTL, and Redis' expiry is good to a millisecond.
  const driftMs = 0.01 * ttlMs + 2;
  // A node that is down must not eat up the validity that the others grant. It costs each round this much, however:
  // this waits for all answers and not only for a quorum, which keeps it short.
  const nodeTimeoutMs = ttlMs / 10;
  const inTime = (answer: Promise<unknown>) =>
    Promise.race([answer.catch(() => null), delay(nodeTimeoutMs, null, { ref: false })]);
  // On all nodes, also on those that did not answer: their SET may still be under way. A connection keeps the order, so
  // the release runs after it, whenever that is. With a pool of connections one would have to wait for the SET.
  const release = () => Promise.all(redisNodes.map((node) => inTime(node.eval(RELEASE, 1, lockKey, token))));

  const giveUpAt = performance.now() + acquireTimeoutMs;
  while (true) {
    const startedAt = performance.now();
    const answers = await Promise.all(redisNodes.map((node) => inTime(node.set(lockKey, token, 'PX', ttlMs, 'NX'))));
    const granted = answers.filter((answer) => answer === 'OK').length;
    // From before the first SET was sent: the first node's key may expire that early. performance.now() never jumps.
    const validForMs = ttlMs - (performance.now() - startedAt) - driftMs;
    if (granted >= quorum && validForMs > 0) {
      try {
        await holding(async () => {
          const balance = await account.read();
          await account.write(balance + (await think()));
        }, validForMs);
        return 'written';
      } finally {
        await release();
      }
    }
    // Before it waits: three contenders that keep one or two nodes each would block each other until the TTL.
    await release();
    if (performance.now() >= giveUpAt) return 'not-acquired';
    const pauseMs = retryDelayMs * (0.5 + Math.random() / 2);
    if (!(await delay(pauseMs, true, { signal }).catch(() => false))) return 'not-acquired';
  }
};

export default update;
