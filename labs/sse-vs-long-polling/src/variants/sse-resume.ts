/**
 * sse-resume: an event stream to come back to.
 *
 *   retry: 700                      a browser that comes back waits so long; by chance, another for each stream
 *   id: 5f1c:42                     each message has its place in the history
 *   Last-Event-ID: 5f1c:42          a browser sends it back by itself when it connects again
 *   event: history-lost             the place is not here (any more): load what you show anew
 *
 * Invariant: a subscriber gets each message once and in order, or is told that it does not; and nobody makes this
 * process keep more than the ring and maxBufferedBytes a reader. A Last-Event-ID that makes no sense is answered with
 * history-lost, not with 400: on anything but 200 an EventSource gives up for ever.
 * Read next: ../subscriptions.ts (replay and live), ../readers.ts (the slow one is cut), ../follow-stream.ts (the way
 * back); sse-resume-no-epoch.ts for what half of an id is worth.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Feed, FeedContext, PushVariant } from '../contract.ts';
import { formatEvent, formatRetry, STREAM_HEADERS, streamTransport } from '../event-stream.ts';
import { followStream } from '../follow-stream.ts';
import { createSubscriptions, type Frames, type Places } from '../subscriptions.ts';

/** What is in the stream. An event without data would not be seen: a client drops it. */
export const eventFrames: Frames = {
  message: (id, message) => formatEvent({ id, data: JSON.stringify(message) }),
  position: (id) => formatEvent({ id, event: 'position', data: '{}' }),
  historyLost: (id) => formatEvent({ id, event: 'history-lost', data: '{}' }),
};

const NO_HEADERS: IncomingMessage['headers'] = Object.freeze({});
const NO_RAW_HEADERS: string[] = [];

/**
 * What stays with an idle reader is an entry in readers.ts and one in the host, which cuts it at the end; and what
 * node:http keeps for a connection: socket, parser, request and response. The parser, most of what is outside of V8's
 * heap, could be had back only through fields that nobody has documented. But the request keeps its headers, as text and
 * as an object, and a browser sends a kilobyte of them, more with cookies. Nobody asks for them again.
 */
function forgetHeaders(request: IncomingMessage): void {
  request.headers = NO_HEADERS;
  request.rawHeaders = NO_RAW_HEADERS;
}

/** Each GET of /events is answered with a stream that is open, and handed over with the id that came with it. */
export async function createEventServer(
  { libraries, settings }: Pick<FeedContext, 'libraries' | 'settings'>,
  subscribe: (response: ServerResponse, lastEventId: string | undefined) => void,
): Promise<FastifyInstance> {
  const app = libraries.fastify();
  app.get<{ Headers: { 'last-event-id'?: string } }>('/events', (request, reply) => {
    // From here on the connection is ours, and Fastify forgets it: nothing of its own stays with an idle reader.
    reply.hijack();
    const response = reply.raw;
    // An answer in chunks would put a line before and after each message, to tell where the answer ends. It does not.
    response.removeHeader('transfer-encoding');
    response.writeHead(200, { ...STREAM_HEADERS, connection: 'close' });
    // Without it the headers wait for the first message, and the client does not know that it is connected.
    response.flushHeaders();
    response.write(formatRetry(settings.reconnectMs));
    const lastEventId = request.headers['last-event-id'];
    forgetHeaders(request.raw);
    subscribe(response, lastEventId);
  });
  await app.ready();
  return app;
}

/** The feed over HTTP/1.1. `places`: how a place in the history is written and found; with the epoch if left out. */
export async function serveEvents(context: FeedContext, places?: Places): Promise<Feed> {
  const { publish, subscribe } = createSubscriptions({
    context,
    transport: streamTransport,
    frames: eventFrames,
    ...(places === undefined ? {} : { places }),
  });
  const app = await createEventServer(context, subscribe);
  return { server: app.server, publish, close: () => app.close() };
}

const variant: PushVariant = {
  serve: (context) => serveEvents(context),
  subscribe: (context) => followStream(context, context.eventStream),
};
export default variant;
