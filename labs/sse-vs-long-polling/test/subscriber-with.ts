/** A subscriber's context, and servers that answer it with streams, over either version of HTTP. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { Message, StreamEvent } from '../src/contract.ts';
import { createSubscriberContext } from '../src/subscribers/context.ts';

/** A subscriber's context; `messages` is what it has delivered. Disposed, its signal aborts. */
export function openContext(url: string, seed = 1) {
  const ending = new AbortController();
  const messages: Message[] = [];
  const context = createSubscriberContext({
    url,
    onMessage: (message) => messages.push(message),
    onHistoryLost: () => {},
    settings: { reconnectMs: 1 },
    seed,
    signal: ending.signal,
  });
  return { ...context, messages, end: () => ending.abort(), [Symbol.dispose]: () => ending.abort() };
}

/** All that comes, and why it ended: null if it simply did. */
export async function readAll<T>(values: AsyncIterable<T>): Promise<{ values: T[]; error: string | null }> {
  const all: T[] = [];
  try {
    for await (const value of values) all.push(value);
    return { values: all, error: null };
  } catch (error) {
    return { values: all, error: (error as Error).message };
  }
}

export const STREAM = { 'content-type': 'text/event-stream' };
export const event = (data: string, more: Partial<StreamEvent> = {}): StreamEvent => ({
  event: 'message',
  data,
  lastEventId: '',
  ...more,
});

/** A request for a stream, over either version of HTTP. */
interface Answer {
  begin(status: number, headers: Record<string, string>): void;
  /** The answer's body. */
  body: Writable;
  /** The connection, not only this stream. */
  breakConnection(): void;
}
export type Answering = (answer: Answer, path: string, headers: NodeJS.Dict<string | string[]>) => void;

export const serveHttp1 = (answering: Answering) =>
  listening(
    createServer((request, response) => {
      const begin = (status: number, headers: Record<string, string>) =>
        response.writeHead(status, headers).flushHeaders();
      const breakConnection = () => void request.socket.resetAndDestroy();
      answering({ begin, body: response, breakConnection }, request.url ?? '', request.headers);
    }),
  );

export const serveHttp2 = (answering: Answering) =>
  listening(
    createHttp2Server().on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      const begin = (status: number, given: Record<string, string>) => stream.respond({ ':status': status, ...given });
      const breakConnection = () => stream.session?.destroy();
      answering({ begin, body: stream, breakConnection }, headers[':path'] ?? '', headers);
    }),
  );

export async function listening(server: Server) {
  const open = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    open: () => open.size,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
