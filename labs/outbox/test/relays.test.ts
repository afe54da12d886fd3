/** The relays that promise to lose nothing, as they run in the lab: a real Postgres on one side, a real Kafka on the other. */
import type { Stack } from '@backend-labs/stack';
import { startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutboxVariant } from '../src/contract.ts';
import pollByXid from '../src/variants/poll-by-xid.ts';
import skipLocked from '../src/variants/skip-locked.ts';
import skipLockedByKey from '../src/variants/skip-locked-by-key.ts';
import skipLockedNotify from '../src/variants/skip-locked-notify.ts';
import { LOSSLESS } from './lossless.ts';
import { ascending, aWhile, idsOf, openSite, type Site, startRelay } from './site.ts';
import type { Read } from './topic.ts';

const TOO_LARGE = 'x'.repeat(1_500_000);

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

const customersOf = (events: readonly { customer: number }[]) => [...new Set(events.map(({ customer }) => customer))];
const versionsOf = (events: readonly Read[], customer: number) =>
  events.filter((one) => one.customer === customer).map(({ version }) => version);

/** So many customers at once, each places so many orders, one after the other. */
async function placeOrders(site: Site, customers: number, each: number): Promise<number[]> {
  const placed = await Promise.all(
    Array.from({ length: customers }, async (_, customer) => {
      const ids: number[] = [];
      for (let order = 0; order < each; order++) ids.push((await site.order(customer)).id);
      return ids;
    }),
  );
  return placed.flat();
}

/** When this one has arrived, whatever came twice before it would have arrived as well. */
async function placeLast(site: Site, before: number): Promise<number> {
  await site.untilArrived(before);
  const { id } = await site.order();
  await site.untilArrived(before + 1);
  await aWhile();
  return id;
}

test.each(LOSSLESS)('%s: each event arrives once, a customer after the other orders of it', async (_, variant) => {
  await using site = await openSite(servers, { partitions: 2 });
  await using relay = await startRelay(site, variant);
  const ids = await placeOrders(site, 6, 10);
  const last = await placeLast(site, ids.length);
  const read = await site.readTopic();
  expect(ascending(idsOf(read))).toEqual(ascending([...ids, last]));
  for (const customer of customersOf(read)) {
    const versions = versionsOf(read, customer);
    expect(versions).toEqual(ascending(versions));
    expect(new Set(read.filter((one) => one.customer === customer).map(({ partition }) => partition)).size).toBe(1);
  }
  expect(relay.errors).toEqual([]);
});

test.each(LOSSLESS)('%s: what was placed while no relay was there arrives too, once', async (_, variant) => {
  await using site = await openSite(servers);
  // A slot tells of what came after it was made.
  await (await startRelay(site, variant))[Symbol.asyncDispose]();
  const ids = await placeOrders(site, 3, 9);
  await using _relay = await startRelay(site, variant);
  const last = await placeLast(site, ids.length);
  expect(ascending(idsOf(await site.readTopic()))).toEqual(ascending([...ids, last]));
});

test.each(LOSSLESS)('%s: a relay that was stopped and started goes on where it was', async (_, variant) => {
  await using site = await openSite(servers);
  const first = await startRelay(site, variant);
  const before = await placeOrders(site, 2, 5);
  await site.untilArrived(before.length);
  await site.untilNoted();
  await first[Symbol.asyncDispose]();
  await using _second = await startRelay(site, variant);
  const last = await placeLast(site, before.length);
  expect(ascending(idsOf(await site.readTopic()))).toEqual(ascending([...before, last]));
});

describe('two relays at once', () => {
  test.each<[string, OutboxVariant]>([
    ['poll-by-xid', pollByXid],
    ['skip-locked', skipLocked],
    ['skip-locked-notify', skipLockedNotify],
  ])('%s: take no event twice, and leave none', async (_, variant) => {
    await using site = await openSite(servers);
    await using _one = await startRelay(site, variant, { relays: 2, batchSize: 3 });
    await using _other = await startRelay(site, variant, { relays: 2, relayIndex: 1, batchSize: 3 });
    const ids = await placeOrders(site, 6, 10);
    const last = await placeLast(site, ids.length);
    expect(ascending(idsOf(await site.readTopic()))).toEqual(ascending([...ids, last]));
  });

  test('skip-locked-by-key: each carries its own customers, in their order', async () => {
    await using site = await openSite(servers);
    const own = { relays: 2, batchSize: 3 };
    const one = await startRelay(site, skipLockedByKey, own);
    const ids = await placeOrders(site, 6, 10);
    await site.untilArrived(30);
    await aWhile();
    const ofOne = await site.readTopic();
    await one[Symbol.asyncDispose]();
    expect(ascending(customersOf(ofOne))).toEqual([0, 2, 4]);
    await using _first = await startRelay(site, skipLockedByKey, own);
    await using _second = await startRelay(site, skipLockedByKey, { ...own, relayIndex: 1 });
    const last = await placeLast(site, ids.length);
    const read = await site.readTopic();
    expect(ascending(idsOf(read))).toEqual(ascending([...ids, last]));
    for (const customer of customersOf(read)) {
      const versions = versionsOf(read, customer);
      expect(versions).toEqual(ascending(versions));
    }
  });
});

describe('an event that Kafka refuses', () => {
  test.each(LOSSLESS)('%s: becomes a dead letter with its error, and its neighbours arrive', async (_, variant) => {
    await using site = await openSite(servers, { partitions: 2 });
    await (await startRelay(site, variant))[Symbol.asyncDispose]();
    const before = await placeOrders(site, 3, 1);
    const poison = await site.order(7, TOO_LARGE);
    const after = await placeOrders(site, 3, 1);
    await using relay = await startRelay(site, variant);
    const neighbours = [...before, ...after];
    const arrivedIds = async () => [...new Set(idsOf(await site.readTopic()))];
    await until('the neighbours arrive', async () => (await arrivedIds()).length === neighbours.length);
    expect(ascending(await arrivedIds())).toEqual(ascending(neighbours));
    await until('there is a dead letter', async () => (await site.query('SELECT FROM dead_letter')).length > 0);
    // It holds nobody up: neither those that come later, nor its own customer.
    const later = await site.order(7);
    await until('a later one arrives', async () => (await arrivedIds()).includes(later.id));
    const letters = await site.query<{ id: number; note: number; error: string }>(
      `SELECT (event->>'id')::int AS id, length(event->>'note') AS note, error FROM dead_letter`,
    );
    expect(letters).toEqual([{ id: poison.id, note: TOO_LARGE.length, error: expect.stringMatching(/large/) }]);
    expect(relay.errors).toEqual([]);
  });

  test('skip-locked: the mark of a dead letter is set with it, so it is tried once', async () => {
    await using site = await openSite(servers);
    await site.order(0, TOO_LARGE);
    await using _relay = await startRelay(site, skipLocked);
    await until('nothing is left to do', async () => (await site.unmarked()).length === 0);
    await aWhile();
    expect(await site.query('SELECT id FROM dead_letter')).toHaveLength(1);
    expect(await site.arrived()).toBe(0);
  });
});
