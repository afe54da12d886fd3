/** How relays divide what is in the outbox into batches: the broker is the test, Postgres is real. */
import type { Stack } from '@backend-labs/stack';
import { startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutboxVariant } from '../src/contract.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import pollById from '../src/variants/poll-by-id.ts';
import skipLocked from '../src/variants/skip-locked.ts';
import skipLockedNotify from '../src/variants/skip-locked-notify.ts';
import { LOSSLESS } from './lossless.ts';
import { prepare, runRelay, undecided, willing } from './relay-with.ts';
import { idsOf, openSite } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('a batch', () => {
  test.each([['poll-by-id', pollById] as [string, OutboxVariant], ...LOSSLESS])(
    '%s: has at most so many events, and the next one follows',
    async (_, variant) => {
      await using site = await openSite(servers);
      await prepare(site, variant);
      const ids: number[] = [];
      for (let order = 0; order < 7; order++) ids.push((await site.order(order)).id);
      const batches: number[][] = [];
      const publish = async (events: readonly { id: number }[]) => void batches.push(idsOf(events));
      await using _relay = await runRelay(site, variant, { publish, settings: { batchSize: 3 } });
      await until('all are published', () => batches.flat().length >= ids.length);
      expect(batches.flat()).toEqual(ids);
      expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(3);
      if (variant !== cdcPgoutput) expect(batches).toEqual([ids.slice(0, 3), ids.slice(3, 6), ids.slice(6)]);
    },
  );

  test('cdc-pgoutput: of a larger transaction is published one after the other, and comes again with all of it', async () => {
    await using site = await openSite(servers);
    await prepare(site, cdcPgoutput);
    const ids = idsOf(await site.ordersAtOnce([1, 2, 3, 4, 5]));
    const dying = undecided();
    {
      await using _relay = await runRelay(site, cdcPgoutput, { ...dying, settings: { batchSize: 3 } });
      const first = await dying.next();
      expect(first.ids).toEqual(ids.slice(0, 3));
      first.acknowledge();
      const second = await dying.next();
      expect(second.ids).toEqual(ids.slice(3));
      second.refuse(new Error('the broker is away'));
    }
    const broker = willing();
    await using _relay = await runRelay(site, cdcPgoutput, { ...broker, settings: { batchSize: 3 } });
    await until('all are published', () => broker.published.length >= ids.length);
    expect(broker.published).toEqual(ids);
  });
});

describe.each([['skip-locked', skipLocked] as [string, OutboxVariant], ['skip-locked-notify', skipLockedNotify]])(
  '%s, that has one batch on its way and the next one in hand',
  (_, variant) => {
    const BATCH = 2;
    async function openWith(orders: number) {
      const site = await openSite(servers);
      const ids: number[] = [];
      for (let order = 0; order < orders; order++) ids.push((await site.order(order)).id);
      return { site, ids, [Symbol.asyncDispose]: () => site[Symbol.asyncDispose]() };
    }

    test('publishes the next one when the one before is marked, and not before', async () => {
      await using given = await openWith(4);
      const { site, ids } = given;
      const broker = undecided();
      await using relay = await runRelay(site, variant, { ...broker, settings: { batchSize: BATCH } });
      const first = await broker.next();
      // Who asks for more than nobody holds gets nothing: the second batch is taken already.
      await until('the second batch is taken', async () => (await site.free()).length === 0);
      expect(relay.steps).toEqual([{ step: 'claimed', ids: ids.slice(0, BATCH) }]);
      first.acknowledge();
      const second = await broker.next();
      expect(second.ids).toEqual(ids.slice(BATCH));
      expect(await site.unmarked()).toEqual(ids.slice(BATCH));
      second.acknowledge();
      await until('all are marked', async () => (await site.unmarked()).length === 0);
    });

    test('gives both back when the first one fails, and they come again in their order', async () => {
      await using given = await openWith(4);
      const { site, ids } = given;
      const broker = undecided();
      await using relay = await runRelay(site, variant, { ...broker, settings: { batchSize: BATCH } });
      (await broker.next()).refuse(new Error('the broker is away'));
      await expect(relay.running).rejects.toThrow('the broker is away');
      await until('nothing is held', async () => (await site.free()).length === ids.length);
      const after = willing();
      await using _again = await runRelay(site, variant, { ...after, settings: { batchSize: BATCH } });
      await after.untilPublished(...ids);
      expect(after.published).toEqual(ids);
    });

    test('leaves the rest to a second relay', async () => {
      await using given = await openWith(3 * BATCH);
      const { site, ids } = given;
      const [one, other] = [undecided(), undecided()];
      await using _first = await runRelay(site, variant, { ...one, settings: { batchSize: BATCH } });
      const held = await one.next();
      await until('the first relay holds two batches', async () => (await site.free()).length === BATCH);
      await using _second = await runRelay(site, variant, { ...other, settings: { batchSize: BATCH } });
      const next = await other.next();
      expect([held.ids, next.ids]).toEqual([ids.slice(0, BATCH), ids.slice(2 * BATCH)]);
      next.acknowledge();
      await until('its batch is marked', async () => (await site.unmarked()).length === 2 * BATCH);
      expect(await site.unmarked()).toEqual(ids.slice(0, 2 * BATCH));
      held.acknowledge();
      (await one.next()).acknowledge();
      await until('so are the first two', async () => (await site.unmarked()).length === 0);
    });
  },
);
