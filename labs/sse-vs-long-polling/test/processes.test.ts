/** Source, feed, link and subscribers as the processes that a run starts. */
import { resolve } from 'node:path';
import { until } from '@backend-labs/testbed';
import { expect, test } from 'vitest';
import { startProcess } from './servers.ts';

const variantFile = (variant: string) => resolve(import.meta.dirname, `../src/variants/${variant}.ts`);

/** In the order in which each knows the one before. */
async function startAll(variant: string) {
  await using starting = new AsyncDisposableStack();
  const VARIANT_FILE = variantFile(variant);
  const feed = starting.use(await startProcess('feed/main.ts', { VARIANT_FILE, HOLD_MS: '500' }));
  const source = starting.use(await startProcess('source/main.ts', { FEED_URL: feed.url }));
  const link = starting.use(await startProcess('link/main.ts', { FEED_URL: feed.url }));
  const subscribers = starting.use(
    await startProcess('subscribers/main.ts', {
      VARIANT_FILE,
      SUBSCRIBERS: '4',
      TARGET_URLS: link.url,
      RECONNECT_MS: '50',
    }),
  );
  const owned = starting.move();
  return { feed, source, link, subscribers, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
type Running = Awaited<ReturnType<typeof startAll>>;

/** Publishes until each subscriber has got something: they are connected then. Returns the next id. */
async function warmUp({ source, subscribers }: Running): Promise<number> {
  let id = 0;
  await until('each has got something', async () => {
    await source.post(`/messages/${id++}`);
    const { least } = await subscribers.get<{ least: number }>('/control/counts');
    return least > 0;
  });
  return id;
}

type Row = [subscriber: number, id: number, atMs: number];
const idsFrom = async ({ subscribers }: Running, from: number) => {
  const rows = (await subscribers.get<Row[]>('/control/received')).filter(([, id]) => id >= from);
  return [0, 1, 2, 3].map((subscriber) => rows.filter(([one]) => one === subscriber).map(([, id]) => id));
};

test.each(['short-poll-100ms', 'long-poll-cursor', 'sse', 'sse-resume', 'sse-http2', 'websocket', 'websocket-resume'])(
  '%s: what is published reaches each subscriber through the link, after it was published',
  async (variant) => {
    await using running = await startAll(variant);
    const { source, link, subscribers } = running;
    const from = await warmUp(running);
    const ids = [0, 1, 2, 3, 4].map((index) => from + index);
    for (const id of ids) expect(await source.post(`/messages/${id}`)).toEqual({ status: 202, body: { id } });
    await until('each has got all', async () => (await idsFrom(running, from)).every(({ length }) => length >= 5));
    expect(await idsFrom(running, from)).toEqual(Array(4).fill(ids));
    const accepted = new Map(await source.get<[number, number][]>('/control/accepted'));
    for (const [, id, atMs] of await subscribers.get<Row[]>('/control/received')) {
      // The clock is the same in both processes.
      expect(atMs).toBeGreaterThan(accepted.get(id) as number);
    }
    const { connections = 0 } = await link.get<Record<string, number>>('/control/counts');
    // One for each subscriber, but where all of them share it.
    expect(connections).toBe(variant === 'sse-http2' ? 1 : 4);
  },
);

test('the feed can shut its own door: all are reset, nobody gets in until it is open again', async () => {
  await using running = await startAll('sse-resume');
  const { feed, source } = running;
  const from = await warmUp(running);
  const connections = async () => (await feed.get<{ connections: number }>('/control/counts')).connections;
  expect(await connections()).toBe(4);
  expect((await feed.post('/control/cut', '{}')).body).toEqual({ cut: 4 });
  for (const id of [from, from + 1]) await source.post(`/messages/${id}`);
  expect(await connections()).toBe(0);
  expect(await idsFrom(running, from)).toEqual(Array(4).fill([]));
  await feed.post('/control/heal', '{}');
  await until('each has got all', async () => (await idsFrom(running, from)).every(({ length }) => length >= 2));
  expect(await idsFrom(running, from)).toEqual(Array(4).fill([from, from + 1]));
});

test('the subscribers come back after a cut, and what resumes has lost nothing', async () => {
  await using running = await startAll('sse-resume');
  const { source, link } = running;
  const from = await warmUp(running);
  expect((await link.post('/control/cut', '{}')).body).toEqual({ cut: 4 });
  for (const id of [from, from + 1]) await source.post(`/messages/${id}`);
  await link.post('/control/heal', '{}');
  await source.post(`/messages/${from + 2}`);
  await until('each has got all', async () => (await idsFrom(running, from)).every(({ length }) => length >= 3));
  expect(await idsFrom(running, from)).toEqual(Array(4).fill([from, from + 1, from + 2]));
});

test('subscribers that start before their target wait for it; given its address they need no target', async () => {
  const VARIANT_FILE = variantFile('sse');
  const feed = await startProcess('feed/main.ts', { VARIANT_FILE });
  const PORT = new URL(feed.url).port;
  await feed[Symbol.asyncDispose]();
  await using early = await startProcess('subscribers/main.ts', { VARIANT_FILE, TARGET_URLS: feed.url });
  await using back = await startProcess('feed/main.ts', { VARIANT_FILE, PORT });
  const { port } = await back.get<{ port: number }>('/control/address');
  await using direct = await startProcess('subscribers/main.ts', {
    VARIANT_FILE,
    PUBLIC_URLS: `http://127.0.0.1:${port}`,
    FIRST_SUBSCRIBER: '7',
  });
  await using source = await startProcess('source/main.ts', { FEED_URL: back.url, MESSAGE_BYTES: '10' });
  let id = 0;
  await until('both have got something', async () => {
    await source.post(`/messages/${id++}`);
    const counts = [await early.get('/control/counts'), await direct.get('/control/counts')];
    return counts.every(({ least }) => (least as number) > 0);
  });
  expect((await direct.get<Row[]>('/control/received'))[0]?.[0]).toBe(7);
});

test('subscribers that never find their target end, and say what they have asked', async () => {
  await using lost = await startProcess('subscribers/main.ts', {
    VARIANT_FILE: variantFile('sse'),
    TARGET_URLS: 'http://127.0.0.1:9',
  });
  expect(await lost.ended).toBe(1);
  expect(lost.said()).toContain('http://127.0.0.1:9/control/address has not said where its port is');
});

test.each<[string, Record<string, string>, RegExp]>([
  ['source', { FEED_URL: 'nowhere' }, /FEED_URL/],
  ['source', { FEED_URL: 'http://127.0.0.1:9', MESSAGE_BYTES: '-1' }, /MESSAGE_BYTES/],
  ['link', {}, /FEED_URL/],
  ['subscribers', { VARIANT_FILE: 'x.ts', SUBSCRIBERS: '0' }, /SUBSCRIBERS/],
  ['subscribers', { VARIANT_FILE: 'x.ts', TARGET_URLS: 'http://127.0.0.1:9,' }, /TARGET_URLS/],
  ['subscribers', { VARIANT_FILE: 'x.ts' }, /TARGET_URLS: either this or PUBLIC_URLS/],
  [
    'subscribers',
    { VARIANT_FILE: 'x.ts', TARGET_URLS: 'http://127.0.0.1:9', PUBLIC_URLS: 'http://127.0.0.1:9' },
    /TARGET_URLS: either this or PUBLIC_URLS/,
  ],
  ['subscribers', { VARIANT_FILE: 'x.ts', TARGET_URLS: 'http://127.0.0.1:9', RECONNECT_MS: '-1' }, /RECONNECT_MS/],
])('%s does not start with %o, and names what is wrong', async (name, environment, problem) => {
  const starting = startProcess(`${name}/main.ts`, environment);
  await expect(starting).rejects.toThrow(problem);
  await expect(starting).rejects.toThrow('ended before it listened');
});
