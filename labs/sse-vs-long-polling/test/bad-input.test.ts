import { createServer, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocket as WebSocketClient } from 'ws';
import type { Message, PushVariant } from '../src/contract.ts';
import longPollCursor from '../src/variants/long-poll-cursor.ts';
import shortPoll100ms from '../src/variants/short-poll-100ms.ts';
import sse from '../src/variants/sse.ts';
import sseHttp2 from '../src/variants/sse-http2.ts';
import sseResume from '../src/variants/sse-resume.ts';
import sseResumeNoEpoch from '../src/variants/sse-resume-no-epoch.ts';
import websocket from '../src/variants/websocket.ts';
import websocketResume from '../src/variants/websocket-resume.ts';
import { type OpenFeed, openFeed, subscribeTo, until, untilReached } from './feed-with.ts';

const NOT_HERE = [
  ['that is no cursor', 'yesterday'],
  ['with a number that is none', 'epoch:-1'],
  ['of another epoch', 'another:1'],
  ['with much in it', 'x'.repeat(5000)],
];

/** What a stream sends first, as text. */
function firstOf(url: string, lastEventId: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/events`, { headers: { 'last-event-id': lastEventId } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (!text.includes('message 2')) return;
        resolve({ status: response.statusCode, text });
        asked.destroy();
      });
    });
    asked.on('error', reject).end();
  });
}

describe('an event stream', () => {
  let feed: OpenFeed;
  beforeAll(async () => {
    feed = await openFeed(sseResume);
    await feed.publish(1, 2);
  });
  afterAll(() => feed[Symbol.asyncDispose]());

  test.each(NOT_HERE)('to an id %s says that history is lost, and sends what it has', async (_, id = '') => {
    const { status, text } = await firstOf(feed.url, id);
    // Anything but 200, and an EventSource would never come back.
    expect(status).toBe(200);
    expect(text).toMatch(/^retry: \d+\n\nid: \w+:0\nevent: history-lost\ndata: {}\n\nid: \w+:1\ndata: .*message 1/);
  });

  test('takes an id from the future for lost history, and one of its own not', async () => {
    const { text } = await firstOf(feed.url, 'x');
    const epoch = /id: (\w+):/.exec(text)?.[1];
    expect((await firstOf(feed.url, `${epoch}:3`)).text).toContain('history-lost');
    const known = await firstOf(feed.url, `${epoch}:1`);
    expect(known.text).not.toContain('history-lost');
    expect(known.text).not.toContain('message 1');
  });
});

describe('a socket', () => {
  test.each(NOT_HERE)('to a cursor %s says that history is lost, and sends what it has', async (_, cursor = '') => {
    await using feed = await openFeed(websocketResume);
    await feed.publish(1);
    const frames: { historyLost?: boolean; message?: Message }[] = [];
    const socket: WebSocket = new WebSocketClient(`${feed.url}/?after=${encodeURIComponent(cursor)}`);
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    await until(() => frames.length >= 2);
    socket.terminate();
    expect(frames[0]?.historyLost).toBe(true);
    expect(frames[1]?.message?.id).toBe(1);
  });

  test('that says more than it may, or nonsense, is closed, and nobody else is', async () => {
    await using feed = await openFeed(websocketResume);
    await using one = subscribeTo(feed.port, websocketResume);
    await untilReached(feed, one);
    const socket: WebSocket = new WebSocketClient(feed.url).on('error', () => {});
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('open', () => socket.send('x'.repeat(10_000)));
    expect(await closed).toBe(1009);
    await untilReached(feed, one);
  });
});

describe('a poll', () => {
  test.each([
    ['short-poll-100ms', shortPoll100ms],
    ['long-poll-cursor', longPollCursor],
  ])('of %s with a cursor that is none is answered 400; with one of another history it is told', async (_, variant) => {
    await using feed = await openFeed(variant);
    await feed.publish(1);
    for (const after of ['', 'yesterday', 'epoch:-1', 'x'.repeat(5000)]) {
      const response = await fetch(`${feed.url}/messages?after=${after}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: expect.stringContaining('after') });
    }
    const twice = await fetch(`${feed.url}/messages?after=a:1&after=a:2`);
    expect(twice.status).toBe(400);
    const response = await fetch(`${feed.url}/messages?after=another:1`);
    expect(await response.json()).toMatchObject({ historyLost: true, messages: [{ id: 1 }] });
  });

  test.each(['-1', '', 'x', '1.5', '1e3', '20001', '999999999999', 'Infinity'])(
    'that wants to be held for %j ms is answered 400',
    async (holdMs) => {
      await using feed = await openFeed(longPollCursor);
      const response = await fetch(`${feed.url}/messages?after=a:1&holdMs=${holdMs}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: 'holdMs must be a whole number from 0 to 20000' });
    },
  );

  test('that does not want to be held gets its answer at once', async () => {
    await using feed = await openFeed(longPollCursor);
    const first = (await (await fetch(`${feed.url}/messages`)).json()) as { cursor: string };
    const response = await fetch(`${feed.url}/messages?after=${first.cursor}&holdMs=0`);
    expect(await response.json()).toEqual({ cursor: first.cursor, messages: [], historyLost: false });
  });
});

test.each<[string, PushVariant]>([
  ['long-poll-cursor', longPollCursor],
  ['sse', sse],
  ['sse-resume', sseResume],
  ['sse-resume-no-epoch', sseResumeNoEpoch],
  ['sse-http2', sseHttp2],
  ['websocket', websocket],
  ['websocket-resume', websocketResume],
])('%s: whatever is in a text arrives as it is, as one message', async (_, variant) => {
  const text = 'a\n\nid: 7\nevent: history-lost\r\ndata: {}\r\r\0 \u2028 ü 🙂 "';
  await using feed = await openFeed(variant);
  await using one = subscribeTo(feed.port, variant);
  await untilReached(feed, one);
  await feed.host.publish({ id: 1, publishedAtMs: 5, text });
  await until(() => one.ids().length > 0);
  expect(one.all.at(-1)).toEqual({ id: 1, publishedAtMs: 5, text });
  expect(one.told()).toBe(0);
});

describe('a message to publish', () => {
  /** Nobody is to be reached: only the first answer counts. */
  const refusing: PushVariant = {
    serve: () => ({ server: createServer(), publish: () => Promise.reject(new Error('the broker is away')) }),
    subscribe: async () => {},
  };

  async function post(variant: PushVariant, body: string, type = 'application/json') {
    await using feed = await openFeed(variant);
    const control = createServer(feed.host.handle).listen(0, '127.0.0.1');
    await new Promise((resolve) => control.once('listening', resolve));
    const { port } = control.address() as { port: number };
    try {
      const response = await fetch(`http://127.0.0.1:${port}/control/messages`, {
        method: 'POST',
        body,
        headers: { 'content-type': type },
      });
      return { status: response.status, body: (await response.json()) as { error?: string } };
    } finally {
      control.close();
      control.closeAllConnections();
    }
  }

  test('is accepted', async () => {
    expect(await post(sse, '{"id":1,"publishedAtMs":2.5,"text":""}')).toEqual({ status: 202, body: { id: 1 } });
  });

  test.each([
    ['without an id', '{"publishedAtMs":1,"text":"x"}', 400, 'id'],
    ['with an id that is a text', '{"id":"1","publishedAtMs":1,"text":"x"}', 400, 'id'],
    ['with a negative id', '{"id":-1,"publishedAtMs":1,"text":"x"}', 400, 'id'],
    ['without a text', '{"id":1,"publishedAtMs":1}', 400, 'text'],
    ['with something else', '{"id":1,"publishedAtMs":1,"text":"x","from":"me"}', 400, 'from'],
    ['that is no JSON', '{"id":', 400, 'JSON'],
    ['that is too long', JSON.stringify({ id: 1, publishedAtMs: 1, text: 'x'.repeat(1_100_000) }), 413, 'large'],
  ])('%s is refused, and it says why', async (_, body, status, said) => {
    const answer = await post(sse, body);
    expect(answer.status).toBe(status);
    expect(answer.body.error).toContain(said);
  });

  test('that the variant could not accept is answered 503 with its reason', async () => {
    const answer = await post(refusing, '{"id":1,"publishedAtMs":1,"text":"x"}');
    expect(answer).toEqual({ status: 503, body: { error: 'the broker is away' } });
  });
});
