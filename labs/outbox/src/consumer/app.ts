/**
 * The consumer: applies each event to the customers' view, in a transaction of Postgres, and then commits the offset.
 *
 * Invariant: applied before the offset is committed, so nothing is skipped; a consumer that dies in between applies the
 * same events again. What keeps the effect from happening twice is the variant's business.
 * Read next: ../variants/skip-locked-with-inbox.ts.
 */
import { channel } from 'node:diagnostics_channel';
import type { RequestListener } from 'node:http';
import type { Logger } from '@backend-labs/service';
import type { EachBatchPayload } from 'kafkajs';
import type { PoolClient } from 'pg';
import type { OrderPlaced, OutboxVariant } from '../contract.ts';
import { createKafka, idsOf } from '../kafka.ts';
import { createPool, transaction } from '../postgres.ts';
import { ensureSchema } from '../schema.ts';

/** Announced for each event. Nobody listens unless a harness is there. */
const received = channel('outbox.received');
const applied = channel('outbox.applied');

const CONNECTIONS = 4;
/** How long the broker holds back an answer when there is nothing; kafkajs waits for it when it is closed. */
const FETCH_WAIT_MS = 50;
/** Until its partitions go to another one, when it dies; the default is thirty seconds. */
const SESSION_LIMIT_MS = 1000;
const HEARTBEAT_MS = 200;
/** The first consumer of a fresh broker waits until the topic of offsets has been made. */
const JOIN_LIMIT_MS = 12_000;

export interface ConsumerOptions {
  postgresUrl: string;
  kafkaUrl: string;
  topic: string;
  groupId: string;
  variant: OutboxVariant;
  logger: Logger;
}

export interface Consumer {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Connects and begins. Throws if Postgres or Kafka is not there. */
export async function createConsumer(options: ConsumerOptions): Promise<Consumer> {
  const { variant, logger } = options;
  await using opened = new AsyncDisposableStack();
  const postgres = createPool({ url: options.postgresUrl, connections: CONNECTIONS });
  opened.defer(() => postgres.end());
  await ensureSchema(postgres, 0);
  const apply = variant.apply ?? ((_, { effect }) => effect());

  async function applyOne(event: OrderPlaced): Promise<void> {
    received.publish(idsOf([event]));
    await transaction(postgres, (client) => apply(event, { client, effect: () => count(client, event) }));
    applied.publish(idsOf([event]));
  }

  const consumer = createKafka({ url: options.kafkaUrl, clientId: 'consumer' }).consumer({
    groupId: options.groupId,
    sessionTimeout: SESSION_LIMIT_MS,
    heartbeatInterval: HEARTBEAT_MS,
    // A member that died is waited for only as long as its session.
    rebalanceTimeout: SESSION_LIMIT_MS,
    maxWaitTimeInMs: FETCH_WAIT_MS,
    retry: {
      retries: 2,
      initialRetryTime: 50,
      maxRetryTime: 200,
      // A consumer that has given up looks like one that has nothing to do.
      restartOnFailure: async (error) => {
        logger.error({ error: error.message }, 'the consumer begins again');
        return true;
      },
    },
  });
  await consumer.connect();
  opened.defer(() => consumer.disconnect());
  await consumer.subscribe({ topic: options.topic, fromBeginning: true });
  const joined = new Promise<void>((resolve, reject) => {
    // It also keeps the process alive: while kafkajs starts again nothing else does.
    const limit = setTimeout(() => reject(new Error(`no place in the group ${options.groupId}`)), JOIN_LIMIT_MS);
    consumer.on(consumer.events.GROUP_JOIN, () => {
      clearTimeout(limit);
      resolve();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    });
  });
  await consumer.run({
    autoCommit: false,
    eachBatch: async (payload) => applyBatch(payload, applyOne),
  });
  await joined;
  const owned = opened.move();
  return {
    handle: (_, response) => void response.writeHead(404).end(),
    close: () => owned.disposeAsync(),
  };
}

async function applyBatch(
  {
    batch,
    heartbeat,
    isRunning,
    isStale,
    resolveOffset,
    commitOffsetsIfNecessary,
    uncommittedOffsets,
  }: EachBatchPayload,
  applyOne: (event: OrderPlaced) => Promise<void>,
): Promise<void> {
  for (const message of batch.messages) {
    if (!isRunning() || isStale()) break;
    try {
      await applyOne(JSON.parse(message.value?.toString() ?? 'null') as OrderPlaced);
    } catch (error) {
      // kafkajs takes a TypeError, and some others, for a defect of the program, and stops for ever without a word.
      throw new Error((error as Error).message, { cause: error });
    }
    resolveOffset(message.offset);
    await heartbeat();
  }
  await commitOffsetsIfNecessary(uncommittedOffsets());
}

/** The effect. That it happened is written down each time; the view cannot tell one order from the same one twice. */
async function count(client: PoolClient, { id, customer, version }: OrderPlaced): Promise<void> {
  await client.query('INSERT INTO application (event, customer, version) VALUES ($1, $2, $3)', [id, customer, version]);
  await client.query(
    `INSERT INTO customer_view (customer, orders, last_version) VALUES ($1, 1, $2)
     ON CONFLICT (customer) DO UPDATE SET orders = customer_view.orders + 1, last_version = $2`,
    [customer, version],
  );
}
