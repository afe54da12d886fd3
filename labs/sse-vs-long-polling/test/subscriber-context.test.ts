/** What else a subscriber can do than read event streams: polls, WebSockets, waits; and how all of it ends. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net';
import { until } from '@backend-labs/testbed';
import { describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Message, SubscriberContext } from '../src/contract.ts';
import { seededRandom } from '../src/subscribers/random.ts';
import { listen } from './servers.ts';
import { listening, openContext, readAll, serveHttp2 } from './subscriber-with.ts';

describe('GET', () => {
  test('gives status, headers and the whole body, over one connection for all of a subscriber’s requests', async () => {
    const connections = new Set<Socket>();
    await using server = await listen({
      handle(request, response) {
        connections.add(request.socket);
        response.writeHead(request.url === '/b' ? 404 : 200, { 'x-seen': request.headers['x-given'] ?? '' });
        response.write('grü');
        response.end('ße');
      },
    });
    using one = openContext(server.url);
    using other = openContext(server.url);
    const { status, headers, body } = await one.get('/a', { 'x-given': 'yes' });
    expect([status, headers['x-seen'], body]).toEqual([200, 'yes', 'grüße']);
    expect((await one.get('/b')).status).toBe(404);
    expect(connections.size).toBe(1);
    await other.get('/a');
    expect(connections.size).toBe(2);
  });

  test.each<[string, RequestListener]>([
    ['before the answer', (request) => request.socket.resetAndDestroy()],
    [
      'in the middle of the body',
      (request, response) => {
        response.writeHead(200, { 'content-length': 10 });
        response.write('12345', () => request.socket.resetAndDestroy());
      },
    ],
  ])('rejects when the connection breaks %s', async (_, handle) => {
    await using server = await listen({ handle });
    using one = openContext(server.url);
    await expect(one.get('/')).rejects.toThrow();
  });

  test('rejects when nobody listens', async () => {
    const server = await listen({ handle: () => {} });
    await server[Symbol.asyncDispose]();
    using one = openContext(server.url);
    await expect(one.get('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('a WebSocket', () => {
  async function openServer(onSocket: (socket: WebSocket, extensions: string) => void) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: true });
    server.on('connection', (socket) => onSocket(socket, socket.extensions));
    await once(server, 'listening');
    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async [Symbol.asyncDispose]() {
        for (const socket of server.clients) socket.terminate();
        server.close();
      },
    };
  }

  test('gives its messages until it closes, uncompressed', async () => {
    await using server = await openServer((socket, extensions) => {
      for (const text of ['a', 'grüße', '', extensions]) socket.send(text);
      socket.close(1001);
    });
    using one = openContext(server.url);
    expect(await readAll(one.webSocket('/'))).toEqual({ values: ['a', 'grüße', '', ''], error: null });
  });

  test('throws when it breaks, after what had come', async () => {
    await using server = await openServer((socket) => socket.send('a', () => socket.terminate()));
    using one = openContext(server.url);
    const { values, error } = await readAll(one.webSocket('/'));
    expect([values, error]).toEqual([['a'], expect.stringContaining('broke')]);
  });

  test('throws when it is not opened', async () => {
    await using server = await listen({ handle: (_, response) => response.writeHead(503).end() });
    using one = openContext(server.url);
    expect((await readAll(one.webSocket('/'))).error).toContain('503');
  });

  test('left by its reader, it is gone', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await openServer((socket) => {
      socket.once('close', gone.resolve);
      socket.send('a');
    });
    using one = openContext(server.url);
    for await (const _ of one.webSocket('/')) break;
    await gone.promise;
  });
});

describe('when its signal aborts', () => {
  const silent = () => listening(createNetServer((socket) => void socket.on('error', () => {}).resume()));

  test.each<[string, (context: SubscriberContext) => Promise<unknown>]>([
    ['a GET', (context) => context.get('/')],
    ['an event stream', (context) => readAll(context.eventStream('/'))],
    ['an event stream over HTTP/2', (context) => readAll(context.eventStreamOverHttp2('/'))],
    ['a WebSocket', (context) => readAll(context.webSocket('/'))],
  ])('%s ends at once, and its connection with it', async (_, begin) => {
    await using server = await silent();
    using one = openContext(server.url);
    const asked = begin(one).then(
      (answer) => (answer as { error?: string }).error ?? null,
      (error: Error) => error.message,
    );
    await until('it is connected', () => server.open() === 1);
    one.end();
    expect(await asked).toBe((one.signal.reason as Error).message);
    await until('the connection is gone', () => server.open() === 0);
  });

  test('a wait returns, and later ones do at once', async () => {
    using one = openContext('http://127.0.0.1:9');
    const waited = one.wait(1_000_000_000);
    one.end();
    await waited;
    await one.wait(1_000_000_000);
  });

  test('nothing is asked for any more', async () => {
    await using server = await silent();
    using one = openContext(server.url);
    one.end();
    await expect(one.get('/')).rejects.toBe(one.signal.reason);
    for (const how of ['eventStream', 'eventStreamOverHttp2', 'webSocket'] as const) {
      expect((await readAll<unknown>(one[how]('/'))).error).toBe((one.signal.reason as Error).message);
    }
    expect(server.connections()).toBe(0);
  });
});

test('each request is announced, however it is made', async () => {
  let announced = 0;
  const count = () => {
    announced += 1;
  };
  subscribe('push.requested', count);
  try {
    await using server = await listen({ handle: (_, response) => response.writeHead(500).end() });
    using one = openContext(server.url);
    await one.get('/');
    await readAll(one.eventStream('/'));
    await readAll(one.webSocket('/'));
    await using overHttp2 = await serveHttp2(({ body }) => body.destroy());
    using other = openContext(overHttp2.url);
    await readAll(other.eventStreamOverHttp2('/'));
    expect(announced).toBe(4);
  } finally {
    unsubscribe('push.requested', count);
  }
});

test.each(['https://127.0.0.1:1', 'nowhere'])('a feed at %s is refused', (url) => {
  expect(() => openContext(url)).toThrow(TypeError);
});

test('a message without an id is refused where it is delivered', () => {
  using one = openContext('http://127.0.0.1:9');
  expect(() => one.deliver({ id: '1' } as unknown as Message)).toThrow("a message's id must be an integer, received 1");
});

test('chance is the same for the same seed, and spread evenly over neighbouring seeds', () => {
  const first = (seed: number) => {
    const random = seededRandom(seed);
    return [random(), random(), random()];
  };
  expect(first(7)).toEqual(first(7));
  const seeds = Array.from({ length: 10_000 }, (_, seed) => seed);
  for (const draw of [0, 1, 2]) {
    const tenths = new Array<number>(10).fill(0);
    for (const seed of seeds) (tenths[Math.floor((first(seed)[draw] as number) * 10)] as number) += 1;
    // 1000 each, with a standard deviation of 30.
    for (const one of tenths) expect(Math.abs(one - 1000)).toBeLessThan(150);
  }
});
