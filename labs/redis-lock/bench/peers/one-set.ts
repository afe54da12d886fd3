/** No lock: one SET by the variants' own client. What is above it in the table is the lock's, not the client's. */
import type { Update } from '../../src/contract.ts';

const update: Update = async (_account, _think, { redis, lockKey, token }) => {
  await redis.set(lockKey, token);
  return 'written';
};

export default update;
