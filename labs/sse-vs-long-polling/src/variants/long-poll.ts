/**
 * long-poll: ask for the next message; the answer is held until there is one.
 *
 * As it is mostly first written. What is missing is a cursor. `next` means: next from when the question arrives, and
 * between an answer and the following question a subscriber is nobody. What is published in that time is gone, also when
 * no connection breaks: the second of two messages that come together, and everything in a burst but its first.
 * Read next: long-poll-cursor.ts.
 */
import { createServer } from 'node:http';
import type { Response } from 'express';
import type { PushVariant } from '../contract.ts';

const variant: PushVariant = {
  serve({ libraries, settings }) {
    const waiting = new Set<Response>();
    const app = libraries.express();
    app.get('/next', (_request, response) => {
      waiting.add(response);
      // Before a proxy on the way gives up, with an answer that says: nothing yet.
      const timer = setTimeout(() => {
        waiting.delete(response);
        response.status(204).end();
      }, settings.holdMs);
      response.on('close', () => {
        clearTimeout(timer);
        waiting.delete(response);
      });
    });
    return {
      server: createServer(app),
      publish(message) {
        for (const response of waiting) response.json(message);
        // Nobody is left who waits. This is where the next message would be lost.
        waiting.clear();
      },
    };
  },

  async subscribe({ get, deliver, wait, settings, signal }) {
    while (!signal.aborted) {
      try {
        const { status, body } = await get('/next');
        if (status === 200) deliver(JSON.parse(body));
        else if (status !== 204) await wait(settings.reconnectMs);
      } catch {
        await wait(settings.reconnectMs);
      }
    }
  },
};
export default variant;
