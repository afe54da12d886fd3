/**
 * A database and a topic of a test's own on the servers of its file, with orders placed as the shop places them, but by
 * hand: a transaction can be left open in its middle. Read next: topic.ts (what can be done to the topic).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@backend-labs/stack';
import { recordingLogger, until, within } from '@backend-labs/testbed';
import type { PoolClient, QueryResultRow } from 'pg';
import { type ConsumerOptions, createConsumer } from '../src/consumer/app.ts';
import type { OrderPlaced, OutboxVariant, RelayContext } from '../src/contract.ts';
import { createPool, transaction } from '../src/postgres.ts';
import { createRelay } from '../src/relay/app.ts';
import { ensureSchema } from '../src/schema.ts';
import { openTopic } from './topic.ts';

export const CUSTOMERS = 20;
export const settings: RelayContext['settings'] = { batchSize: 10, pollIntervalMs: 10, relayIndex: 0, relays: 1 };

/** An order whose transaction is not over. */
export interface OpenOrder {
  event: OrderPlaced;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

let sites = 0;

export type Site = Awaited<ReturnType<typeof openSite>>;

/** Without a Kafka among the servers there is no topic either. */
export async function openSite(stack: Stack, { partitions = 1 }: { partitions?: number } = {}) {
  await using opened = new AsyncDisposableStack();
  const dataName = `site_${sites++}`;
  // Dropped at the end, with its replication slots: a server has few.
  const data = opened.use(await stack.server('postgres-1').freshData(dataName));
  const pool = createPool({ url: data.url, connections: 10 });
  opened.defer(() => pool.end());
  await ensureSchema(pool, CUSTOMERS);
  const kafkaUrl = stack.servers.find(({ kind }) => kind === 'kafka')?.url ?? '';
  const topic = `${dataName}.orders`;
  const onTopic = await openTopic(kafkaUrl, topic, partitions);
  let orders = 0;

  async function insert(client: PoolClient, customer: number, note?: string): Promise<OrderPlaced> {
    const id = ++orders;
    const { rows } = await client.query<{ version: number }>(
      'UPDATE customer SET version = version + 1 WHERE id = $1 RETURNING version',
      [customer],
    );
    const version = rows[0]?.version as number;
    const items = [{ sku: 'tea', quantity: 1 }];
    await client.query('INSERT INTO orders (id, customer, version, items) VALUES ($1, $2, $3, $4)', [
      id,
      customer,
      version,
      JSON.stringify(items),
    ]);
    const event = { id, customer, version, items, ...(note === undefined ? {} : { note }) };
    await client.query('INSERT INTO outbox (customer, event) VALUES ($1, $2)', [customer, JSON.stringify(event)]);
    return event;
  }

  const owned = opened.move();
  return {
    postgresUrl: data.url,
    kafkaUrl,
    topic,
    dataName,
    pool,
    ...onTopic,
    /** Commits an order of one customer. */
    order: (customer = 0, note?: string) => transaction(pool, (client) => insert(client, customer, note)),
    /** Commits several orders in one transaction. */
    ordersAtOnce: (customers: number[]) =>
      transaction(pool, async (client) => {
        const events: OrderPlaced[] = [];
        for (const customer of customers) events.push(await insert(client, customer));
        return events;
      }),
    /** Places an order and leaves its transaction open. */
    async openOrder(customer: number): Promise<OpenOrder> {
      const client = await pool.connect();
      await client.query('BEGIN');
      const event = await insert(client, customer);
      const end = (how: string) => async () => {
        await client.query(how);
        client.release();
      };
      return { event, commit: end('COMMIT'), rollback: end('ROLLBACK') };
    },
    query: async <T extends QueryResultRow>(text: string, values: unknown[] = []): Promise<T[]> =>
      (await pool.query<T>(text, values)).rows,
    /** Orders that are in the outbox and not marked as published. */
    async unmarked(): Promise<number[]> {
      const { rows } = await pool.query<{ id: number }>(
        `SELECT (event->>'id')::int AS id FROM outbox WHERE published_at IS NULL ORDER BY position`,
      );
      return rows.map(({ id }) => id);
    },
    /** Those of them that no transaction holds. Read from the rows: whoever tried to lock them would be in the way. */
    async free(): Promise<number[]> {
      const { rows } = await pool.query<{ id: number }>(
        `SELECT (event->>'id')::int AS id FROM outbox WHERE published_at IS NULL
         AND (xmax = '0' OR pg_xact_status(xmax::text::xid8) <> 'in progress') ORDER BY position`,
      );
      return rows.map(({ id }) => id);
    },
    /** Waits until a relay has noted down, in its own way, that all until now is published. */
    async untilNoted() {
      const { rows } = await pool.query<{ end: string }>('SELECT pg_current_wal_flush_lsn() AS end');
      await until('all of it is noted down', async () => {
        const noted = await pool.query<{ isNoted: boolean | null }>(
          `SELECT CASE
             WHEN EXISTS (SELECT FROM pg_replication_slots WHERE database = current_database()) THEN
               (SELECT confirmed_flush_lsn >= $1::pg_lsn FROM pg_replication_slots WHERE database = current_database())
             WHEN EXISTS (SELECT FROM relay_cursor) THEN
               (SELECT position FROM relay_cursor) = (SELECT max(position) FROM outbox)
             ELSE NOT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)
           END AS "isNoted"`,
          [rows[0]?.end],
        );
        return noted.rows[0]?.isNoted === true;
      });
    },
    /** Cuts everybody else's connections to this database, as a crash of theirs would. */
    async cutOthers() {
      const others = 'FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()';
      await until('the connections of others are gone', async () => {
        const { rowCount } = await pool.query(`SELECT pg_terminate_backend(pid) ${others}`);
        return rowCount === 0;
      });
      // This process still has to read that some of them were its own.
      await delay(20);
    },
    /** The effects that happened: the ids of their events, in order. */
    async effects(): Promise<number[]> {
      const { rows } = await pool.query<{ event: number }>('SELECT event FROM application ORDER BY seq');
      return rows.map(({ event }) => event);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The relay as it runs in the lab, on real servers. */
export async function startRelay(
  site: Site,
  variant: OutboxVariant,
  own: Partial<RelayContext['settings']> & { postgresUrl?: string } = {},
) {
  const { logger, errors } = recordingLogger();
  const { postgresUrl = site.postgresUrl, ...given } = own;
  const { kafkaUrl, topic, dataName } = site;
  const options = { postgresUrl, kafkaUrl, topic, dataName, variant, settings: { ...settings, ...given }, logger };
  const relay = await createRelay(options);
  return { errors, [Symbol.asyncDispose]: () => within('the relay ends', relay.close()) };
}

export async function startConsumer(site: Site, variant: OutboxVariant, own: Partial<ConsumerOptions> = {}) {
  const { logger, errors } = recordingLogger();
  const { postgresUrl, kafkaUrl, topic } = site;
  const groupId = `${site.dataName}.view`;
  const options = { postgresUrl, kafkaUrl, topic, groupId, variant, logger, ...own };
  const consumer = await within('the consumer is in its group', createConsumer(options));
  return { errors, [Symbol.asyncDispose]: () => within('the consumer ends', consumer.close()) };
}

/** Long enough for what should not come to come, were it to come. No test depends on how long that is. */
export const aWhile = () => delay(200);

export const idsOf = (events: readonly { id: number }[]) => events.map(({ id }) => id);

export const ascending = (ids: readonly number[]) => ids.toSorted((a, b) => a - b);

/** An event that nobody ordered. */
export const event = (id: number, customer = 0, version = id): OrderPlaced => ({ id, customer, version, items: [] });
