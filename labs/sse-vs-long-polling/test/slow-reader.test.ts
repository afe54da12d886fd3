import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import sse from '../src/variants/sse.ts';
import sseHttp2 from '../src/variants/sse-http2.ts';
import sseResume from '../src/variants/sse-resume.ts';
import websocket from '../src/variants/websocket.ts';
import websocketResume from '../src/variants/websocket-resume.ts';
import { messageOf, type OpenFeed, openFeed, range, subscribeTo, until, untilReached } from './feed-with.ts';

const CAP = 1_000_000;
/** More than the cap and what the kernel keeps for a connection. */
const LONG = 'x'.repeat(100_000);
const COUNT = 400;

const STREAM = 'GET /events HTTP/1.1\r\nHost: feed\r\n\r\n';
const SOCKET = [
  'GET / HTTP/1.1',
  'Host: feed',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  '\r\n',
].join('\r\n');

/** Somebody who asks, gets the first bytes, and reads nothing more. */
async function stalledReader(port: number, question: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(question);
  await once(socket, 'readable');
  return socket;
}

async function publishMuch(feed: OpenFeed): Promise<void> {
  for (const id of range(1, COUNT)) {
    await feed.host.publish(messageOf(id, LONG));
    // What can be sent is sent in between.
    await setImmediate();
  }
}

/** Reads on, until the connection ends or everything has come. */
async function readOn(socket: Socket): Promise<number> {
  let bytes = 0;
  const over = once(socket, 'close');
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (bytes >= COUNT * LONG.length) socket.destroy();
  });
  await over;
  return bytes;
}

test.each([
  ['sse-resume', sseResume, STREAM],
  ['websocket-resume', websocketResume, SOCKET],
])('%s: who does not read is cut, and the others get everything', async (_, variant, question) => {
  await using feed = await openFeed(variant, { settings: { maxBufferedBytes: CAP } });
  await using one = subscribeTo(feed.port, variant);
  await untilReached(feed, one);
  const stalled = await stalledReader(feed.port, question);
  await publishMuch(feed);
  await until(() => one.ids().length >= COUNT);
  expect(one.ids()).toEqual(range(1, COUNT));
  expect(await readOn(stalled)).toBeLessThan(COUNT * LONG.length);
});

test('sse-http2: a stream that is not read is closed, and the others of its connection get everything', async () => {
  await using feed = await openFeed(sseHttp2, { settings: { maxBufferedBytes: CAP } });
  const session = connectHttp2(feed.url).on('error', () => {});
  const stalled = session.request({ ':path': '/events' }).on('error', () => {});
  const reading = session.request({ ':path': '/events' }).on('error', () => {});
  await Promise.all([once(stalled, 'response'), once(reading, 'response')]);
  let bytes = 0;
  reading.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  for (const id of range(1, COUNT)) {
    await feed.host.publish(messageOf(id, LONG));
    await until(() => bytes >= id * LONG.length);
  }
  await until(() => stalled.closed);
  expect(stalled.rstCode).toBe(constants.NGHTTP2_CANCEL);
  expect(reading.closed).toBe(false);
  session.destroy();
});

test.each([
  ['sse', sse, STREAM],
  ['websocket', websocket, SOCKET],
])('%s: for who does not read everything is kept', async (_, variant, question) => {
  await using feed = await openFeed(variant, { settings: { maxBufferedBytes: CAP } });
  const stalled = await stalledReader(feed.port, question);
  await publishMuch(feed);
  expect(await readOn(stalled)).toBeGreaterThanOrEqual(COUNT * LONG.length);
});

test('sse-resume: who is cut and reads again comes back for the rest', async () => {
  // The whole of it is in the ring, and more than the cap.
  await using feed = await openFeed(sseResume, { settings: { maxBufferedBytes: CAP, ringSize: 2 * COUNT } });
  await using one = subscribeTo(feed.port, sseResume);
  await untilReached(feed, one);
  // Faster than anybody reads: all in one turn.
  for (const id of range(1, COUNT)) feed.host.publish(messageOf(id, LONG));
  await until(() => one.ids().length >= COUNT);
  expect(one.ids()).toEqual(range(1, COUNT));
  expect(one.told()).toBe(0);
});
