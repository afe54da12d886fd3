/**
 * sse-redis-pubsub: several servers, and Redis tells each of them. PUBLISH → every server → its own readers.
 *
 * What is missing is a history in Redis. Pub/Sub is at most once: a message goes to the connections that are subscribed
 * at this moment and is not kept. A server whose connection is down, or not yet subscribed again, never hears of it;
 * PUBLISH succeeds all the same, its answer only counts who was there. Each server keeps what it heard and replays it,
 * so its readers lose nothing by themselves. But what it did not hear it cannot miss, and nobody is told.
 * (And Redis cuts a subscriber that does not keep up: client-output-buffer-limit pubsub, 32 MB.)
 * Read next: sse-redis-stream.ts.
 */
import type { ServerResponse } from 'node:http';
import type { Message, PushVariant } from '../contract.ts';
import { formatEvent, streamTransport } from '../event-stream.ts';
import { createReaders } from '../readers.ts';
import { openRedis } from '../redis-connection.ts';
import { Ring } from '../ring.ts';
import sseResume, { createEventServer } from './sse-resume.ts';

const LOST = formatEvent({ event: 'history-lost', data: '{}' });

const variant: PushVariant = {
  ...sseResume,
  async serve(context) {
    const { settings, epoch, dataName, signal } = context;
    const channel = `${dataName}:messages`;
    const heard = new Ring<{ id: number; frame: Buffer }>({ epoch, size: settings.ringSize });
    const readers = createReaders<ServerResponse>({ transport: streamTransport, settings, signal });

    const publisher = await openRedis(context);
    const listener = await openRedis(context);
    listener.on('message', (_channel, text) => {
      const { id } = JSON.parse(text) as Message;
      // The id is the publisher's: all servers know a message by the same one, so a reader may come back to another.
      const { frame } = heard.add(() => ({ id, frame: formatEvent({ id: String(id), data: text }) }));
      readers.broadcast(frame);
    });
    await listener.subscribe(channel);
    // A new connection is subscribed to nothing. What is published until this has arrived is what gets lost.
    listener.on('ready', () => listener.subscribe(channel).catch(() => {}));

    const app = await createEventServer(context, (response, lastEventId) => {
      const kept = heard.after(0);
      const found = kept.findLastIndex(({ id }) => String(id) === lastEventId);
      if (lastEventId !== undefined && lastEventId !== '') {
        if (found < 0) response.write(LOST);
        // Whoever comes with an id that was not heard here has at least not got the later ones: ids ascend.
        const after = found < 0 ? kept.filter(({ id }) => !(id <= Number(lastEventId))) : kept.slice(found + 1);
        for (const { frame } of after) response.write(frame);
      }
      readers.add(response);
    });
    return {
      server: app.server,
      publish: async (message) => void (await publisher.publish(channel, JSON.stringify(message))),
      close: () => app.close(),
    };
  },
};
export default variant;
