/** A client that has heard no answer sends its order again: it is one order, with one event and one answer. */
import type { Stack } from '@backend-labs/stack';
import { startServers } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DUAL, events, openShop, orders, tea, WITH_OUTBOX } from './shop.ts';
import { openSite } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('an order that is sent again', () => {
  test.each([...WITH_OUTBOX, ...DUAL])('%s: gets the first answer, and makes no second event', async (_, variant) => {
    await using site = await openSite(servers);
    await using shop = await openShop(site, variant);
    const first = await shop.ask('/customers/3/orders/7', tea);
    await shop.ask('/customers/3/orders/8', tea);
    expect(await shop.ask('/customers/3/orders/7', tea)).toEqual(first);
    expect((await orders(site)).map(({ id }) => id)).toEqual([7, 8]);
    expect(await events(site)).toEqual([7, 8]);
  });

  test.each([...WITH_OUTBOX, ...DUAL])('%s: also when all of them come at once', async (_, variant) => {
    await using site = await openSite(servers);
    await using shop = await openShop(site, variant);
    const answers = await Promise.all(Array.from({ length: 12 }, () => shop.ask('/customers/3/orders/7', tea)));
    const said = { status: 200, outcome: null, body: { id: 7, customer: 3, version: 1 } };
    for (const answer of answers) expect(answer).toEqual(said);
    expect(await orders(site)).toEqual([{ id: 7, customer: 3, version: 1 }]);
    expect(await events(site)).toEqual([7]);
  });

  test('is the same order whatever it says the second time: the first answer stands', async () => {
    await using site = await openSite(servers);
    await using shop = await openShop(site);
    const first = await shop.ask('/customers/3/orders/7', tea);
    expect(await shop.ask('/customers/4/orders/7', { items: [{ sku: 'coffee', quantity: 1 }] })).toEqual(first);
    expect(await events(site)).toEqual([7]);
  });

  test('at once for several customers is one order of one of them, and the others count on without a gap', async () => {
    await using site = await openSite(servers);
    await using shop = await openShop(site);
    const answers = await Promise.all([1, 2, 3, 4].map((customer) => shop.ask(`/customers/${customer}/orders/7`, tea)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await events(site)).toEqual([7]);
    const next = await Promise.all(
      [1, 2, 3, 4].map((customer) => shop.ask(`/customers/${customer}/orders/${customer}`, tea)),
    );
    const winner = answers[0]?.body.customer;
    expect(next.map(({ body }) => body.version)).toEqual([1, 2, 3, 4].map((customer) => (customer === winner ? 2 : 1)));
  });

  test('to another shop of the same database gets the same answer', async () => {
    await using site = await openSite(servers);
    await using one = await openShop(site);
    await using other = await openShop(site);
    const answers = await Promise.all([one, other, one, other].map(({ ask }) => ask('/customers/3/orders/7', tea)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await events(site)).toEqual([7]);
  });
});
