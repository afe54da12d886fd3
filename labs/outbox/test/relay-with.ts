/**
 * A variant's relay on a real Postgres, and a broker that is the test: it acknowledges, refuses, or lets the relay wait.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { until, within } from '@backend-labs/testbed';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import type { OrderPlaced, OutboxVariant, RelayContext } from '../src/contract.ts';
import { isPoison } from '../src/kafka.ts';
import { transaction } from '../src/postgres.ts';
import { listen } from '../src/relay/wake-ups.ts';
import { idsOf, type Site, settings } from './site.ts';

export type Publish = RelayContext['publish'];

export interface RelayWithOptions {
  publish: Publish;
  settings?: Partial<RelayContext['settings']>;
  /** Another way to the same database. */
  postgresUrl?: string;
}

/** What the variant gets, and what it made of it. */
export function contextFor(site: Site, options: RelayWithOptions, signal: AbortSignal) {
  const steps: { step: 'claimed' | 'marked'; ids: number[] }[] = [];
  const say = (step: 'claimed' | 'marked') => (events: readonly OrderPlaced[]) =>
    void steps.push({ step, ids: idsOf(events) });
  const url = new URL(options.postgresUrl ?? site.postgresUrl);
  const looked = { count: 0 };
  const context: RelayContext = {
    postgres: site.pool,
    transaction: (work) => transaction(site.pool, work),
    publish: options.publish,
    isPoison,
    signal,
    settings: { ...settings, ...options.settings },
    async wait(limitMs) {
      looked.count++;
      await delay(limitMs, undefined, { signal }).catch(() => {});
    },
    listen: () => listen(url.href, signal),
    steps: { claimed: say('claimed'), marked: say('marked') },
    replication: {
      config: { host: url.hostname, port: Number(url.port), user: url.username, database: url.pathname.slice(1) },
      slot: `${site.dataName}_outbox`,
      publication: 'outbox_events',
      LogicalReplicationService,
      PgoutputPlugin,
    },
  };
  return { context, steps, looked };
}

/** One call of the variant's relay: it ends when the test does, or rejects as it would in the lab. */
export async function runRelay(site: Site, variant: OutboxVariant, options: RelayWithOptions) {
  const ended = new AbortController();
  const { context, steps, looked } = contextFor(site, options, ended.signal);
  await variant.prepareRelay?.(context);
  // The server notices a moment later that the one before has gone, and one reader is all that a slot has.
  const { slot } = context.replication;
  await until('nobody reads the slot', async () => {
    const readers = await site.query('SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active', [slot]);
    return readers.length === 0;
  });
  const running = variant.relay?.(context) ?? Promise.resolve();
  running.catch(() => {});
  return {
    /** Rejects when the variant gives up. */
    running,
    steps,
    /** So often has it found nothing, or not enough, since. */
    async looksAgain(times = 3) {
      const before = looked.count;
      await until('the relay looks again', () => looked.count >= before + times);
    },
    async [Symbol.asyncDispose]() {
      ended.abort();
      await within(
        'the relay ends',
        running.catch(() => {}),
      );
    },
  };
}

/** Runs a relay that has nothing to do, so that all that it needs is there. */
export async function prepare(site: Site, variant: OutboxVariant) {
  await (await runRelay(site, variant, willing()))[Symbol.asyncDispose]();
}

/** A broker that acknowledges at once. */
export function willing() {
  const published: number[] = [];
  const publish: Publish = async (events) => void published.push(...idsOf(events));
  return {
    published,
    publish,
    untilPublished: (...ids: number[]) =>
      until(`published: ${ids}; so far ${published}`, () => ids.every((id) => published.includes(id))),
  };
}

/** A broker that lets everybody wait until the test says what becomes of it. */
export function undecided() {
  const waiting: { ids: number[]; acknowledge: () => void; refuse: (error: Error) => void }[] = [];
  const publish: Publish = (events) =>
    new Promise((resolve, reject) => {
      waiting.push({ ids: idsOf(events), acknowledge: resolve, refuse: reject });
    });
  return {
    publish,
    /** The next attempt, as soon as there is one. */
    async next() {
      await until('the relay publishes', () => waiting.length > 0);
      return waiting.shift() as (typeof waiting)[number];
    },
  };
}
