/**
 * Places orders as the shop does, without its HTTP.
 *
 * The statements are those of src/shop/app.ts, in the same order on the same kind of pool; a test compares the rows.
 * Read next: writers-main.ts and flow-main.ts (who places them).
 */

import type { OrderPlaced, OutboxVariant, PlaceContext } from '../src/contract.ts';
import { createKafka, openPublisher } from '../src/kafka.ts';
import { placeInOneTransaction } from '../src/place.ts';
import { createPool, transaction } from '../src/postgres.ts';
import { ensureSchema } from '../src/schema.ts';
import { openNotifier } from '../src/shop/notifier.ts';
import type { Place } from './stand.ts';

const ITEMS: OrderPlaced['items'] = [{ sku: 'tea', quantity: 1 }];

export interface Orders extends AsyncDisposable {
  /** Places one; `onCommitted` is called when Postgres has acknowledged the commit. */
  place(order: { id: number; customer: number }, onCommitted?: () => void): Promise<void>;
}

export async function openOrders(
  variant: OutboxVariant,
  { postgresUrl, kafkaUrl, topic, customers, connections }: Place & { customers: number; connections: number },
): Promise<Orders> {
  await using opened = new AsyncDisposableStack();
  const postgres = createPool({ url: postgresUrl, connections });
  opened.defer(() => postgres.end());
  await ensureSchema(postgres, customers);
  const publisher = await openPublisher(createKafka({ url: kafkaUrl, clientId: 'shop' }), topic);
  opened.defer(() => publisher.close());
  const notifier = openNotifier(postgres);
  opened.defer(() => notifier.close());
  const place = variant.place ?? placeInOneTransaction;
  const { signal } = new AbortController();
  const owned = opened.move();
  return {
    place: (order, onCommitted = () => {}) =>
      place({
        postgres,
        async transaction(work) {
          const result = await transaction(postgres, work);
          onCommitted();
          return result;
        },
        publish: publisher.publish,
        signal,
        writeOrder: (client) => writeOrder(client, order),
        writeOutbox,
        work: async () => {},
        halfDone: () => {},
        notify: notifier.notify,
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const writeOrder = async (
  client: Parameters<PlaceContext['writeOrder']>[0],
  { id, customer }: { id: number; customer: number },
): Promise<OrderPlaced> => {
  const { rows } = await client.query<{ version: number }>(
    'UPDATE customer SET version = version + 1 WHERE id = $1 RETURNING version',
    [customer],
  );
  const version = rows[0]?.version;
  if (version === undefined) throw new RangeError(`there is no customer ${customer}`);
  await client.query('INSERT INTO orders (id, customer, version, items) VALUES ($1, $2, $3, $4)', [
    id,
    customer,
    version,
    JSON.stringify(ITEMS),
  ]);
  return { id, customer, version, items: ITEMS };
};

const writeOutbox: PlaceContext['writeOutbox'] = async (client, event) => {
  await client.query('INSERT INTO outbox (customer, event) VALUES ($1, $2)', [event.customer, JSON.stringify(event)]);
};
