/** A feed inside the test's process, and subscribers that reach it through a network that can be cut. */
import { setTimeout as delay } from 'node:timers/promises';
import { TcpProxy } from '@backend-labs/stack';
import type { FeedContext, Message, PushVariant } from '../src/contract.ts';
import { createFeedHost, type FeedHostOptions } from '../src/feed/app.ts';
import { createSubscriberContext } from '../src/subscribers/context.ts';

const SETTINGS: FeedContext['settings'] = {
  ringSize: 100,
  maxBufferedBytes: 10_000_000,
  holdMs: 20_000,
  heartbeatMs: 20_000,
  reconnectMs: 20,
};
/** Ids from here on only show that somebody is connected. */
const WARM_UP_FROM = 1_000_000;

export const messageOf = (id: number, text = `message ${id}`): Message => ({ id, publishedAtMs: id, text });

export async function openFeed(
  variant: PushVariant,
  {
    settings,
    ...options
  }: { settings?: Partial<FeedContext['settings']> } & Partial<
    Pick<FeedHostOptions, 'dataName' | 'redisUrl' | 'tls'>
  > = {},
) {
  const host = await createFeedHost({
    variant,
    settings: { ...SETTINGS, ...settings },
    dataName: 'test',
    ...options,
  });
  return {
    host,
    url: `http://127.0.0.1:${host.port}`,
    port: host.port,
    publish: async (...ids: number[]) => {
      for (const id of ids) await host.publish(messageOf(id));
    },
    [Symbol.asyncDispose]: () => host.close(),
  };
}
export type OpenFeed = Awaited<ReturnType<typeof openFeed>>;

/** The network in front of a feed. */
export const openLink = (port: number) => TcpProxy.start({ host: '127.0.0.1', port });

let seeds = 0;

export function subscribeTo(port: number, variant: PushVariant, { reconnectMs = 20 } = {}) {
  const ending = new AbortController();
  const all: Message[] = [];
  let told = 0;
  const running = variant.subscribe(
    createSubscriberContext({
      url: `http://127.0.0.1:${port}`,
      onMessage: (message) => all.push(message),
      onHistoryLost: () => {
        told += 1;
      },
      settings: { reconnectMs },
      seed: ++seeds,
      signal: ending.signal,
    }),
  );
  return {
    /** All that came, in order, also what only showed that it is connected. */
    all,
    /** The ids of what came, in order. */
    ids: () => all.map(({ id }) => id).filter((id) => id < WARM_UP_FROM),
    /** How often the feed said that history is lost. */
    told: () => told,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await running;
    },
  };
}
export type Subscriber = ReturnType<typeof subscribeTo>;

/** Waits until it is so; the test's own limit ends it. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}

/** Publishes until each of them has got something new. */
export async function untilReached(feed: Pick<OpenFeed, 'publish'>, ...subscribers: Subscriber[]): Promise<void> {
  const before = subscribers.map(({ all }) => all.length);
  for (let id = WARM_UP_FROM; subscribers.some(({ all }, index) => all.length === before[index]); id++) {
    await feed.publish(id);
    await delay(20);
  }
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
