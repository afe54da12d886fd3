/** A connection of a feed's to Redis, that was there once before anybody relies on it. */
import { once } from 'node:events';
import type { Redis } from 'ioredis';
import type { FeedContext } from './contract.ts';

const START_LIMIT_MS = 5000;

/** Resolves when it answers. Throws if it does not at the start; later it comes back by itself, every 100 ms a try. */
export async function openRedis({
  connectRedis,
  signal,
}: Pick<FeedContext, 'connectRedis' | 'signal'>): Promise<Redis> {
  const redis = connectRedis();
  try {
    await once(redis, 'ready', { signal: AbortSignal.any([signal, AbortSignal.timeout(START_LIMIT_MS)]) });
  } catch (error) {
    const { host, port } = redis.options;
    throw new Error(`Redis does not answer at ${host}:${port}, and this variant's servers meet there`, {
      cause: error,
    });
  }
  return redis;
}
