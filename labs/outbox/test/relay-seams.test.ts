/** What relays promise between two steps: the broker is the test, Postgres is real. */
import type { Stack } from '@backend-labs/stack';
import { startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutboxVariant } from '../src/contract.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import pollByXid from '../src/variants/poll-by-xid.ts';
import { LOSSLESS, MARKING } from './lossless.ts';
import { prepare, runRelay, undecided, willing } from './relay-with.ts';
import { idsOf, openSite, type Site } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

/** What this variant would publish if it started now. */
async function owed(site: Site, variant: OutboxVariant): Promise<number[]> {
  const broker = willing();
  await using _relay = await runRelay(site, variant, broker);
  const { id } = await site.order();
  await broker.untilPublished(id);
  return broker.published.filter((one) => one !== id);
}

describe('an event is noted down as published after the broker has acknowledged it', () => {
  test.each(LOSSLESS)('%s: if the relay dies before, all of its batch comes again', async (_, variant) => {
    await using site = await openSite(servers);
    await prepare(site, variant);
    const ids = idsOf([await site.order(1), await site.order(2), await site.order(3)]);
    const broker = undecided();
    await using relay = await runRelay(site, variant, broker);
    const inHand = await broker.next();
    expect(inHand.ids).toEqual(ids.slice(0, inHand.ids.length));
    expect(relay.steps).toEqual([{ step: 'claimed', ids: inHand.ids }]);
    await site.cutOthers();
    // The acknowledgement comes when nobody can note it down any more.
    inHand.acknowledge();
    await expect(relay.running).rejects.toThrow();
    expect(await owed(site, variant)).toEqual(ids);
  });

  test.each(LOSSLESS)(
    '%s: if the broker refuses, the attempt fails and all of its batch comes again',
    async (_, variant) => {
      await using site = await openSite(servers);
      await prepare(site, variant);
      const ids = idsOf([await site.order(1), await site.order(2)]);
      const broker = undecided();
      await using relay = await runRelay(site, variant, broker);
      (await broker.next()).refuse(new Error('no broker today'));
      await expect(relay.running).rejects.toThrow('no broker today');
      expect(relay.steps.filter(({ step }) => step === 'marked')).toEqual([]);
      expect(await site.query('SELECT FROM dead_letter')).toEqual([]);
      expect(await owed(site, variant)).toEqual(ids);
    },
  );

  test.each(MARKING)('%s: no row is marked while the broker thinks, all of them are afterwards', async (_, variant) => {
    await using site = await openSite(servers);
    const ids = idsOf(await site.ordersAtOnce([1, 2, 3]));
    const broker = undecided();
    await using relay = await runRelay(site, variant, broker);
    const inHand = await broker.next();
    expect(inHand.ids).toEqual(ids);
    expect(await site.unmarked()).toEqual(ids);
    inHand.acknowledge();
    await until('the rows are marked', async () => (await site.unmarked()).length === 0);
    await until('it says so', () => relay.steps.length > 1);
    expect(relay.steps).toEqual([
      { step: 'claimed', ids },
      { step: 'marked', ids },
    ]);
  });

  test('poll-by-xid: its cursor stays while the broker thinks', async () => {
    await using site = await openSite(servers);
    await site.ordersAtOnce([1, 2, 3]);
    const broker = undecided();
    await using _relay = await runRelay(site, pollByXid, broker);
    const inHand = await broker.next();
    const cursor = () => site.query('SELECT position FROM relay_cursor');
    expect(await cursor()).toEqual([{ position: '0' }]);
    inHand.acknowledge();
    await until('the cursor has moved', async () => JSON.stringify(await cursor()) === '[{"position":"3"}]');
  });

  test.each(LOSSLESS)('%s: what was acknowledged and noted down does not come again', async (_, variant) => {
    await using site = await openSite(servers);
    await prepare(site, variant);
    const broker = willing();
    const relay = await runRelay(site, variant, broker);
    const ids = idsOf([await site.order(1), await site.order(2), await site.order(3)]);
    await broker.untilPublished(...ids);
    await site.untilNoted();
    await relay[Symbol.asyncDispose]();
    expect(broker.published).toEqual(ids);
    expect(await owed(site, variant)).toEqual([]);
  });
});

describe('of two orders of which the first to be placed is the last to commit', () => {
  /** Both are committed when the relay begins. */
  async function crossed(variant: OutboxVariant) {
    await using site = await openSite(servers);
    await prepare(site, variant);
    const slow = await site.openOrder(1);
    const quick = await site.order(2);
    await slow.commit();
    const broker = willing();
    await using _relay = await runRelay(site, variant, broker);
    await broker.untilPublished(slow.event.id, quick.id);
    return broker.published.map((id) => (id === quick.id ? 'first committed' : 'first placed'));
  }

  test.each([['poll-by-xid', pollByXid] as [string, OutboxVariant], ...MARKING])(
    '%s: publishes the one that was placed first',
    async (_, variant) => {
      expect(await crossed(variant)).toEqual(['first placed', 'first committed']);
    },
  );

  test('cdc-pgoutput: publishes the one that was committed first', async () => {
    expect(await crossed(cdcPgoutput)).toEqual(['first committed', 'first placed']);
  });
});

test.each(LOSSLESS)('%s: an order that is rolled back is not published', async (_, variant) => {
  await using site = await openSite(servers);
  await prepare(site, variant);
  const broker = willing();
  await using _relay = await runRelay(site, variant, broker);
  const undone = await site.openOrder(1);
  await undone.rollback();
  const { id } = await site.order(2);
  await broker.untilPublished(id);
  expect(broker.published).toEqual([id]);
});
