/** What the shop refuses before it writes anything. */
import type { Stack } from '@backend-labs/stack';
import { startServers } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openShop, orders, tea } from './shop.ts';
import { openSite, type Site } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

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
