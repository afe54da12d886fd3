/** The shop, a relay and a consumer as the processes that a run starts. */
import { resolve } from 'node:path';
import type { Stack } from '@backend-labs/stack';
import { startProcess, startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSite, type Site } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

/** `name`: a folder of src/. */
const start = (name: string, environment: NodeJS.ProcessEnv) =>
  startProcess(resolve(import.meta.dirname, `../src/${name}/main.ts`), environment);

const environmentOf = (site: Site, variant: string) => ({
  POSTGRES_URL: site.postgresUrl,
  KAFKA_URL: site.kafkaUrl,
  TOPIC: site.topic,
  DATA_NAME: site.dataName,
  GROUP_ID: `${site.dataName}.view`,
  VARIANT_FILE: resolve(import.meta.dirname, `../src/variants/${variant}.ts`),
  CUSTOMERS: '5',
});

test.each(['skip-locked-with-inbox', 'cdc-pgoutput-with-inbox', 'dual-write-db-first'])(
  '%s: an order is placed, carried and applied',
  async (variant) => {
    await using site = await openSite(servers);
    const environment = environmentOf(site, variant);
    await using _relay = await start('relay', environment);
    await using shop = await start('shop', environment);
    await using _consumer = await start('consumer', environment);
    for (const id of [1, 2, 3]) {
      const order = { items: [{ sku: 'tea', quantity: 1 }] };
      const { status, body } = await shop.ask(`/customers/2/orders/${id}`, { method: 'POST', body: order });
      expect([status, body.version]).toEqual([200, id]);
    }
    await until('all are applied', async () => (await site.effects()).length >= 3);
    expect(await site.query('SELECT customer, orders, last_version FROM customer_view')).toEqual([
      { customer: 2, orders: 3, last_version: 3 },
    ]);
  },
);

test('a service with settings that make no sense does not start, and names them', async () => {
  await using site = await openSite(servers);
  const environment = { ...environmentOf(site, 'skip-locked'), BATCH_SIZE: '0' };
  await expect(start('relay', environment)).rejects.toThrow(/ended before it listened[\s\S]*BATCH_SIZE/);
});
