/** What a stream leaves behind in the server while nothing is said. */
import { once } from 'node:events';
import { get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import fastify from 'fastify';
import { expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import sseResume from '../src/variants/sse-resume.ts';

test('an idle reader of sse-resume keeps no headers of its request', async () => {
  await using opened = new AsyncDisposableStack();
  const ending = new AbortController();
  opened.defer(() => ending.abort());
  const feed = await sseResume.serve({
    settings: { ringSize: 10, maxBufferedBytes: 1000, holdMs: 1000, heartbeatMs: 20_000, reconnectMs: 1000 },
    epoch: 'one',
    dataName: 'test',
    connectRedis: () => {
      throw new Error('nobody asks for Redis');
    },
    libraries: { express, fastify, WebSocketServer },
    signal: ending.signal,
  });
  opened.defer(() => feed.close?.());
  const server = feed.server as Server;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.defer(() => server.closeAllConnections());
  const asked = once(server, 'request') as Promise<[IncomingMessage]>;
  const { port } = server.address() as AddressInfo;
  const headers = { cookie: 'x'.repeat(4000), 'last-event-id': 'another:1' };
  const request = get({ host: '127.0.0.1', port, path: '/events', headers });
  opened.defer(() => void request.on('error', () => {}).destroy());
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const [chunk] = (await once(response, 'data')) as [Buffer];
  // They have been read before.
  expect(String(chunk)).toContain('event: history-lost');
  const [kept] = await asked;
  expect(kept.headers).toEqual({});
  expect(kept.rawHeaders).toEqual([]);
});
