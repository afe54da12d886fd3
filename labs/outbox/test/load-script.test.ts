/**
 * k6/outbox.ts against shops that misbehave in one way at a time. Only where k6 is on PATH or was built into .lab/tools
 * by `./lab bench`; its types are checked everywhere.
 *
 * What depends on this machine's speed (the latency, the dropped iterations) is left out of what is expected.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { json, k6At, listen, runK6 } from '@backend-labs/testbed';
import { describe, expect, it } from 'vitest';

const FAILED = 'http_req_failed{name:order}';
/** The thresholds that no slow machine can cross. */
const ABOUT_ANSWERS = ['changed_answers', 'checks', FAILED];
const CUSTOMERS = 7;

interface Order {
  id: number;
  customer: number;
  /** How often that id has come before. */
  before: number;
  items: { sku: string }[];
}
/** Answers an order that has items. */
type Answer = (response: ServerResponse, order: Order) => void;

const healthy: Answer = (response, { id, customer }) => json(response, { id, customer, version: 1 });

interface Fault {
  /** What /health/ready answers. */
  ready?: number;
  /** What an order without items is answered. */
  refusal?: { status: number; body: unknown };
}

/** Runs the script for a second against a shop that answers so. */
async function load(answer: Answer, variables: Record<string, string> = {}, fault: Fault = {}) {
  const { ready = 200, refusal = { status: 400, body: { error: 'Too small → at items' } } } = fault;
  const orders: Order[] = [];
  const seen = new Map<number, number>();
  const handle: RequestListener = async (request, response) => {
    const { method, url = '' } = request;
    if (url === '/health/ready') return void response.writeHead(ready).end();
    const [, customer, id] = /^\/customers\/(\d+)\/orders\/(\d+)$/.exec(url) ?? [];
    if (id === undefined || method !== 'POST') return void response.writeHead(404).end();
    const { items } = JSON.parse(await text(request)) as { items: Order['items'] };
    if (items.length === 0) return void json(response, refusal.body, refusal.status);
    const before = seen.get(Number(id)) ?? 0;
    seen.set(Number(id), before + 1);
    const order = { id: Number(id), customer: Number(customer), before, items };
    orders.push(order);
    answer(response, order);
  };
  await using shop = await listen({ handle });
  const run = await runK6('outbox.ts', { SHOP_URL: shop.url, CUSTOMERS: String(CUSTOMERS), ...variables });
  return { ...run, aboutAnswers: run.crossed.filter((name) => ABOUT_ANSWERS.includes(name)), orders };
}

describe.skipIf(k6At() === undefined)('the k6 script', () => {
  it('finds nothing wrong with the answers of a healthy shop', async () => {
    const run = await load(healthy);
    expect(run.aboutAnswers).toEqual([]);
    expect(run.code).toBe(run.crossed.length === 0 ? 0 : 99);
  });

  it.each<[string, Answer, string[]]>([
    ['errors', (response) => json(response, { error: 'no' }, 500), ['checks', FAILED]],
    [
      'an answer about another order',
      (response, { id, customer }) => json(response, { id: id + 1, customer, version: 1 }),
      ['checks'],
    ],
    [
      'an answer about another customer',
      (response, { id, customer }) => json(response, { id, customer: customer + 1, version: 1 }),
      ['checks'],
    ],
    ['an answer without a version', (response, { id, customer }) => json(response, { id, customer }), ['checks']],
    ['a body that is no JSON', (response) => void response.end('<html>'), ['checks']],
    [
      'an order that was placed twice',
      (response, { id, customer, before }) => json(response, { id, customer, version: 1 + before }),
      ['changed_answers', 'checks'],
    ],
    [
      'one answer in many that changed',
      (response, { id, customer, before }) =>
        json(response, { id, customer, version: before > 0 && id % 1000 === 10 ? 2 : 1 }),
      // One check in nearly two hundred: less than what `checks` lets pass.
      ['changed_answers'],
    ],
  ])('fails on %s', async (_, answer, expected) => {
    const run = await load(answer);
    expect(run.aboutAnswers.sort()).toEqual(expected);
    expect(run.code).toBe(99);
  });

  it('calls a second request that failed an error, and not another answer', async () => {
    const run = await load((response, order) => {
      if (order.before > 0) return void json(response, { error: 'no' }, 500);
      healthy(response, order);
    });
    expect(run.aboutAnswers).toEqual([FAILED]);
  });

  it.each(['constant', 'ramp'])(
    'places each order once, every tenth a second time, customers in turn (%s)',
    async (SCENARIO) => {
      const { orders } = await load(healthy, { SCENARIO });
      const first = orders.filter(({ before }) => before === 0).toSorted((a, b) => a.id - b.id);
      const [start] = first;
      expect(first.length).toBeGreaterThan(18);
      expect(first.map(({ id }) => id - (start?.id ?? 0))).toEqual(first.map((_, index) => index));
      for (const [index, { customer }] of first.entries()) expect(customer).toBe(index % CUSTOMERS);
      const again = orders.filter(({ before }) => before > 0).toSorted((a, b) => a.id - b.id);
      expect(again.map(({ id }) => id - (start?.id ?? 0))).toEqual(
        first.flatMap((_, index) => (index % 10 === 0 ? [index] : [])),
      );
      expect(Math.max(...orders.map(({ before }) => before))).toBe(1);
      for (const { before, items } of orders) expect(items[0]?.sku).toBe(before === 0 ? 'tea' : 'coffee');
    },
  );

  it('has ids of its own in each run', async () => {
    const runs = [await load(healthy), await load(healthy)];
    const [one, other] = runs.map(({ orders }) => new Set(orders.map(({ id }) => id)));
    expect(one?.size).toBeGreaterThan(18);
    expect([...(one as Set<number>)].filter((id) => other?.has(id))).toEqual([]);
  });

  it('ends before its load if nobody is there, and names the variable', async () => {
    const run = await load(healthy, { SHOP_URL: 'http://127.0.0.1:9' });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/no shop is ready at http:\/\/127\.0\.0\.1:9/);
    expect(run.stderr).toContain('-e SHOP_URL=');
    expect(run.orders).toEqual([]);
  });

  it.each<[string, Fault, string]>([
    ['is not ready', { ready: 503 }, 'it answered 503'],
    ['takes an order without items', { refusal: { status: 200, body: {} } }, 'answered 200 to an order without items'],
    ['does not say what is wrong', { refusal: { status: 400, body: {} } }, 'answered 400 to an order without items'],
  ])('ends before its load if the shop %s', async (_, fault, said) => {
    const run = await load(healthy, {}, fault);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(said);
    expect(run.orders).toEqual([]);
  });

  it.each([{ SCENARIO: 'burst' }, { RATE: '-1' }, { DURATION: '30' }, { SHOP_URL: 'localhost' }, { CUSTOMERS: '0' }])(
    'refuses %o by name before it sends anything',
    async (variables) => {
      const run = await load(healthy, variables as Record<string, string>);
      expect(run.code).not.toBe(0);
      const [[name, value]] = Object.entries(variables) as [[string, string]];
      expect(run.stderr).toContain(`${name}=${value}: it must be`);
      expect(run.orders).toEqual([]);
    },
  );
});
