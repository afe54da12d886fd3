/**
 * A Redis Stream as the history that several servers share: a message is in it before anybody is told, and its id is
 * its place, the same one for every server.
 *
 *   XADD key MAXLEN ~ n *       a message has its place; the oldest go when there are many more than n
 *   XREAD BLOCK … after last    what came since, also what came while this server was away
 *   XRANGE id +                 what somebody has not got who comes back
 *
 * Invariant: `follow` gives every entry that the stream still has, once and in order, whatever happens to the connection.
 * Read next: variants/sse-redis-stream.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Message } from './contract.ts';
import { isAfter, isStreamId } from './stream-id.ts';

export interface Entry {
  id: string;
  /** The message as its JSON. */
  text: string;
}

const FIELD = 'message';
const BLOCK_MS = 5000;
const RETRY_MS = 100;
/** The place before the first entry. */
export const START = '0-0';

type RawEntry = [id: string, fields: string[]];
const entryOf = ([id, [, text = '']]: RawEntry): Entry => ({ id, text });

/** Rejects while Redis is away: then the message is not accepted, and whoever publishes may try again. */
export async function append(
  redis: Redis,
  { key, length, message }: { key: string; length: number; message: Message },
) {
  // ~: whole nodes of the tree are dropped, which costs nothing; some more than `length` may stay.
  await redis.xadd(key, 'MAXLEN', '~', length, '*', FIELD, JSON.stringify(message));
}

/** The id of the last entry. */
export async function endOf(redis: Redis, key: string): Promise<string> {
  const [last] = await redis.xrevrange(key, '+', '-', 'COUNT', 1);
  return last?.[0] ?? START;
}

/** Calls `hear` for each entry after the place, until the signal aborts. `redis` is its own: the wait blocks it. */
export async function follow(
  redis: Redis,
  { key, after, hear, signal }: { key: string; after: string; hear: (entry: Entry) => void; signal: AbortSignal },
): Promise<void> {
  let last = after;
  while (!signal.aborted) {
    try {
      // Always from a place. `$` would mean from when the question arrives: Pub/Sub again.
      const read = await redis.xread('BLOCK', BLOCK_MS, 'STREAMS', key, last);
      for (const raw of (read?.[0]?.[1] ?? []) as RawEntry[]) {
        const entry = entryOf(raw);
        last = entry.id;
        hear(entry);
      }
    } catch {
      // Redis is away. It is asked for the same place when it is back.
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/**
 * What came after the place `id`. History is lost if the stream does not have that place: it was trimmed away, Redis
 * came back empty, or there never was such an id. (Nor is the place before the first entry there: who comes back to an
 * empty beginning is told without need, since nothing says that it was not trimmed.) Everything in one answer: with a long history and many who come back
 * at once a real service would take it in pages (COUNT).
 */
export async function since(
  redis: Redis,
  key: string,
  id: string,
): Promise<{ isHistoryLost: boolean; entries: Entry[] }> {
  if (!isStreamId(id)) return { isHistoryLost: true, entries: (await redis.xrange(key, '-', '+')).map(entryOf) };
  // With the place itself, whose being there says that nothing between it and the next was trimmed.
  const entries = (await redis.xrange(key, id, '+')).map(entryOf);
  return { isHistoryLost: entries[0]?.id !== id, entries: entries.filter((entry) => isAfter(entry.id, id)) };
}
