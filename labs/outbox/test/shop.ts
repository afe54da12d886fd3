/** A shop with a variant of the test's choice on the database and the topic of a site, and what is stored there. */
import { listen } from '@backend-labs/testbed';
import type { OutboxVariant } from '../src/contract.ts';
import { createShop, type ShopOptions } from '../src/shop/app.ts';
import brokerFirst from '../src/variants/dual-write-broker-first.ts';
import dbFirst from '../src/variants/dual-write-db-first.ts';
import notifyInEveryTx from '../src/variants/notify-in-every-tx.ts';
import skipLockedNotify from '../src/variants/skip-locked-notify.ts';
import { CUSTOMERS, type Site } from './site.ts';

const plain: OutboxVariant = {};

/** The variants that write the event in the order's transaction, and those that send it to Kafka themselves. */
export const WITH_OUTBOX: [string, OutboxVariant][] = [
  ['one transaction', plain],
  ['skip-locked-notify', skipLockedNotify],
  ['notify-in-every-tx', notifyInEveryTx],
];
export const DUAL: [string, OutboxVariant][] = [
  ['dual-write-db-first', dbFirst],
  ['dual-write-broker-first', brokerFirst],
];

/** Listens on a port of its own until it is disposed of. Nothing that it does is slow, unless asked for. */
export async function openShop(site: Site, variant: OutboxVariant = plain, own: Partial<ShopOptions> = {}) {
  const { postgresUrl, kafkaUrl, topic } = site;
  const given = { postgresUrl, kafkaUrl, topic, variant, customers: CUSTOMERS, connections: 10 };
  const listening = await listen(await createShop({ ...given, slowEvery: 0, slowMs: 0, ...own }));
  return { ...listening, ask: (path: string, body?: unknown) => listening.ask(path, { method: 'POST', body }) };
}

export const tea = { items: [{ sku: 'tea', quantity: 2 }] };

/** Order ids in the outbox, and in the topic. */
export async function events(site: Site): Promise<number[]> {
  const inOutbox = await site.query<{ id: number }>(`SELECT (event->>'id')::int AS id FROM outbox ORDER BY position`);
  return [...inOutbox.map(({ id }) => id), ...(await site.readTopic()).map(({ id }) => id)];
}

/** All orders that are stored, each customer's in the order of its versions. */
export const orders = (site: Site) =>
  site.query<{ id: number; customer: number; version: number }>(
    'SELECT id, customer, version FROM orders ORDER BY customer, version',
  );
