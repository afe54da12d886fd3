/** What becomes of an order when only one of its two writes is done. */
import type { Stack } from '@backend-labs/stack';
import { startServers } from '@backend-labs/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderPlaced, OutboxVariant, PlaceContext } from '../src/contract.ts';
import { transaction } from '../src/postgres.ts';
import brokerFirst from '../src/variants/dual-write-broker-first.ts';
import dbFirst from '../src/variants/dual-write-db-first.ts';
import { event, idsOf, openSite, type Site } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

const published: OrderPlaced[] = [];

/** The shop's part of one order, with something put in its place. */
function place(site: Site, variant: OutboxVariant, given: OrderPlaced, own: Partial<PlaceContext> = {}): Promise<void> {
  const context: PlaceContext = {
    postgres: site.pool,
    transaction: (work) => transaction(site.pool, work),
    publish: async (events) => void published.push(...events),
    signal: new AbortController().signal,
    async writeOrder(client) {
      await client.query(`INSERT INTO orders (id, customer, version, items) VALUES ($1, $2, $3, '[]')`, [
        given.id,
        given.customer,
        given.version,
      ]);
      return given;
    },
    writeOutbox: async () => {},
    work: async () => {},
    halfDone: () => {},
    notify: () => {},
    ...own,
  };
  return variant.place?.(context) ?? Promise.reject(new Error('it does not place orders'));
}

async function orders(site: Site): Promise<number[]> {
  return idsOf(await site.query<{ id: number }>('SELECT id FROM orders ORDER BY id'));
}

const dies = () => {
  throw new Error('dies here');
};
const noBroker = () => Promise.reject(new Error('no broker'));

test('dual-write-db-first: who dies between the two writes has an order and no event', async () => {
  await using site = await openSite(servers);
  published.length = 0;
  await expect(place(site, dbFirst, event(1), { halfDone: dies })).rejects.toThrow('dies here');
  expect([await orders(site), idsOf(published)]).toEqual([[1], []]);
});

test('dual-write-db-first: without a broker there is an order and no event', async () => {
  await using site = await openSite(servers);
  await expect(place(site, dbFirst, event(1), { publish: noBroker })).rejects.toThrow('no broker');
  expect(await orders(site)).toEqual([1]);
});

test('dual-write-broker-first: who dies between the two writes has an event and no order', async () => {
  await using site = await openSite(servers);
  published.length = 0;
  await expect(place(site, brokerFirst, event(1), { halfDone: dies })).rejects.toThrow('dies here');
  expect([await orders(site), idsOf(published)]).toEqual([[], [1]]);
});

test('dual-write-broker-first: without a broker there is neither', async () => {
  await using site = await openSite(servers);
  await expect(place(site, brokerFirst, event(1), { publish: noBroker })).rejects.toThrow('no broker');
  expect(await orders(site)).toEqual([]);
});
