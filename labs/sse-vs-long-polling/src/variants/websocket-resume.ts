/**
 * websocket-resume: what sse-resume has, over a socket. The protocol helps with none of it, so it is in the frames.
 *
 *   → GET /?after=5f1c:42                      where the subscriber is; nothing the first time
 *   ← {"cursor":"5f1c:43","message":{…}}       a message and its place
 *   ← {"cursor":"5f1c:40","historyLost":true}  the place asked for is not here (any more)
 *   ← {"cursor":"5f1c:42"}                     where the history is now
 *
 * Invariant: as in sse-resume.ts. The cursor is in the address, because a browser sends no headers of ours with a
 * WebSocket; and one that makes no sense is answered in a frame, because a browser does not say why it was refused.
 * Read next: ../subscriptions.ts, sse-redis-pubsub.ts (more than one server).
 */
import { createServer } from 'node:http';
import type { WebSocket } from 'ws';
import type { PushVariant } from '../contract.ts';
import type { Transport } from '../readers.ts';
import { createSubscriptions, type Frames } from '../subscriptions.ts';

/** Subscribers say nothing. */
const MOST_HEARD_BYTES = 1024;

const frames: Frames = {
  message: (cursor, message) => frameOf({ cursor, message }),
  position: (cursor) => frameOf({ cursor }),
  historyLost: (cursor) => frameOf({ cursor, historyLost: true }),
};

// Bytes, not a string: that would be encoded again for each socket.
const frameOf = (content: unknown) => Buffer.from(JSON.stringify(content));

const transport: Transport<WebSocket> = {
  write: (socket, frame) => socket.send(frame, { binary: false }),
  waitingBytes: (socket) => socket.bufferedAmount,
  heartbeat: (socket) => socket.ping(),
  // Not close(): that waits for the other side's answer, which does not read.
  cut: (socket) => socket.terminate(),
};

const variant: PushVariant = {
  serve(context) {
    const subscriptions = createSubscriptions({ context, transport, frames });
    const server = createServer((_request, response) => response.writeHead(426).end('this is a WebSocket\n'));
    const webSockets = new context.libraries.WebSocketServer({
      server,
      path: '/',
      perMessageDeflate: false,
      maxPayload: MOST_HEARD_BYTES,
    });
    webSockets.on('connection', (socket, request) => {
      socket.on('error', () => {});
      const { searchParams } = new URL(request.url ?? '/', 'http://feed');
      subscriptions.subscribe(socket, searchParams.get('after') ?? undefined);
    });
    return { server, publish: subscriptions.publish };
  },

  async subscribe({ webSocket, deliver, historyLost, wait, random, settings, signal }) {
    let cursor = '';
    while (!signal.aborted) {
      try {
        for await (const text of webSocket(cursor === '' ? '/' : `/?after=${encodeURIComponent(cursor)}`)) {
          const frame = JSON.parse(text);
          cursor = frame.cursor;
          if (frame.historyLost) historyLost();
          if (frame.message !== undefined) deliver(frame.message);
        }
      } catch {
        // Comes back below.
      }
      await wait(settings.reconnectMs * (1 + random()));
    }
  },
};
export default variant;
