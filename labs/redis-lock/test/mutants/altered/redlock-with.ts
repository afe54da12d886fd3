/**
 * src/variants/redlock.ts again, with the two things as options that its mutants change: how many nodes are enough, and
 * whether it looks at the clock. Without options it is the same lock. Read the variant first.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Update } from '../../../src/contract.ts';

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

export interface RedlockOptions {
  /** Nodes that must grant it; more than half of them by default. */
  quorum?: number;
  /** False: it waits for each node as long as it takes, and does not ask what is left of the TTL then. */
  looksAtTheClock?: boolean;
}

export function redlockWith({ quorum, looksAtTheClock = true }: RedlockOptions): Update {
  return async (_account, think, { redisNodes, lockKey, token, account, holding, settings, signal }) => {
    const { ttlMs, retryDelayMs, acquireTimeoutMs } = settings;
    const enough = quorum ?? Math.floor(redisNodes.length / 2) + 1;
    const driftMs = 0.01 * ttlMs + 2;
    const inTime = (answer: Promise<unknown>) => {
      const settled = answer.catch(() => null);
      return looksAtTheClock ? Promise.race([settled, delay(ttlMs / 10, null, { ref: false })]) : settled;
    };
    const release = () => Promise.all(redisNodes.map((node) => inTime(node.eval(RELEASE, 1, lockKey, token))));

    const giveUpAt = performance.now() + acquireTimeoutMs;
    while (true) {
      const startedAt = performance.now();
      const answers = await Promise.all(redisNodes.map((node) => inTime(node.set(lockKey, token, 'PX', ttlMs, 'NX'))));
      const granted = answers.filter((answer) => answer === 'OK').length;
      const validForMs = ttlMs - (performance.now() - startedAt) - driftMs;
      if (granted >= enough && (validForMs > 0 || !looksAtTheClock)) {
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
      await release();
      if (performance.now() >= giveUpAt) return 'not-acquired';
      const pauseMs = retryDelayMs * (0.5 + Math.random() / 2);
      if (!(await delay(pauseMs, true, { signal }).catch(() => false))) return 'not-acquired';
    }
  };
}
