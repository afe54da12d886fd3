import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, startStack, TcpProxy } from '@backend-labs/stack';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PushVariant } from '../src/contract.ts';
import { isAfter, isStreamId } from '../src/stream-id.ts';
import ssePubsub from '../src/variants/sse-redis-pubsub.ts';
import sseStream from '../src/variants/sse-redis-stream.ts';
import { type OpenFeed, openFeed, openLink, range, subscribeTo, until, untilReached } from './feed-with.ts';

const BOTH: [string, PushVariant][] = [
  ['sse-redis-pubsub', ssePubsub],
  ['sse-redis-stream', sseStream],
];

let folder: string;
let stack: Stack;
let redisUrl: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-'));
  stack = await startStack({
    needs: { redis: 1 },
    provider: 'native',
    folder,
    // Fetched once for all tests, and for the labs as well.
    stateFolder: resolve(import.meta.dirname, '../../../.lab'),
    signal: new AbortController().signal,
    log: () => {},
  });
  redisUrl = stack.server('redis-1').url;
});
afterAll(async () => {
  await stack?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

let names = 0;
const freshName = () => `feeds-${names++}`;

async function linkToRedis() {
  const link = await openLink(Number(new URL(redisUrl).port));
  const url = new URL(redisUrl);
  url.port = String(link.port);
  return { link, url: url.href, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

/** Publishes again and again, until it is accepted. */
async function publishWhenBack(feed: OpenFeed, id: number): Promise<void> {
  while (
    !(await feed.publish(id).then(
      () => true,
      () => false,
    ))
  )
    await delay(20);
}

describe.each(BOTH)('%s', (_, variant) => {
  test('what one server accepts, the readers of all get, once and in order', async () => {
    const dataName = freshName();
    await using one = await openFeed(variant, { redisUrl, dataName });
    await using other = await openFeed(variant, { redisUrl, dataName });
    await using here = subscribeTo(one.port, variant);
    await using there = subscribeTo(other.port, variant);
    await untilReached(one, here, there);
    await one.publish(...range(1, 20));
    await until(() => here.ids().length >= 20 && there.ids().length >= 20);
    expect(here.ids()).toEqual(range(1, 20));
    expect(there.ids()).toEqual(range(1, 20));
    expect(here.told() + there.told()).toBe(0);
  });

  test('feeds of another name hear nothing of it', async () => {
    await using one = await openFeed(variant, { redisUrl, dataName: freshName() });
    await using other = await openFeed(variant, { redisUrl, dataName: freshName() });
    await using there = subscribeTo(other.port, variant);
    await one.publish(1);
    await untilReached(other, there);
    expect(there.ids()).toEqual([]);
  });

  test('a reader who was away gets what it missed, also from another server', async () => {
    const dataName = freshName();
    await using one = await openFeed(variant, { redisUrl, dataName });
    await using other = await openFeed(variant, { redisUrl, dataName });
    await using link = await openLink(one.port);
    await using reader = subscribeTo(link.port, variant);
    await using there = subscribeTo(other.port, variant);
    await untilReached(one, reader, there);
    await one.publish(1);
    await until(() => reader.ids().length >= 1);
    await link.cut();
    await one.publish(...range(2, 10));
    await until(() => there.ids().length >= 10);
    await link.retarget({ host: '127.0.0.1', port: other.port });
    await link.heal();
    await until(() => reader.ids().length >= 10);
    await one.publish(11);
    await until(() => reader.ids().length >= 11);
    expect(reader.ids()).toEqual(range(1, 11));
    expect(reader.told()).toBe(0);
  });

  test('while Redis is away nothing is accepted, and afterwards it goes on', async () => {
    await using network = await linkToRedis();
    await using feed = await openFeed(variant, { redisUrl: network.url, dataName: freshName() });
    await using reader = subscribeTo(feed.port, variant);
    await untilReached(feed, reader);
    await network.link.cut();
    await expect(feed.publish(1)).rejects.toThrow();
    await network.link.heal();
    await publishWhenBack(feed, 2);
    await untilReached(feed, reader);
    expect(reader.ids()).not.toContain(1);
  });

  test('without the address of a Redis it says what to set; with one where nobody is, where that is', async () => {
    await expect(openFeed(variant)).rejects.toThrow('REDIS_URL');
    const nobody = await TcpProxy.start({ host: '127.0.0.1', port: 9 });
    await nobody[Symbol.asyncDispose]();
    const url = `redis://127.0.0.1:${nobody.port}`;
    await expect(openFeed(variant, { redisUrl: url })).rejects.toThrow(`127.0.0.1:${nobody.port}`);
  });
});

/** One server is cut off from Redis, while another one publishes three messages. */
async function whileOneIsCutOff(variant: PushVariant) {
  await using network = await linkToRedis();
  const dataName = freshName();
  await using one = await openFeed(variant, { redisUrl, dataName });
  await using cutOff = await openFeed(variant, { redisUrl: network.url, dataName });
  await using reader = subscribeTo(cutOff.port, variant);
  await untilReached(one, reader);
  await network.link.cut();
  await one.publish(1, 2, 3);
  await network.link.heal();
  await untilReached(one, reader);
  return { ids: reader.ids(), told: reader.told() };
}

test('sse-redis-pubsub: what is published while a server is cut off never reaches its readers, and nobody is told', async () => {
  expect(await whileOneIsCutOff(ssePubsub)).toEqual({ ids: [], told: 0 });
});

test('sse-redis-stream: what is published while a server is cut off reaches its readers afterwards', async () => {
  expect(await whileOneIsCutOff(sseStream)).toEqual({ ids: [1, 2, 3], told: 0 });
});

test('sse-redis-stream: a reader whose place was trimmed away is told, and gets what there is', async () => {
  const dataName = freshName();
  await using feed = await openFeed(sseStream, { redisUrl, dataName });
  await using link = await openLink(feed.port);
  await using reader = subscribeTo(link.port, sseStream);
  await untilReached(feed, reader);
  await link.cut();
  await feed.publish(...range(1, 10));
  const redis = new Redis(redisUrl);
  await redis.xtrim(`${dataName}:messages`, 'MAXLEN', 4);
  redis.disconnect();
  await link.heal();
  await until(() => reader.ids().length >= 4);
  expect(reader.ids()).toEqual([7, 8, 9, 10]);
  expect(reader.told()).toBe(1);
});

/** sse-redis-stream, with one command that can be held: before Redis gets it, or when its answer is here. */
function heldAt(command: 'xrange' | 'xread', when: 'before' | 'after') {
  const held: (() => void)[] = [];
  let isHolding = false;
  const pass = () => (isHolding ? new Promise<void>((resume) => held.push(resume)) : undefined);
  const altered = (redis: Redis): Redis => {
    const plain = redis[command].bind(redis) as (...args: unknown[]) => Promise<unknown>;
    const slow = async (...args: unknown[]) => {
      if (when === 'before') await pass();
      const answer = await plain(...args);
      if (when === 'after') await pass();
      return answer;
    };
    return Object.assign(redis, { [command]: slow });
  };
  const variant: PushVariant = {
    ...sseStream,
    serve: (context) => sseStream.serve({ ...context, connectRedis: () => altered(context.connectRedis()) }),
  };
  return {
    variant,
    hold: () => {
      isHolding = true;
    },
    isHeld: () => held.length > 0,
    letGo: () => {
      isHolding = false;
      for (const resume of held.splice(0)) resume();
    },
  };
}

test.each(['before', 'after'] as const)(
  'sse-redis-stream: what comes while a replay is on its way (held %s Redis looked) comes after it, once',
  async (when) => {
    const { variant, hold, isHeld, letGo } = heldAt('xrange', when);
    await using feed = await openFeed(variant, { redisUrl, dataName: freshName() });
    await using link = await openLink(feed.port);
    await using reader = subscribeTo(link.port, variant);
    await using other = subscribeTo(feed.port, variant);
    await untilReached(feed, reader, other);
    await link.cut();
    await feed.publish(1, 2, 3);
    hold();
    await link.heal();
    await until(isHeld);
    await feed.publish(4, 5, 6);
    await until(() => other.ids().length >= 6);
    letGo();
    await until(() => reader.ids().length >= 6);
    await feed.publish(7);
    await until(() => reader.ids().length >= 7);
    expect(reader.ids()).toEqual(range(1, 7));
    expect(reader.told()).toBe(0);
  },
);

test('sse-redis-stream: what a replay had before this server heard of it does not come again', async () => {
  const { variant, hold, isHeld, letGo } = heldAt('xread', 'after');
  await using feed = await openFeed(variant, { redisUrl, dataName: freshName() });
  await using link = await openLink(feed.port);
  await using reader = subscribeTo(link.port, variant);
  await untilReached(feed, reader);
  await link.cut();
  hold();
  await feed.publish(1, 2, 3);
  await until(isHeld);
  await link.heal();
  await until(() => reader.ids().length >= 3);
  letGo();
  await feed.publish(4);
  await until(() => reader.ids().length >= 4);
  expect(reader.ids()).toEqual([1, 2, 3, 4]);
});

test('sse-redis-stream: a reader who comes from a server that was further gets nothing again', async () => {
  const { variant, hold, isHeld, letGo } = heldAt('xread', 'after');
  const dataName = freshName();
  await using behind = await openFeed(variant, { redisUrl, dataName });
  await using further = await openFeed(sseStream, { redisUrl, dataName });
  await using link = await openLink(further.port);
  await using reader = subscribeTo(link.port, sseStream);
  await untilReached(further, reader);
  hold();
  await further.publish(1, 2, 3);
  await until(() => isHeld() && reader.ids().length >= 3);
  const connections = link.connections;
  await link.retarget({ host: '127.0.0.1', port: behind.port });
  await until(() => link.connections >= connections);
  letGo();
  await behind.publish(4);
  await until(() => reader.ids().length >= 4);
  expect(reader.ids()).toEqual([1, 2, 3, 4]);
  expect(reader.told()).toBe(0);
});

test('ids of a stream are compared as numbers', () => {
  expect(isAfter('10-10', '10-9')).toBe(true);
  expect(isAfter('10-9', '9-10')).toBe(true);
  expect(isAfter('9-9', '9-9')).toBe(false);
  expect(isAfter('999-1', '1000-0')).toBe(false);
});

test.each(['', '1', '-', '1-', '1-x', '+', '$', '1-1-1', '(1-1'])('%j is no id of a stream', (text) => {
  expect(isStreamId(text)).toBe(false);
});
