/** The shop's answer to an order, and what of it is stored. */
import type { Stack } from '@backend-labs/stack';
import { listening, startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { placeInOneTransaction } from '../src/place.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import { runRelay } from './relay-with.ts';
import { DUAL, events, openShop, orders, tea, WITH_OUTBOX } from './shop.ts';
import { aWhile, CUSTOMERS, openSite } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('an order', () => {
  test('is stored with its event, and answered with its version', async () => {
    await using site = await openSite(servers);
    await using shop = await openShop(site);
    const { status, body } = await shop.ask('/customers/3/orders/7', { ...tea, note: 'by Friday' });
    expect({ status, body }).toEqual({ status: 200, body: { id: 7, customer: 3, version: 1 } });
    expect(await site.query('SELECT id, customer, version, items FROM orders')).toEqual([
      { id: 7, customer: 3, version: 1, items: tea.items },
    ]);
    expect(await site.query('SELECT event, published_at FROM outbox')).toEqual([
      { event: { id: 7, customer: 3, version: 1, ...tea, note: 'by Friday' }, published_at: null },
    ]);
  });

  test.each(DUAL)('%s: is stored, and its event is in the topic', async (_, variant) => {
    await using site = await openSite(servers);
    await using shop = await openShop(site, variant);
    expect((await shop.ask('/customers/3/orders/7', tea)).status).toBe(200);
    expect(await orders(site)).toEqual([{ id: 7, customer: 3, version: 1 }]);
    expect(await site.readTopic()).toMatchObject([{ id: 7, customer: 3, version: 1, ...tea }]);
    expect(await site.query('SELECT FROM outbox')).toEqual([]);
  });

  test('of a customer that nobody knows is refused by name, and leaves nothing', async () => {
    await using site = await openSite(servers);
    await using shop = await openShop(site);
    const { status, body } = await shop.ask(`/customers/${CUSTOMERS}/orders/7`, tea);
    expect(body.error).toContain(`no customer ${CUSTOMERS}`);
    expect(status).toBe(404);
    expect([await orders(site), await events(site)]).toEqual([[], []]);
  });

  test('whose variant throws is answered with 500 and the reason, and leaves nothing', async () => {
    await using site = await openSite(servers);
    await using shop = await openShop(site, {
      place: ({ transaction, writeOrder, writeOutbox }) =>
        transaction(async (client) => {
          await writeOutbox(client, await writeOrder(client));
          throw new Error('no more tea');
        }),
    });
    const { status, body } = await shop.ask('/customers/3/orders/7', tea);
    expect({ status, body }).toEqual({ status: 500, body: { error: 'no more tea' } });
    expect([await orders(site), await events(site)]).toEqual([[], []]);
  });

  test('that its variant forgot is not said to be stored', async () => {
    await using site = await openSite(servers);
    await using shop = await openShop(site, { place: async () => {} });
    expect((await shop.ask('/customers/3/orders/7', tea)).status).toBe(500);
  });
});

describe("a customer's versions", () => {
  test('have no gap, whatever fails or is slow in between, and are committed in their order', async () => {
    await using site = await openSite(servers);
    // Each seventh order fails after it was written; others take longer.
    await using shop = await openShop(
      site,
      {
        async place(context) {
          const { transaction, writeOrder, writeOutbox, work } = context;
          await transaction(async (client) => {
            const event = await writeOrder(client);
            await writeOutbox(client, event);
            await work();
            if (event.id % 7 === 0) throw new Error('each seventh fails');
          });
        },
      },
      { slowEvery: 3, slowMs: 15 },
    );
    const committed: { id: number; customer: number; version: number }[] = [];
    await using _log = await runRelay(site, cdcPgoutput, {
      publish: async (all) => void committed.push(...all),
    });
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, id) => shop.ask(`/customers/${id % 4}/orders/${id}`, tea)),
    );
    const stored = answers.filter(({ status }) => status === 200);
    expect(stored).toHaveLength(40 - 6);
    await until('the log tells of all of them', () => committed.length >= stored.length);
    await aWhile();
    for (const customer of [0, 1, 2, 3]) {
      const versions = committed.filter((one) => one.customer === customer).map(({ version }) => version);
      expect(versions).toEqual(Array.from({ length: versions.length }, (_, index) => index + 1));
    }
    expect(committed).toHaveLength(stored.length);
  });
});

test('the harness is told when one of the two writes is done and the other is not', async () => {
  using told = listening('outbox.half-done');
  for (const [, variant] of [...WITH_OUTBOX, ...DUAL]) {
    await using site = await openSite(servers);
    await using shop = await openShop(site, variant);
    await shop.ask('/customers/3/orders/7', tea);
  }
  expect(told.heard.map(({ said }) => said.ids)).toEqual(['7', '7', '7', '7', '7']);
});

test('the event of an order is in the outbox if and only if the order is there', async () => {
  await using site = await openSite(servers);
  await using shop = await openShop(site, {
    place: (context) => placeInOneTransaction({ ...context, work: () => Promise.reject(new Error('between')) }),
  });
  expect((await shop.ask('/customers/3/orders/7', tea)).status).toBe(500);
  expect([await orders(site), await events(site)]).toEqual([[], []]);
});
