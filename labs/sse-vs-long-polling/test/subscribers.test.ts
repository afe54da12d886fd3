/** Many subscribers in one process, their ledger, and where they find the feed. */
import { createServer } from 'node:net';
import { until } from '@backend-labs/testbed';
import { expect, test } from 'vitest';
import type { SubscriberContext } from '../src/contract.ts';
import { LedgerFullError, LedgerRows } from '../src/ledger-rows.ts';
import { createSubscribers, type SubscribersOptions } from '../src/subscribers/app.ts';
import { publicUrlsOf } from '../src/subscribers/targets.ts';
import { listen } from './servers.ts';

type Row = [subscriber: number, id: number, atMs: number];

/** Subscribers who do what `subscribe` says. `context` gives theirs, by number. */
async function openSubscribers(
  subscribe: (context: SubscriberContext) => Promise<void>,
  options: Partial<Omit<SubscribersOptions, 'variant'>> = {},
) {
  const contexts: SubscriberContext[] = [];
  const errors: unknown[] = [];
  const subscribers = await createSubscribers({
    variant: {
      subscribe(context) {
        contexts.push(context);
        return subscribe(context);
      },
    },
    count: 3,
    first: 0,
    targets: { publicUrls: ['http://127.0.0.1:9'] },
    reconnectMs: 500,
    seed: 1,
    logger: { error: (said: unknown) => void errors.push(said) } as unknown as SubscribersOptions['logger'],
    ...options,
  });
  const service = await listen(subscribers);
  return { ...service, started: subscribers.started, contexts, errors };
}

const untilAborted = ({ signal }: SubscriberContext) =>
  new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
const messageOf = (id: number) => ({ id, publishedAtMs: 0, text: '' });

test('the ledger has who got what in the order of arrival, and what each was told', async () => {
  await using subscribers = await openSubscribers(untilAborted, { first: 10 });
  await subscribers.started;
  const [one, two] = subscribers.contexts as [SubscriberContext, SubscriberContext];
  one.deliver(messageOf(5));
  two.deliver(messageOf(5));
  one.deliver(messageOf(4));
  one.deliver(messageOf(4));
  two.historyLost();
  const rows = await subscribers.get<Row[]>('/control/received');
  expect(rows.map(([subscriber, id]) => [subscriber, id])).toEqual([
    [10, 5],
    [11, 5],
    [10, 4],
    [10, 4],
  ]);
  const times = rows.map(([, , atMs]) => atMs);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const [told, ...more] = await subscribers.get<[number, string, number][]>('/control/told');
  expect([told?.slice(0, 2), more]).toEqual([[11, 'history-lost'], []]);
  expect(told?.[2]).toBeGreaterThanOrEqual(times.at(-1) as number);
});

test('the counts say how many have come, to how many, and how many whoever got the fewest has', async () => {
  await using subscribers = await openSubscribers(untilAborted);
  await subscribers.started;
  const counts = () => subscribers.get('/control/counts');
  expect(await counts()).toEqual({ subscribers: 3, received: 0, reached: 0, least: 0 });
  subscribers.contexts[1]?.deliver(messageOf(3));
  expect(await counts()).toEqual({ subscribers: 3, received: 1, reached: 1, least: 0 });
  for (const context of subscribers.contexts) for (const id of [1, 2]) context.deliver(messageOf(id));
  expect(await counts()).toEqual({ subscribers: 3, received: 7, reached: 3, least: 2 });
  expect(await subscribers.get('/control/counts?below=3')).toMatchObject({ reached: 3, least: 2 });
  expect(await subscribers.get('/control/counts?below=2')).toMatchObject({ reached: 3, least: 1 });
  expect(await subscribers.get('/control/counts?below=1')).toMatchObject({ reached: 0, least: 0 });
});

test('subscriber n goes to the n-th target and round again, by its number', async () => {
  const publicUrls = ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:3'];
  await using subscribers = await openSubscribers(untilAborted, { targets: { publicUrls }, first: 2, count: 5 });
  await subscribers.started;
  expect(subscribers.contexts.map(({ url }) => url.at(-1))).toEqual(['3', '1', '2', '3', '1']);
});

test('chance is each subscriber’s own, the same again with the same seed, and another with another', async () => {
  const drawn = async (seed: number, first: number) => {
    await using subscribers = await openSubscribers(untilAborted, { count: 50, seed, first });
    await subscribers.started;
    return subscribers.contexts.map(({ random }) => random());
  };
  const [one, again, other, further] = [await drawn(1, 0), await drawn(1, 0), await drawn(2, 0), await drawn(1, 50)];
  expect(again).toEqual(one);
  expect(new Set([...one, ...other, ...further]).size).toBe(150);
});

test('a variant that fails or gives up is in the log; the others go on', async () => {
  let begun = 0;
  await using subscribers = await openSubscribers(async (context) => {
    begun += 1;
    if (begun === 1) throw new Error('a bug');
    if (begun === 3) await untilAborted(context);
  });
  await subscribers.started;
  await until('both are logged', () => subscribers.errors.length === 2);
  expect(subscribers.errors).toMatchObject([{ subscriber: 0, error: { message: 'a bug' } }, { subscriber: 1 }]);
  subscribers.contexts[2]?.deliver(messageOf(1));
  expect(await subscribers.get('/control/counts')).toMatchObject({ received: 1, least: 0 });
});

test('when it closes all subscribers end, and none of that is an error', async () => {
  let ended = 0;
  const subscribers = await openSubscribers(
    async (context) => {
      await untilAborted(context);
      ended += 1;
      throw new Error('because it was aborted');
    },
    { count: 250 },
  );
  await subscribers.started;
  await subscribers[Symbol.asyncDispose]();
  expect([ended, subscribers.errors]).toEqual([250, []]);
});

test('it can be closed while it still looks for its targets', async () => {
  const subscribers = await openSubscribers(untilAborted, { targets: { askAt: ['http://127.0.0.1:9'] } });
  await subscribers[Symbol.asyncDispose]();
  expect(subscribers.contexts).toEqual([]);
});

const { signal } = new AbortController();
const answers = (body: unknown) => ({
  handle: (_: unknown, response: { end(text: string): unknown }) => void response.end(JSON.stringify(body)),
});

test('a target that starts late is asked again until it answers', async () => {
  // A port that was free a moment ago.
  const early = await listen(answers({}));
  await early[Symbol.asyncDispose]();
  const found = publicUrlsOf([early.url], signal);
  await using _ = await listen(answers({ port: 4711 }), early.port);
  expect(await found).toEqual(['http://127.0.0.1:4711']);
});

test.each<[string, unknown]>([
  ['nothing that makes sense', { port: 0 }],
  ['something else', 'hello'],
])('a target that answers %s is given up at the deadline, with its url', async (_, body) => {
  await using target = await listen(answers(body));
  await expect(publicUrlsOf([target.url], signal, 200)).rejects.toThrow(`${target.url}/control/address has not said`);
});

test('a target that never answers is given up at the deadline', async () => {
  const sockets = new Set<{ destroy(): unknown }>();
  const silent = createServer((socket) => void sockets.add(socket)).listen(0, '127.0.0.1');
  await until('it listens', () => silent.listening);
  const { port } = silent.address() as { port: number };
  await expect(publicUrlsOf([`http://127.0.0.1:${port}`], signal, 200)).rejects.toThrow('has not said');
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const rowsOf = (ledger: LedgerRows) => JSON.parse([...ledger.json()].join('')) as number[][];

test('rows come back as they went in, over many arrays and pieces', () => {
  const ledger = new LedgerRows(2);
  expect(rowsOf(ledger)).toEqual([]);
  const rows = Array.from({ length: 150_001 }, (_, index) => [index, index + 0.5]);
  for (const [a, b] of rows as [number, number][]) ledger.add(a, b);
  expect(rowsOf(ledger)).toEqual(rows);
});

test('rows that come while it is read are not part of it', () => {
  const ledger = new LedgerRows(1);
  ledger.add(1);
  const pieces = ledger.json();
  ledger.add(2);
  expect(JSON.parse([...pieces].join(''))).toEqual([[1]]);
});

test('a ledger that is full says so, and is not given in part', () => {
  const ledger = new LedgerRows(1, 2);
  for (const value of [1, 2]) ledger.add(value);
  expect(rowsOf(ledger)).toEqual([[1], [2]]);
  ledger.add(3);
  expect(ledger.length).toBe(3);
  expect(() => ledger.json()).toThrow(LedgerFullError);
});
