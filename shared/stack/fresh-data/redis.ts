/**
 * Keys of its own on a Redis: those that begin with a name and a colon.
 *
 * Not one of the numbered databases: there are sixteen of them, and none on a cluster. FLUSHDB would throw away what
 * is not ours. On a cluster only the node of the url is cleared. Read next: postgres.ts.
 */
import type { Redis } from 'ioredis';
import type { MakeFreshData } from './fresh-data.ts';

const CONNECT_LIMIT_MS = 2000;
const COMMAND_LIMIT_MS = 5000;
/** How many keys a step looks at: the server answers nobody else during a step. */
const BATCH = 1000;

async function removeKeys(client: Redis, name: string): Promise<void> {
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'MATCH', `${name}:*`, 'COUNT', BATCH);
    if (keys.length > 0) await client.unlink(...keys);
    cursor = next;
  } while (cursor !== '0');
}

export const freshKeys: MakeFreshData = async (url, name) => ({
  url,
  async [Symbol.asyncDispose]() {
    // Loaded here and not above: who only asks what there is (doctor) should not load every client.
    const { Redis, ReplyError } = await import('ioredis');
    const client = new Redis(url, {
      lazyConnect: true,
      connectTimeout: CONNECT_LIMIT_MS,
      commandTimeout: COMMAND_LIMIT_MS,
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
    });
    // It tells the caller as well.
    client.on('error', () => {});
    try {
      await client.connect();
      await removeKeys(client, name);
    } catch (error) {
      // It is not there, or it is still loading, or a replica: what that one has is its master's.
      const isAnswer = error instanceof ReplyError && !/^(LOADING|READONLY|MASTERDOWN)/.test((error as Error).message);
      if (isAnswer) throw error;
    } finally {
      client.disconnect();
    }
  },
});
