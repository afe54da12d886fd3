/** The source against feeds that take messages, take their time, or do not. */
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@backend-labs/testbed';
import { expect, test } from 'vitest';
import type { Message } from '../src/contract.ts';
import { createSource } from '../src/source/app.ts';
import { listen } from './servers.ts';

/** Keeps what it was sent; `answer` says with which status, when it wants to. */
async function openFeed(answer: (message: Message) => number | Promise<number> = () => 202, port = 0) {
  const messages: Message[] = [];
  const connections = new Set<unknown>();
  let atOnce = 0;
  let mostAtOnce = 0;
  const service = await listen(
    {
      async handle(request, response) {
        connections.add(request.socket);
        mostAtOnce = Math.max(mostAtOnce, ++atOnce);
        const message = JSON.parse(await text(request)) as Message;
        messages.push(message);
        const status = await answer(message);
        atOnce -= 1;
        response.writeHead(status).end('{}');
      },
    },
    port,
  );
  return { ...service, messages, connections, mostAtOnce: () => mostAtOnce };
}

const openSource = async (feedUrl: string, messageBytes = 100) => listen(await createSource({ feedUrl, messageBytes }));
type Accepted = [id: number, publishedAtMs: number][];

test('a message is stamped, padded and handed to the feed, and is in the list of what was accepted', async () => {
  await using feed = await openFeed();
  await using source = await openSource(feed.url);
  expect(await source.post('/messages/7')).toEqual({ status: 202, body: { id: 7 } });
  const [message] = feed.messages as [Message];
  expect(message.id).toBe(7);
  expect(Buffer.byteLength(message.text)).toBe(100);
  expect(await source.get<Accepted>('/control/accepted')).toEqual([[7, message.publishedAtMs]]);
});

test.each([0, 5, 100_000])('a text has %i bytes if that is asked for', async (bytes) => {
  await using feed = await openFeed();
  await using source = await openSource(feed.url, bytes);
  await source.post('/messages/123456789');
  expect(feed.messages.map(({ text }) => Buffer.byteLength(text))).toEqual([bytes]);
});

test('who publishes by hand may give a text, with whatever type curl says it has', async () => {
  await using feed = await openFeed();
  await using source = await openSource(feed.url);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const body = JSON.stringify({ text: 'grüß\nGott' });
  const { status } = await fetch(`${source.url}/messages/1`, { method: 'POST', headers, body });
  expect([status, feed.messages[0]?.text]).toEqual([202, 'grüß\nGott']);
});

test('the feed gets one message at a time over one connection, in the order in which they came', async () => {
  await using feed = await openFeed(async ({ id }) => {
    await delay(id % 3);
    return 202;
  });
  await using source = await openSource(feed.url);
  const ids = Array.from({ length: 40 }, (_, index) => index);
  const answers: Promise<unknown>[] = [];
  for (const id of ids) {
    answers.push(source.post(`/messages/${id}`));
    // Each on a connection of its own: without a turn in between they would come in any order.
    await delay(2);
  }
  await Promise.all(answers);
  expect(feed.messages.map(({ id }) => id)).toEqual(ids);
  expect([feed.mostAtOnce(), feed.connections.size]).toEqual([1, 1]);
  const accepted = await source.get<Accepted>('/control/accepted');
  expect(accepted.map(([id]) => id)).toEqual(ids);
  const times = accepted.map(([, atMs]) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('what the feed refuses is answered 503 with what it said, and is not accepted', async () => {
  await using feed = await openFeed(({ id }) => (id === 2 ? 503 : 202));
  await using source = await openSource(feed.url);
  const answers = [];
  for (const id of [1, 2, 3]) answers.push(await source.post(`/messages/${id}`));
  expect(answers.map(({ status }) => status)).toEqual([202, 503, 202]);
  expect(answers[1]?.body.error).toContain('answered 503');
  expect((await source.get<Accepted>('/control/accepted')).map(([id]) => id)).toEqual([1, 3]);
});

test('while the feed is away each message is refused, and the first one after its return is accepted', async () => {
  let feed = await openFeed();
  await using source = await openSource(feed.url);
  const { port } = feed;
  expect((await source.post('/messages/1')).status).toBe(202);
  await feed[Symbol.asyncDispose]();
  const away = [await source.post('/messages/2'), await source.post('/messages/3')];
  expect(away.map(({ status }) => status)).toEqual([503, 503]);
  for (const { body } of away) expect(body.error).toContain('is away');
  feed = await openFeed(undefined, port);
  await using _ = feed;
  expect((await source.post('/messages/4')).status).toBe(202);
});

test('behind a feed that hangs nobody waits for those before: five are given up in the time of one', async () => {
  await using feed = await openFeed(({ id }) => (id < 6 ? new Promise<number>(() => {}) : 202));
  await using source = await openSource(feed.url);
  const publish = async (...ids: number[]) => {
    const fromMs = performance.now();
    const answers = await Promise.all(ids.map((id) => source.post(`/messages/${id}`)));
    for (const { status, body } of answers) {
      expect(status).toBe(503);
      expect(body.error).toContain('within 1000 ms');
    }
    return performance.now() - fromMs;
  };
  const oneMs = await publish(0);
  expect((await publish(1, 2, 3, 4, 5)) / oneMs).toBeLessThan(2.5);
  expect((await source.post('/messages/6')).status).toBe(202);
});

test.each(['-1', '1.5', 'abc', '1e3', '%20', '99999999999999999', '9999999999999999'])(
  'an id of %s is refused, with what is wrong',
  async (id) => {
    await using feed = await openFeed();
    await using source = await openSource(feed.url);
    const { status, body } = await source.post(`/messages/${id}`);
    expect([status, feed.messages]).toEqual([400, []]);
    expect(body.error).toMatch(/→ at id/);
  },
);

test.each([
  ['no JSON', '{'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a text that is a number', '{"text":1}'],
  ['something else', '{"txt":"x"}'],
])('a body that is %s is refused, with what is wrong', async (_, body) => {
  await using feed = await openFeed();
  await using source = await openSource(feed.url);
  const answer = await source.post('/messages/1', body);
  expect([answer.status, feed.messages]).toEqual([400, []]);
  expect(answer.body.error).toMatch(/text|txt/);
});

test('a body of more than 64 KiB is refused', async () => {
  await using feed = await openFeed();
  await using source = await openSource(feed.url);
  const largest = 'x'.repeat(64 * 1024 - '{"text":""}'.length);
  expect((await source.post('/messages/1', JSON.stringify({ text: largest }))).status).toBe(202);
  const { status, body } = await source.post('/messages/2', JSON.stringify({ text: `${largest}x` }));
  expect([status, typeof body.error]).toEqual([413, 'string']);
  expect(feed.messages.map(({ id }) => id)).toEqual([1]);
});

test('a source ends while the feed still owes it an answer', async () => {
  await using feed = await openFeed(() => new Promise<number>(() => {}));
  const source = await openSource(feed.url);
  const asked = source.post('/messages/1').catch(() => null);
  await until('the feed was asked', () => feed.messages.length > 0);
  await source[Symbol.asyncDispose]();
  expect(await asked).toBeNull();
});
