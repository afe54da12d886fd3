/**
 * The relay: carries events from the database to the broker, by way of one variant, for as long as it lives.
 *
 * Invariant: a server that is away ends an attempt and not the process: the variant is called again, and everything
 * that it needs to know is in the database. Read next: ../contract.ts, ../variants/skip-locked.ts, wake-ups.ts.
 */
import { channel } from 'node:diagnostics_channel';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@backend-labs/service';
import type { ClientConfig } from 'pg';
import { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';
import type { OrderPlaced, OutboxVariant, RelayContext } from '../contract.ts';
import { createKafka, idsOf, isPoison, openPublisher } from '../kafka.ts';
import { createPool, transaction } from '../postgres.ts';
import { ensureSchema } from '../schema.ts';
import { listen } from './wake-ups.ts';

/** Announced by the relay of a variant. Nobody listens unless a harness is there. */
const claimed = channel('outbox.claimed');
const marked = channel('outbox.marked');

const AGAIN_MS = 100;
const CONNECTIONS = 3;

export interface RelayOptions {
  postgresUrl: string;
  kafkaUrl: string;
  topic: string;
  /** Names the slot, of which a server has one set. [a-z0-9_] */
  dataName: string;
  variant: OutboxVariant;
  settings: RelayContext['settings'];
  logger: Logger;
}

export interface Relay {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Connects and begins. Throws if Postgres or Kafka is not there, or if the variant cannot prepare itself. */
export async function createRelay(options: RelayOptions): Promise<Relay> {
  const { variant, logger, postgresUrl } = options;
  const ended = new AbortController();
  const { signal } = ended;
  await using opened = new AsyncDisposableStack();
  const postgres = createPool({ url: postgresUrl, connections: CONNECTIONS });
  opened.defer(() => postgres.end());
  await ensureSchema(postgres, 0);
  const publisher = await openPublisher(createKafka({ url: options.kafkaUrl, clientId: 'relay' }), options.topic);
  opened.defer(() => publisher.close());

  const say = (step: typeof claimed) => (events: readonly OrderPlaced[]) => step.publish(idsOf(events));
  const context: RelayContext = {
    postgres,
    transaction: (work) => transaction(postgres, work),
    publish: publisher.publish,
    isPoison,
    signal,
    settings: options.settings,
    wait: (limitMs) => delay(limitMs, undefined, { signal }).catch(() => {}),
    listen: () => listen(postgresUrl, signal),
    steps: { claimed: say(claimed), marked: say(marked) },
    replication: {
      config: replicationConfig(postgresUrl),
      slot: `${options.dataName}_outbox`,
      publication: 'outbox_events',
      LogicalReplicationService,
      PgoutputPlugin,
    },
  };
  await variant.prepareRelay?.(context);

  async function run() {
    while (!signal.aborted) {
      try {
        await variant.relay?.(context);
        // No relay, or one that gave up on its own: there is nothing to call again at once.
        if (!signal.aborted) await delay(AGAIN_MS, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        logger.error({ error: (error as Error).message }, 'the relay begins again');
        await delay(AGAIN_MS, undefined, { signal }).catch(() => {});
      }
    }
  }
  const running = run().catch(() => {});
  opened.defer(async () => {
    ended.abort();
    await running;
  });
  const owned = opened.move();
  return {
    handle: (_, response) => void response.writeHead(404).end(),
    close: () => owned.disposeAsync(),
  };
}

function replicationConfig(url: string): ClientConfig {
  const { hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    database: decodeURIComponent(pathname.slice(1)),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  };
}
