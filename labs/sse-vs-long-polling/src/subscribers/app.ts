/**
 * The subscribers: many in one process, each with its own connection, and the ledger of what each of them got.
 *
 * Read next: ledger.ts (who got what), context.ts (what a subscriber can do), ../variants/ (what it does).
 */
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@backend-labs/service';
import fastify from 'fastify';
import type { PushVariant } from '../contract.ts';
import { createSubscriberContext } from './context.ts';
import { Ledger } from './ledger.ts';
import { publicUrlsOf } from './targets.ts';

/** So many connect before there is a pause, so that ten thousand do not overflow the queue of whoever accepts them. */
const BATCH = 100;
const PAUSE_MS = 20;
/** Seeds of one run are next to each other; this is further than any run has subscribers. */
const SEEDS_APART = 1_000_003;

export interface SubscribersOptions {
  variant: Pick<PushVariant, 'subscribe'>;
  count: number;
  /** The number of the first. */
  first: number;
  /** Links or feeds that say where to connect to, or where to connect to. Subscriber n takes the n-th, and round again. */
  targets: { askAt: readonly string[] } | { publicUrls: readonly string[] };
  reconnectMs: number;
  seed: number;
  logger: Pick<Logger, 'error'>;
}

export interface Subscribers {
  handle: RequestListener;
  close(): Promise<void>;
  /** Resolves when all subscribers have begun. Rejects if it is not to be found out where to connect to. */
  started: Promise<void>;
}

/** Subscribers begin as soon as their targets answer, which this does not wait for. */
export async function createSubscribers(options: SubscribersOptions): Promise<Subscribers> {
  const { variant, count, first, targets, reconnectMs, seed, logger } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const ledger = new Ledger({ first, count });
  const running: Promise<void>[] = [];

  async function run(index: number, url: string): Promise<void> {
    const subscriber = first + index;
    const context = createSubscriberContext({
      url,
      onMessage: ({ id }) => ledger.received(subscriber, id),
      onHistoryLost: () => ledger.historyLost(subscriber),
      settings: { reconnectMs },
      seed: seed * SEEDS_APART + subscriber,
      signal,
    });
    try {
      await variant.subscribe(context);
      if (!signal.aborted) logger.error({ subscriber }, 'a subscriber has ended by itself and gets nothing more');
    } catch (error) {
      // The contract forbids it. It would end the process, and with it the ledger.
      if (!signal.aborted) logger.error({ subscriber, error }, 'a subscriber has failed and gets nothing more');
    }
  }
  async function start(): Promise<void> {
    const urls = 'publicUrls' in targets ? targets.publicUrls : await publicUrlsOf(targets.askAt, signal);
    for (let index = 0; index < count && !signal.aborted; index++) {
      if (index > 0 && index % BATCH === 0) await delay(PAUSE_MS);
      running.push(run(index, urls[(first + index) % urls.length] as string));
    }
  }

  const app = fastify();
  ledger.addRoutes(app);
  await app.ready();
  const started = start();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    started,
    async close() {
      ending.abort();
      await Promise.allSettled([started]);
      await Promise.all(running);
      await app.close();
    },
  };
}
