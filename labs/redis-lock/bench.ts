/**
 * `./lab bench redis-lock`: what does a lock cost, alone and around an update, with nobody in the way and with many?
 *
 * A closed loop: it says how much goes through, and not what a user would wait. No HTTP, no think time, no witness.
 * Each measurement is one Node process with one connection to each Redis, beside redis-benchmark on the same server.
 * Read next: bench/lock-alone.ts, bench/judged.ts, bench/updates.ts.
 */
import type { BenchContext, BenchReport } from '@backend-labs/load';
import { judgeToken } from './bench/judged.ts';
import { benchLockAlone } from './bench/lock-alone.ts';
import { planOf } from './bench/plan.ts';
import { openStand } from './bench/stand.ts';
import { benchOneAccount, benchUpdates } from './bench/updates.ts';

export default async function benchRedisLock(context: BenchContext): Promise<BenchReport> {
  const plan = planOf(context);
  await using stand = await openStand(context, Math.max(...plan.levels));
  const part = await judgeToken(stand, plan, context);
  const lockAlone = await benchLockAlone(stand, plan, context);
  const updates = await benchUpdates(stand, plan, context);
  const oneAccount = await benchOneAccount(stand, plan, context);
  return { name: 'redis-lock', tables: [lockAlone, updates, oneAccount], parts: [part] };
}
