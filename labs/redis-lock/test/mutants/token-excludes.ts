/** Disabled: NX. It sets the key and takes it from whoever has it; each release then finds another one's token. */
import type { Update } from '../../src/contract.ts';

const RELEASE = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0`;

const update: Update = async (_account, think, { redis, lockKey, token, account, holding, settings }) => {
  await redis.set(lockKey, token, 'PX', settings.ttlMs);
  try {
    await holding(async () => {
      const balance = await account.read();
      await account.write(balance + (await think()));
    });
    return 'written';
  } finally {
    await redis.eval(RELEASE, 1, lockKey, token).catch(() => {});
  }
};

export default update;
