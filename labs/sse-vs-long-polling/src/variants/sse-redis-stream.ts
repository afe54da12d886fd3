/**
 * sse-redis-stream: several servers, one history, in Redis. XADD → every server reads on from where it was → its readers.
 *
 * Promises that a message that was accepted reaches every reader of every server, also when a server or its connection
 * to Redis was away, and that a reader may come back to any of them: the id of an event is the stream's.
 * Fails with Redis itself: what a crash of it loses (appendfsync everysec: up to a second) was accepted. Then its place
 * is not there, and who comes back with a later one is told.
 * Invariant: a reader gets each entry after its id once and in order. Its replay comes from Redis, which takes time, so it
 * is first among those who hear live messages, has them put aside, and gets them after the replay, without those that
 * were in it.
 * Read next: ../redis-stream.ts.
 */
import type { ServerResponse } from 'node:http';
import type { PushVariant } from '../contract.ts';
import { formatEvent, streamTransport } from '../event-stream.ts';
import { createReaders } from '../readers.ts';
import { openRedis } from '../redis-connection.ts';
import { append, endOf, follow, START, since } from '../redis-stream.ts';
import { isAfter } from '../stream-id.ts';
import sseResume, { createEventServer } from './sse-resume.ts';

interface Frame {
  id: string;
  bytes: Buffer;
}

/** Trimming is rough, and others may have a longer way back. Redis has the room that a server's ring has not. */
const KEPT_PER_PROMISED = 10;

const LOST = formatEvent({ event: 'history-lost', data: '{}' });

const frameOf = ({ id, text }: { id: string; text: string }): Frame => ({ id, bytes: formatEvent({ id, data: text }) });

const variant: PushVariant = {
  ...sseResume,
  async serve(context) {
    const { settings, dataName, signal } = context;
    const key = `${dataName}:messages`;
    const readers = createReaders<ServerResponse>({ transport: streamTransport, settings, signal });
    /** Those whose replay is on its way, with what came meanwhile. */
    const catchingUp = new Map<ServerResponse, Frame[]>();
    /** How far those are whose replay went beyond what this server had heard. Once it has, they are like all others. */
    const ahead = new Map<ServerResponse, string>();

    const redis = await openRedis(context);
    const blocked = await openRedis(context);
    let last = await endOf(redis, key);
    const following = follow(blocked, {
      key,
      after: last,
      signal,
      hear(entry) {
        last = entry.id;
        const frame = frameOf(entry);
        for (const frames of catchingUp.values()) frames.push(frame);
        readers.broadcast(frame.bytes, (response) => {
          const id = ahead.get(response);
          if (id === undefined) return true;
          if (!isAfter(frame.id, id)) return false;
          ahead.delete(response);
          return true;
        });
      },
    });

    async function resume(response: ServerResponse, lastEventId: string): Promise<void> {
      const meanwhile: Frame[] = [];
      catchingUp.set(response, meanwhile);
      response.once('close', () => {
        catchingUp.delete(response);
        ahead.delete(response);
      });
      // Not a status: the answer has begun. The reader's own way back is the next try.
      const found = await since(redis, key, lastEventId).catch(() => null);
      if (found === null || !catchingUp.delete(response)) return void response.destroy();
      if (found.isHistoryLost) response.write(LOST);
      /** Where the reader is. It may come from a server that was further than this one. */
      let at = found.isHistoryLost ? START : lastEventId;
      for (const frame of [...found.entries.map(frameOf), ...meanwhile]) {
        if (!isAfter(frame.id, at)) continue;
        response.write(frame.bytes);
        at = frame.id;
      }
      if (isAfter(at, last)) ahead.set(response, at);
      readers.add(response);
    }

    const app = await createEventServer(context, (response, lastEventId) => {
      if (lastEventId !== undefined && lastEventId !== '') return void resume(response, lastEventId);
      response.write(formatEvent({ id: last, event: 'position', data: '{}' }));
      readers.add(response);
    });
    return {
      server: app.server,
      publish: (message) => append(redis, { key, length: settings.ringSize * KEPT_PER_PROMISED, message }),
      async close() {
        // The wait in Redis ends with its connection.
        blocked.disconnect();
        await following;
        await app.close();
      },
    };
  },
};
export default variant;
