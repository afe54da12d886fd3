/**
 * sse-http2: sse-resume over HTTP/2, where all streams of a client share one connection.
 *
 * Over HTTP/1.1 each stream is a connection, and a browser opens six to one host: the seventh tab waits, for its pages
 * too. Over HTTP/2 a stream is a number; a server allows a hundred or more. The price is that they share more: what is
 * lost on the way holds all of them up, and so does a client that stops reading its connection.
 * Without TLS (h2c), which no browser speaks: in production a proxy in front has the certificate, here ../feed/tls.ts.
 * Read next: sse-resume.ts (everything but the wire is the same).
 */
import { constants, createServer, type ServerHttp2Stream } from 'node:http2';
import type { PushVariant } from '../contract.ts';
import { formatRetry, STREAM_HEADERS, streamTransport } from '../event-stream.ts';
import { followStream } from '../follow-stream.ts';
import type { Transport } from '../readers.ts';
import { createSubscriptions } from '../subscriptions.ts';
import { eventFrames } from './sse-resume.ts';

/**
 * Node refuses new streams when a session holds more (10 by default): too little for ten thousand readers on one
 * connection. What each of them may have waiting is bounded by maxBufferedBytes.
 */
const SESSION_MEMORY_MB = 1000;

const transport: Transport<ServerHttp2Stream> = {
  ...streamTransport,
  // Only this stream, and with a reason: destroy() alone would look like the stream's own end.
  cut: (stream) => stream.close(constants.NGHTTP2_CANCEL),
};

const variant: PushVariant = {
  serve(context) {
    const subscriptions = createSubscriptions({ context, transport, frames: eventFrames });
    const server = createServer({ maxSessionMemory: SESSION_MEMORY_MB });
    // A connection that breaks; its streams are closed with it, and that is where readers go.
    server.on('sessionError', () => {});
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      if (headers[':method'] !== 'GET' || headers[':path'] !== '/events') {
        stream.respond({ ':status': 404 }, { endStream: true });
        return;
      }
      stream.respond({ ':status': 200, ...STREAM_HEADERS });
      stream.write(formatRetry(context.settings.reconnectMs));
      const id = headers['last-event-id'];
      // Given more than once, it is no id at all.
      subscriptions.subscribe(stream, Array.isArray(id) ? id.join() : id);
    });
    return { server, publish: subscriptions.publish };
  },
  subscribe: (context) => followStream(context, context.eventStreamOverHttp2),
};
export default variant;
