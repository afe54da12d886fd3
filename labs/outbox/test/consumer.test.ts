import type { Stack } from '@backend-labs/stack';
import { startServers, until, within } from '@backend-labs/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OrderPlaced, OutboxVariant } from '../src/contract.ts';
import { ascending, aWhile, event, openSite, type Site, startConsumer } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

const plain: OutboxVariant = {};

const untilApplied = (site: Site, ...ids: number[]) =>
  until(`${ids} are applied`, async () => {
    const effects = await site.effects();
    return ids.every((id) => effects.includes(id));
  });

/** Where the group goes on in the only partition; -1 before its first commit. */
async function committedOffset(site: Site): Promise<number> {
  const groups = await site.withAdmin((admin) =>
    admin.fetchOffsets({ groupId: `${site.dataName}.view`, topics: [site.topic] }),
  );
  return Number(groups[0]?.partitions[0]?.offset);
}
const untilCommitted = (site: Site, offset: number) =>
  until(`offset ${offset} is committed`, async () => (await committedOffset(site)) === offset);

test('each event has its effect once, and a customer is counted in the order of its versions', async () => {
  await using site = await openSite(servers, { partitions: 2 });
  const events: OrderPlaced[] = [];
  for (let id = 1; id <= 30; id++) events.push(event(id, id % 3, Math.ceil(id / 3)));
  await using _consumer = await startConsumer(site, plain);
  await site.send(events);
  await untilApplied(site, ...events.map(({ id }) => id));
  await aWhile();
  expect(ascending(await site.effects())).toEqual(events.map(({ id }) => id));
  expect(await site.query('SELECT customer, orders, last_version FROM customer_view ORDER BY customer')).toEqual([
    { customer: 0, orders: 10, last_version: 10 },
    { customer: 1, orders: 10, last_version: 10 },
    { customer: 2, orders: 10, last_version: 10 },
  ]);
});

test('what was sent before the group began is applied too', async () => {
  await using site = await openSite(servers);
  await site.send([event(1), event(2)]);
  await using _consumer = await startConsumer(site, plain);
  await untilApplied(site, 1, 2);
});

test('a consumer that was closed and started goes on behind what it had applied', async () => {
  await using site = await openSite(servers);
  const first = await startConsumer(site, plain);
  await site.send([event(1), event(2)]);
  await untilApplied(site, 1, 2);
  await untilCommitted(site, 2);
  await first[Symbol.asyncDispose]();
  await site.send([event(3)]);
  await using _second = await startConsumer(site, plain);
  await untilApplied(site, 3);
  expect(await site.effects()).toEqual([1, 2, 3]);
});

test('the effect is committed before the offset: a consumer that dies in between leaves its events to the next', async () => {
  await using site = await openSite(servers);
  const stuck = Promise.withResolvers<never>();
  stuck.promise.catch(() => {});
  const reached = Promise.withResolvers<void>();
  // Does two, and is as good as dead in its third.
  const dying: OutboxVariant = {
    async apply({ id }, { effect }) {
      if (id === 3) {
        reached.resolve();
        await stuck.promise;
      }
      await effect();
    },
  };
  await using _first = await startConsumer(site, dying);
  await using over = new AsyncDisposableStack();
  // Before the dead one is closed, which waits for it.
  over.defer(() => stuck.reject(new Error('dead')));
  await site.send([event(1), event(2), event(3)]);
  await within('the third event', reached.promise);
  expect(await site.effects()).toEqual([1, 2]);
  expect(await committedOffset(site)).toBe(-1);
  await using _second = await startConsumer(site, plain);
  await untilApplied(site, 3);
  expect(await site.effects()).toEqual([1, 2, 1, 2, 3]);
  await untilCommitted(site, 3);
});

test('the offset is committed when the whole of what came is applied', async () => {
  await using site = await openSite(servers);
  await site.send([event(1), event(2), event(3)]);
  await using _consumer = await startConsumer(site, plain);
  await untilCommitted(site, 3);
  expect(await site.effects()).toEqual([1, 2, 3]);
});

test.each([
  ['an error', new Error('not now')],
  ['a mistake of a programmer', new TypeError('undefined is not a function')],
])('%s in the middle is tried again, and nothing behind it is skipped', async (_, error) => {
  await using site = await openSite(servers);
  let failures = 0;
  const failing: OutboxVariant = {
    async apply({ id }, { effect }) {
      await effect();
      if (id === 2 && failures++ < 5) throw error;
    },
  };
  await using consumer = await startConsumer(site, failing);
  await site.send([event(1), event(2), event(3)]);
  await untilApplied(site, 2, 3);
  const effects = await site.effects();
  // What was rolled back has left nothing; what had been applied before it may come again.
  expect(effects.filter((id) => id !== 1)).toEqual([2, 3]);
  expect(effects[0]).toBe(1);
  await untilCommitted(site, 3);
  expect(consumer.errors.length).toBeGreaterThan(0);
});
