/** What the bench counts is what the lab does: each event once in Kafka, and the orders that the shop would place. */
import { listen } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOrders } from '../bench/orders.ts';
import { planOf } from '../bench/plan.ts';
import type { PEERS, RelayMeasurement, RelayTask } from '../bench/relay-main.ts';
import { fileOf, type Place, type Stand } from '../bench/stand.ts';
import type { OrderPlaced } from '../src/contract.ts';
import { createKafka } from '../src/kafka.ts';
import { createPool } from '../src/postgres.ts';
import { createShop } from '../src/shop/app.ts';
import { loadVariant } from '../src/variant-file.ts';
import { openStandOfItsOwn } from './bench-context.ts';

/** The ids that are in a topic, how often they came. */
async function published({ kafkaUrl, topic, dataName }: Place): Promise<Map<number, number>> {
  const kafka = createKafka({ url: kafkaUrl, clientId: 'test' });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  let left = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  const ids = new Map<number, number>();
  if (left === 0) return ids;
  const consumer = kafka.consumer({ groupId: `${dataName}.test` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((done) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        const { id } = JSON.parse(String(message.value)) as OrderPlaced;
        ids.set(id, 1 + (ids.get(id) ?? 0));
        left -= 1;
        if (left === 0) done();
      },
    });
  });
  await consumer.disconnect();
  return ids;
}

describe('./lab bench outbox', () => {
  let owned: AsyncDisposableStack | undefined;
  let stand: Stand;
  beforeAll(async () => {
    ({ stand, owned } = await openStandOfItsOwn());
  });
  afterAll(() => owned?.disposeAsync());

  const drained = async (carrier: RelayTask['carrier'], place: Place, backlog: number) =>
    stand.measure<RelayMeasurement>('relay', {
      ...place,
      ...{ carrier, batchSize: 10, pollIntervalMs: 20, rowsPerTransaction: 1, backlog },
      ...{ warmUpMs: 20_000, durationMs: 1 },
    } satisfies RelayTask);

  it.each<[string, RelayTask['carrier']]>([
    ...Object.entries(planOf({ quick: true }).relays).map(
      ([name, file]) => [name, { file: fileOf(file) }] as [string, RelayTask['carrier']],
    ),
    ...(['graphile-worker, batched', 'graphile-worker, one by one', 'pg-boss'] as (keyof typeof PEERS)[]).map(
      (peer) => [peer, { peer }] as [string, RelayTask['carrier']],
    ),
  ])('counts each event of a backlog once when it is in Kafka (%s)', async (_, carrier) => {
    await using place = await stand.fresh();
    // The last batch is a smaller one.
    const { acknowledged } = await drained(carrier, place, 205);
    expect(acknowledged).toBe(205);
    const ids = await published(place);
    expect([...ids.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 205 }, (__, id) => id));
    expect(new Set(ids.values())).toEqual(new Set([1]));
  });

  it('places the same orders as the shop', async () => {
    const rowsBy = async (place: Place, by: (place: Place) => Promise<void>) => {
      await by(place);
      const pool = createPool({ url: place.postgresUrl, connections: 1 });
      const tables = ['SELECT * FROM orders', 'SELECT * FROM customer', 'SELECT position, customer, event FROM outbox'];
      const rows: unknown[] = [];
      for (const table of tables) rows.push((await pool.query(`${table} ORDER BY 1`)).rows);
      await pool.end();
      return rows;
    };
    const variant = await loadVariant(fileOf('src/variants/skip-locked.ts'));
    const orders = [1, 2, 3].map((id) => ({ id, customer: id % 2 }));
    await using ours = await stand.fresh();
    await using theirs = await stand.fresh();
    const byBench = await rowsBy(ours, async (place) => {
      await using opened = await openOrders(variant, { ...place, customers: 2, connections: 2 });
      let committed = 0;
      for (const order of orders) await opened.place(order, () => committed++);
      expect(committed).toBe(3);
    });
    const byShop = await rowsBy(theirs, async (place) => {
      const shop = await createShop({ ...place, variant, customers: 2, connections: 2, slowEvery: 0, slowMs: 0 });
      await using listening = await listen(shop);
      const body = { items: [{ sku: 'tea', quantity: 1 }] };
      for (const { id, customer } of orders) {
        const { status } = await listening.ask(`/customers/${customer}/orders/${id}`, { method: 'POST', body });
        expect(status).toBe(200);
      }
    });
    expect(byBench).toEqual(byShop);
  });
});
