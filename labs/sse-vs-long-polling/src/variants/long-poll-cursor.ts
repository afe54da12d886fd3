/**
 * long-poll-cursor: ask for what comes after a cursor. If there is something it comes at once, in one answer.
 *
 *   GET /messages?after=5f1c:42            → held until 43 is there, or nothing after holdMs
 *   GET /messages?after=5f1c:42&holdMs=500 → the same, not longer than half a second
 *
 * Invariant: nothing falls between two questions, because the history is kept here and the cursor there. A burst that
 * comes while nobody asks is one answer: the faster the messages, the more of them share a request (RFC 6202, 2.2).
 * The price: a message that comes right after an answer waits for the way of that answer, the way of the next question
 * and its own, three times the way of a stream.
 * Read next: sse.ts.
 */
import type { PushVariant } from '../contract.ts';
import { MessageLog, NO_CURSOR, take } from '../message-log.ts';

const variant: PushVariant = {
  async serve({ libraries, epoch, settings }) {
    const log = new MessageLog({ epoch, settings });
    const waiting = new Set<() => void>();
    const app = libraries.fastify();

    /** Resolves with the next message, or after so long, or when the asker is gone. */
    function nextMessage(limitMs: number, gone: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          waiting.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, limitMs);
        gone.addEventListener('abort', wake, { once: true });
        waiting.add(wake);
      });
    }

    app.get<{ Querystring: { after?: string; holdMs?: string } }>('/messages', async (request, reply) => {
      const { after, holdMs = String(settings.holdMs) } = request.query;
      // A negative wait would be none, and one of a year a connection that is never given back.
      if (!/^\d{1,9}$/.test(holdMs) || Number(holdMs) > settings.holdMs) {
        return reply.status(400).send({ error: `holdMs must be a whole number from 0 to ${settings.holdMs}` });
      }
      let looked = log.look(after);
      if (looked === null) return reply.status(400).send(NO_CURSOR);
      if (!looked.isNews) {
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort());
        await nextMessage(Number(holdMs), gone.signal);
        looked = log.look(after) ?? looked;
      }
      return reply.type('application/json').header('cache-control', 'no-store').send(looked.body);
    });
    await app.ready();
    return {
      server: app.server,
      publish(message) {
        log.add(message);
        for (const wake of waiting) wake();
      },
      close: () => app.close(),
    };
  },

  async subscribe(context) {
    const { get, wait, random, settings, signal } = context;
    let cursor: string | undefined;
    while (!signal.aborted) {
      const query = cursor === undefined ? '' : `?after=${encodeURIComponent(cursor)}`;
      const answer = await get(`/messages${query}`).catch(() => null);
      if (answer?.status === 200) cursor = take(answer.body, context);
      // Not all at the same moment, when a server comes back that everybody waits for.
      else await wait(settings.reconnectMs * (1 + random()));
    }
  },
};
export default variant;
