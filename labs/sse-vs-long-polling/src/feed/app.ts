/**
 * The feed's host: gives one variant a server of its own, listens with it, and takes messages for it.
 *
 *   POST /control/messages   {id, publishedAtMs, text} → 202; 503 if the variant could not accept it
 *   GET  /control/address    {port, protocol} of the public server, where subscribers go
 *   GET  /control/counts     {connections} that are open there
 *   POST /control/cut        resets all of them, and each new one at once, until POST /control/heal
 *
 * Two ports, because what the publisher and the harness ask is not the public's business. Invariant: at the end no
 * connection is waited for. A stream has no end by itself, and server.close() alone would wait for it.
 * Read next: ../contract.ts (what a variant gets), ../variants/short-poll-1s.ts.
 */
import { randomBytes } from 'node:crypto';
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import type { Feed, FeedContext, PushVariant } from '../contract.ts';
import { overTls } from './tls.ts';

/** Nobody listens unless a harness is there. */
const memory = channel('push.memory');
const MEMORY_EVERY_MS = 100;

const REDIS_RETRY_MS = 100;
const LARGEST_MESSAGE_BYTES = 1_048_576;
/** Connections that may wait to be accepted when everybody comes back at once. Node asks for 511 otherwise. */
const BACKLOG = 4096;

const messageSchema = z.strictObject({
  id: z.number().int().nonnegative(),
  publishedAtMs: z.number(),
  text: z.string(),
});

export interface FeedHostOptions {
  variant: PushVariant;
  settings: FeedContext['settings'];
  /** Begins each key and channel in Redis. */
  dataName: string;
  /** Left out: a variant that asks for Redis throws. */
  redisUrl?: string | undefined;
  /** For a proxy in front, which has to know it. 0, the default: any free one. */
  publicPort?: number;
  /** Loopback if left out. All addresses are for a container, whose loopback nobody else reaches. */
  publicHost?: '127.0.0.1' | '0.0.0.0';
  /** Left out: without TLS. */
  tls?: boolean;
}

export interface FeedHost {
  handle: RequestListener;
  /** Where subscribers go. */
  port: number;
  /** What POST /control/messages does. */
  publish: Feed['publish'];
  close: () => Promise<void>;
}

/** Listens for subscribers. Throws what the variant throws, and EADDRINUSE if somebody has the port. */
export async function createFeedHost(options: FeedHostOptions): Promise<FeedHost> {
  const { variant, settings, dataName, redisUrl, publicPort = 0, publicHost = '127.0.0.1', tls = false } = options;
  await using opened = new AsyncDisposableStack();
  const connections: Redis[] = [];
  opened.defer(() => {
    for (const redis of connections) redis.disconnect();
  });
  const ending = new AbortController();
  opened.defer(() => ending.abort());

  const feed = await variant.serve({
    settings,
    epoch: randomBytes(6).toString('hex'),
    dataName,
    connectRedis() {
      const redis = connectRedis(redisUrl);
      connections.push(redis);
      return redis;
    },
    libraries: { express, fastify, WebSocketServer },
    signal: ending.signal,
  });
  // After its connections are cut, and before Redis goes.
  opened.defer(() => feed.close?.());
  const listener = tls ? await overTls(feed.server) : feed.server;
  const { port, connections: open, door } = await listen(listener, { port: publicPort, host: publicHost }, opened);
  opened.defer(() => ending.abort());

  const measuring = setInterval(() => memory.publish({ rssBytes: process.memoryUsage.rss() }), MEMORY_EVERY_MS);
  opened.defer(() => clearInterval(measuring));

  const app = fastify({ bodyLimit: LARGEST_MESSAGE_BYTES });
  opened.defer(() => app.close());
  app.setErrorHandler<Error & { statusCode?: number }>((error, _request, reply) =>
    reply.status(error.statusCode ?? 500).send({ error: error.message }),
  );
  app.get('/control/address', () => ({ port, protocol: tls ? 'https' : 'http' }));
  app.get('/control/counts', () => ({ connections: open.size }));
  app.post('/control/cut', () => {
    door.isShut = true;
    const cut = open.size;
    for (const socket of open) socket.resetAndDestroy();
    return { cut };
  });
  app.post('/control/heal', () => {
    door.isShut = false;
    return {};
  });
  app.post('/control/messages', async (request, reply) => {
    const given = messageSchema.safeParse(request.body);
    if (!given.success) return reply.status(400).send({ error: z.prettifyError(given.error) });
    try {
      await feed.publish(given.data);
    } catch (error) {
      return reply.status(503).send({ error: (error as Error).message });
    }
    return reply.status(202).send({ id: given.data.id });
  });
  await app.ready();
  const owned = opened.move();
  return {
    port,
    publish: feed.publish,
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    close: () => owned.disposeAsync(),
  };
}

/** Resolves with the public port and what is open there. At the end all of its connections are cut. */
async function listen(
  server: Server,
  address: { port: number; host: string },
  opened: AsyncDisposableStack,
): Promise<{ port: number; connections: ReadonlySet<Socket>; door: { isShut: boolean } }> {
  const door = { isShut: false };
  // Not closeAllConnections(): it knows nothing of a WebSocket, and a server of HTTP/2 does not have it.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (door.isShut) return void socket.resetAndDestroy();
    sockets.add(socket);
    socket.on('close', forget);
  });
  function forget(this: Socket): void {
    sockets.delete(this);
  }
  server.listen({ ...address, backlog: BACKLOG });
  await once(server, 'listening');
  opened.defer(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, connections: sockets, door };
}

function connectRedis(url: string | undefined): Redis {
  if (url === undefined) throw new Error('this variant shares its messages through Redis: set REDIS_URL');
  const redis = new Redis(url, {
    // While it is away a command fails at once. Kept and sent later, a message would be published that was refused.
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    retryStrategy: () => REDIS_RETRY_MS,
    // It forgets its subscriptions when a connection breaks in the middle of them, and leaves a rejection to nobody.
    // Whoever subscribes does it each time that the connection is ready.
    autoResubscribe: false,
  });
  // Each try that fails. Without a listener ioredis would write it to the log, ten times a second.
  redis.on('error', () => {});
  return redis;
}
