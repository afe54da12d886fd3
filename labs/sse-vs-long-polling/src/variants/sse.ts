/**
 * sse: an answer that does not end, and a write for each message. As it stands in most tutorials.
 *
 * What is missing, and where it hurts:
 *   no ids               what is published while a connection is down is gone, and nobody is told
 *   write()'s answer     says when a reader does not keep up; ignored, so what it does not read piles up in this process
 *   no jitter            after a restart everybody is back in the same moment
 *   no X-Accel-Buffering nginx (HTTP/1.0 to its upstream) keeps messages until a buffer is full
 *   no heartbeat         a proxy ends a stream on which nothing comes for a minute
 * Read next: sse-resume.ts.
 */
import { createServer } from 'node:http';
import type { Response } from 'express';
import type { PushVariant } from '../contract.ts';

const variant: PushVariant = {
  serve({ libraries }) {
    const clients = new Set<Response>();
    const app = libraries.express();
    app.get('/events', (_request, response) => {
      response.set({
        'Content-Type': 'text/event-stream',
        'Cache-Control': 'no-cache',
        Connection: 'keep-alive',
        'Access-Control-Allow-Origin': '*',
      });
      response.flushHeaders();
      clients.add(response);
      response.on('close', () => clients.delete(response));
    });
    return {
      server: createServer(app),
      publish(message) {
        for (const client of clients) client.write(`data: ${JSON.stringify(message)}\n\n`);
      },
    };
  },

  async subscribe({ eventStream, deliver, wait, settings, signal }) {
    while (!signal.aborted) {
      try {
        for await (const { data } of eventStream('/events')) deliver(JSON.parse(data));
      } catch {
        // Comes back below.
      }
      await wait(settings.reconnectMs);
    }
  },
};
export default variant;
