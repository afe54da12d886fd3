/**
 * websocket: every message to every open socket. The example of the library's own README.
 *
 * What is missing is the same as in sse.ts, and the protocol brings none of it: no ids, so what is published while a
 * connection is down is gone; no look at bufferedAmount, so what a reader does not take piles up in this process; and
 * coming back is left to the client, here without jitter. (EventSource at least comes back by itself.)
 * Read next: websocket-resume.ts.
 */
import { createServer } from 'node:http';
import type { PushVariant } from '../contract.ts';

const variant: PushVariant = {
  serve({ libraries }) {
    const server = createServer((_request, response) => response.writeHead(426).end('this is a WebSocket\n'));
    // Compressed, each socket would keep a window of its own and each delivery would be compressed again.
    const webSockets = new libraries.WebSocketServer({ server, perMessageDeflate: false });
    webSockets.on('connection', (socket) => socket.on('error', () => {}));
    return {
      server,
      publish(message) {
        const text = JSON.stringify(message);
        for (const socket of webSockets.clients) {
          if (socket.readyState === socket.OPEN) socket.send(text);
        }
      },
    };
  },

  async subscribe({ webSocket, deliver, wait, settings, signal }) {
    while (!signal.aborted) {
      try {
        for await (const text of webSocket('/')) deliver(JSON.parse(text));
      } catch {
        // Comes back below.
      }
      await wait(settings.reconnectMs);
    }
  },
};
export default variant;
