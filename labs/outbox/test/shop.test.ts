import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Stack } from '@backend-labs/stack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutboxVariant } from '../src/contract.ts';
import { placeInOneTransaction } from '../src/place.ts';
import { createShop, type ShopOptions } from '../src/shop/app.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import brokerFirst from '../src/variants/dual-write-broker-first.ts';
import dbFirst from '../src/variants/dual-write-db-first.ts';
import notifyInEveryTx from '../src/variants/notify-in-every-tx.ts';
import skipLockedNotify from '../src/variants/skip-locked-notify.ts';
import { runRelay } from './relay-with.ts';
import { ask, listen, startServers, until } from './servers.ts';
import { aWhile, CUSTOMERS, openSite, type Site } from './site.ts';

const plain: OutboxVariant = {};
const WITH_OUTBOX: [string, OutboxVariant][] = [
  ['one transaction', plain],
  ['skip-locked-notify', skipLockedNotify],
  ['notify-in-every-tx', notifyInEveryTx],
];
const DUAL: [string, OutboxVariant][] = [
  ['dual-write-db-first', dbFirst],
  ['dual-write-broker-first', brokerFirst],
];

let servers: Stack;
beforeAll(async () => {
  servers = await startServers();
});
afterAll(() => servers?.[Symbol.asyncDispose]());

async function openShop(site: Site, variant: OutboxVariant = plain, own: Partial<ShopOptions> = {}) {
  const { postgresUrl, kafkaUrl, topic } = site;
  const given = { postgresUrl, kafkaUrl, topic, variant, customers: CUSTOMERS, connections: 10 };
  return listen(await createShop({ ...given, slowEvery: 0, slowMs: 0, ...own }));
}

const tea = { items: [{ sku: 'tea', quantity: 2 }] };

/** Order ids in the outbox, and in the topic. */
async function events(site: Site): Promise<number[]> {
  const inOutbox = await site.query<{ id: number }>(`SELECT (event->>'id')::int AS id FROM outbox ORDER BY position`);
  return [...inOutbox.map(({ id }) => id), ...(await site.readTopic()).map(({ id }) => id)];
}

const orders = (site: Site) =>
  site.query<{ id: number; customer: number; version: number }>(
    'SELECT id, customer, version FROM orders ORDER BY customer, version',
  );

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

describe('an invalid order is answered with 400 and what is wrong', () => {
  let site: Site;
  let shop: Awaited<ReturnType<typeof openShop>>;
  beforeAll(async () => {
    site = await openSite(servers);
    shop = await openShop(site);
  });
  afterAll(async () => {
    await shop?.[Symbol.asyncDispose]();
    await site?.[Symbol.asyncDispose]();
  });
  const refused = async (path: string, body: unknown): Promise<string> => {
    const before = await orders(site);
    const answer = await shop.ask(path, body);
    expect(answer.status).toBe(400);
    expect(await orders(site)).toEqual(before);
    return String(answer.body.error);
  };

  test('all of it', async () => {
    const order = {
      items: [
        { sku: '', quantity: 0 },
        { sku: 'tea', quantity: 1.5, colour: 'green' },
      ],
      note: 5,
    };
    const error = await refused('/customers/tea/orders/-1', order);
    for (const where of ['customer', 'id', 'items[0].sku', 'items[0].quantity', 'items[1].quantity', 'note']) {
      expect(error).toContain(`at ${where}`);
    }
    expect(error).toContain('colour');
  });

  test.each([
    ['no body', undefined],
    ['an empty one', {}],
    ['a list', [tea]],
    ['no items', { items: [] }],
    ['too many items', { items: Array(101).fill(tea.items[0]) }],
    ['an item too often', { items: [{ sku: 'tea', quantity: 1001 }] }],
    ['an item with a name that is too long', { items: [{ sku: 't'.repeat(65), quantity: 1 }] }],
  ])('%s', async (_, body) => {
    expect(await refused('/customers/1/orders/1', body)).toContain('items');
  });

  test('a note that is too long', async () => {
    expect(await refused('/customers/1/orders/1', { ...tea, note: 'x'.repeat(2_000_001) })).toContain('note');
  });

  test.each(['-1', '1.5', 'tea', '2147483648', '%20'])('the order id %s', async (id) => {
    expect(await refused(`/customers/1/orders/${id}`, tea)).toContain('id');
  });

  test.each(['-1', '1.5', 'tea', '2147483648', '%20'])('the customer %s', async (customer) => {
    expect(await refused(`/customers/${customer}/orders/1`, tea)).toContain('customer');
  });

  test('no customer at all', async () => {
    expect(await refused('/customers//orders/1', tea)).toContain('customer');
  });

  // Postgres stores neither in a jsonb.
  test.each([
    ['a zero character', '\u0000'],
    ['half of a surrogate pair', '\ud800'],
  ])('text with %s', async (_, text) => {
    expect(await refused('/customers/1/orders/2', { ...tea, note: text })).toContain('note');
    expect(await refused('/customers/1/orders/3', { items: [{ sku: text, quantity: 1 }] })).toContain('sku');
  });

  test('what is no JSON at all', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${shop.url}/customers/1/orders/1`, { method: 'POST', headers, body: '{"items":' });
    expect(answer.status).toBe(400);
  });
});

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
    for (const answer of answers) expect(answer).toEqual({ status: 200, body: { id: 7, customer: 3, version: 1 } });
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
      Array.from({ length: 40 }, (_, id) => ask(shop.url, `/customers/${id % 4}/orders/${id}`, tea)),
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
  const told: string[] = [];
  const listener = (said: unknown) => told.push((said as { ids: string }).ids);
  subscribe('outbox.half-done', listener);
  try {
    for (const [, variant] of [...WITH_OUTBOX, ...DUAL]) {
      await using site = await openSite(servers);
      await using shop = await openShop(site, variant);
      await shop.ask('/customers/3/orders/7', tea);
    }
  } finally {
    unsubscribe('outbox.half-done', listener);
  }
  expect(told).toEqual(['7', '7', '7', '7', '7']);
});

test('the event of an order is in the outbox if and only if the order is there', async () => {
  await using site = await openSite(servers);
  await using shop = await openShop(site, {
    place: (context) => placeInOneTransaction({ ...context, work: () => Promise.reject(new Error('between')) }),
  });
  expect((await shop.ask('/customers/3/orders/7', tea)).status).toBe(500);
  expect([await orders(site), await events(site)]).toEqual([[], []]);
});
