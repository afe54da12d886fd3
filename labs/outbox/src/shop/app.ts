/**
 * The shop: POST /customers/:customer/orders/:id places an order, by way of one variant.
 *
 * Invariant: an order id is placed once. Who sends it again gets the first answer, whether or not the first one was
 * seen. Read next: ../contract.ts (what a variant gets), ../place.ts, ../variants/.
 */
import { channel } from 'node:diagnostics_channel';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import fastify from 'fastify';
import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { OrderPlaced, OutboxVariant, PlaceContext } from '../contract.ts';
import { createKafka, idsOf, openPublisher } from '../kafka.ts';
import { placeInOneTransaction } from '../place.ts';
import { createPool, transaction } from '../postgres.ts';
import { ensureSchema } from '../schema.ts';
import { openNotifier } from './notifier.ts';

/** Announced when one of two writes is done and the other is not. Nobody listens unless a harness is there. */
const halfDone = channel('outbox.half-done');

const UNIQUE_VIOLATION = '23505';
const LARGEST_ID = 2_147_483_647;

/** Of the path, and digits only: `Number` makes 0 of a space, and of nothing at all. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,10}$/, 'it must be a whole number')
  .transform(Number)
  .pipe(z.number().max(LARGEST_ID));
const text = z
  .string()
  .refine((given) => given.isWellFormed() && !given.includes('\0'), 'it has a character that Postgres does not store');
const orderSchema = z.object({
  customer: wholeNumber,
  id: wholeNumber,
  items: z
    .array(z.strictObject({ sku: text.min(1).max(64), quantity: z.number().int().positive().max(1000) }))
    .min(1)
    .max(100),
  note: text.max(2_000_000).optional(),
});
type Order = z.infer<typeof orderSchema>;

class UnknownCustomerError extends Error {
  override readonly name = 'UnknownCustomerError';
}

export interface ShopOptions {
  postgresUrl: string;
  kafkaUrl: string;
  topic: string;
  variant: OutboxVariant;
  customers: number;
  connections: number;
  /** Every `slowEvery`-th order's transaction takes `slowMs` longer; none if 0. */
  slowEvery: number;
  slowMs: number;
}

export interface Shop {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Connects and makes the schema. Throws if Postgres or Kafka is not there. */
export async function createShop(options: ShopOptions): Promise<Shop> {
  const { variant, slowEvery, slowMs } = options;
  await using opened = new AsyncDisposableStack();
  const postgres = createPool({ url: options.postgresUrl, connections: options.connections });
  opened.defer(() => postgres.end());
  await ensureSchema(postgres, options.customers);
  const publisher = await openPublisher(createKafka({ url: options.kafkaUrl, clientId: 'shop' }), options.topic);
  opened.defer(() => publisher.close());
  const notifier = openNotifier(postgres);
  opened.defer(() => notifier.close());
  const place = variant.place ?? placeInOneTransaction;
  const app = fastify({ bodyLimit: 4_000_000 });
  opened.defer(() => app.close());

  app.post<{ Params: Record<string, string>; Body: unknown }>(
    '/customers/:customer/orders/:id',
    async (request, reply) => {
      const given = orderSchema.safeParse({ ...(request.body as object | null), ...request.params });
      if (!given.success) return reply.status(400).send({ error: z.prettifyError(given.error) });
      const order = given.data;
      const known = await findOrder(postgres, order.id);
      if (known !== null) return known;
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const context: PlaceContext = {
        postgres,
        transaction: (work) => transaction(postgres, work),
        publish: publisher.publish,
        signal: gone.signal,
        writeOrder: (client) => writeOrder(client, order),
        writeOutbox,
        work: async () => {
          if (slowEvery > 0 && order.id % slowEvery === 0) await delay(slowMs);
        },
        halfDone: (event) => halfDone.publish(idsOf([event])),
        notify: notifier.notify,
      };
      try {
        await place(context);
      } catch (error) {
        if (error instanceof UnknownCustomerError) return reply.status(404).send({ error: error.message });
        // Somebody else placed it since we looked.
        if ((error as { code?: string }).code !== UNIQUE_VIOLATION) {
          return reply.status(500).send({ error: (error as Error).message });
        }
      }
      return (await findOrder(postgres, order.id)) ?? reply.status(500).send({ error: 'the order was not stored' });
    },
  );

  await app.ready();
  const owned = opened.move();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    close: () => owned.disposeAsync(),
  };
}

/** The answer to a request for that order, the first time and every time after. Null if there is none. */
async function findOrder(postgres: Pool, id: number) {
  const { rows } = await postgres.query<{ id: number; customer: number; version: number }>(
    'SELECT id, customer, version FROM orders WHERE id = $1',
    [id],
  );
  return rows[0] ?? null;
}

async function writeOrder(client: PoolClient, { id, customer, items, note }: Order): Promise<OrderPlaced> {
  const { rows } = await client.query<{ version: number }>(
    'UPDATE customer SET version = version + 1 WHERE id = $1 RETURNING version',
    [customer],
  );
  const version = rows[0]?.version;
  if (version === undefined) throw new UnknownCustomerError(`there is no customer ${customer}`);
  await client.query('INSERT INTO orders (id, customer, version, items) VALUES ($1, $2, $3, $4)', [
    id,
    customer,
    version,
    JSON.stringify(items),
  ]);
  return { id, customer, version, items, ...(note === undefined ? {} : { note }) };
}

async function writeOutbox(client: PoolClient, event: OrderPlaced): Promise<void> {
  await client.query('INSERT INTO outbox (customer, event) VALUES ($1, $2)', [event.customer, JSON.stringify(event)]);
}
