/**
 * Reading a WebSocket's messages.
 *
 * Without permessage-deflate, which ws would offer: for messages this small it costs several times the CPU.
 * Read next: incoming.ts (how messages wait for their reader).
 */
import { type RawData, WebSocket } from 'ws';
import { ANSWER_LIMIT_MS } from './event-stream.ts';
import { Incoming } from './incoming.ts';
import type { Lifetime } from './lifetime.ts';

/** A close without a closing handshake (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

/** Opens a WebSocket. Fails when it cannot be opened, and when the connection breaks without a closing handshake. */
export function openWebSocket(url: string, lifetime: Lifetime): Incoming<string> {
  const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: ANSWER_LIMIT_MS });
  const messages = new Incoming<string>(
    { pause: () => socket.pause(), resume: () => socket.resume(), destroy: () => socket.terminate() },
    lifetime,
  );
  // The type that ws gives messages unless it is asked for another: one buffer.
  socket.on('message', (data: RawData) => messages.push((data as Buffer).toString('utf8')));
  socket.on('error', (error) => messages.end(error));
  socket.once('close', (code) => {
    messages.end(code === ABNORMAL ? new Error(`the WebSocket to ${url} broke`) : null);
  });
  return messages;
}
