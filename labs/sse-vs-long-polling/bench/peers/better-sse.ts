/**
 * better-sse: the library's channel, on a plain server of node:http, as its own guide has it.
 *
 * The same work as the others: one JSON text for all (its default would stringify again for each session), a heartbeat
 * as often, and the id that a channel gives to each event. What it has beyond that is a Request and a Response for each
 * session. Rejected: its batches, which would write an event without an id once for all; a channel does not do that.
 */
import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';
import type { PushVariant } from '../../src/contract.ts';
import { followStream } from '../../src/follow-stream.ts';

const variant: PushVariant = {
  serve({ settings }) {
    const channel = createChannel();
    const server = createServer(async (request, response) => {
      const session = await createSession(request, response, {
        serializer: (text) => text as string,
        keepAlive: settings.heartbeatMs,
      });
      channel.register(session);
    });
    return { server, publish: (message) => void channel.broadcast(JSON.stringify(message)) };
  },
  subscribe: (context) => followStream(context, context.eventStream),
};
export default variant;
