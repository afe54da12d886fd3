/**
 * Short polling: ask every so often whether there is something new. The answer comes at once, mostly with nothing.
 *
 * What it costs is set by the clock, not by the messages: 1 / interval requests a second and subscriber, so
 * 1 / (rate × interval) requests a message, and half an interval of latency on average. Many messages to one answer is
 * where it is as cheap as a stream. It has no connection to lose and no buffer for a slow reader.
 * Invariant: polls lie on a grid, one interval apart, however long an answer takes. The first point is random: a
 * publisher with the same period as the poll would otherwise meet it at the same phase each time, and what is measured
 * is that phase (see variants/short-poll-in-step.ts).
 * Read next: message-log.ts (cursor and history), variants/long-poll.ts.
 */
import type { PushVariant, SubscriberContext } from './contract.ts';
import { MessageLog, NO_CURSOR, take } from './message-log.ts';

/** `isInStep`: the first poll comes after half an interval for everybody, and not at a random time. */
export function createShortPoll({
  intervalMs,
  isInStep = false,
}: {
  intervalMs: number;
  isInStep?: boolean;
}): PushVariant {
  return {
    async serve({ libraries, epoch, settings }) {
      const log = new MessageLog({ epoch, settings });
      const app = libraries.fastify();
      app.get<{ Querystring: { after?: string } }>('/messages', (request, reply) => {
        const looked = log.look(request.query.after);
        if (looked === null) return reply.status(400).send(NO_CURSOR);
        return reply.type('application/json').header('cache-control', 'no-store').send(looked.body);
      });
      await app.ready();
      return { server: app.server, publish: (message) => log.add(message), close: () => app.close() };
    },

    async subscribe(context) {
      const { signal, wait, random } = context;
      let cursor: string | undefined;
      let pollAtMs = performance.now() + intervalMs * (isInStep ? 0.5 : random());
      while (!signal.aborted) {
        await wait(pollAtMs - performance.now());
        if (signal.aborted) return;
        cursor = await poll(cursor, context);
        // An answer that took longer than the interval costs the polls that it covered.
        do pollAtMs += intervalMs;
        while (pollAtMs <= performance.now());
      }
    },
  };
}

/** Returns the cursor to ask with next: the old one, if there was no answer. The next poll is the second try. */
async function poll(cursor: string | undefined, context: SubscriberContext): Promise<string | undefined> {
  const query = cursor === undefined ? '' : `?after=${encodeURIComponent(cursor)}`;
  const answer = await context.get(`/messages${query}`).catch(() => null);
  return answer?.status === 200 ? take(answer.body, context) : cursor;
}
