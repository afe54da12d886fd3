/** The stream of a slot: what it gives when somebody takes, and when it gives nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Stack } from '@backend-labs/stack';
import { startServers } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idsOf } from './site.ts';
import { backToBack, openSlot, streamOf, take } from './slot.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('take', () => {
  test('gives up to so many events, in the order of commits', async () => {
    await using site = await openSlot(servers);
    const orders = await backToBack(site, 7);
    await using stream = await streamOf(site);
    const taken: number[][] = [];
    while (taken.flat().length < 7) {
      const batch = await take(stream, 3);
      taken.push(idsOf(batch.events));
      batch.acknowledge();
    }
    expect(taken.flat()).toEqual(idsOf(orders));
    expect(Math.max(...taken.map(({ length }) => length))).toBeLessThanOrEqual(3);
  });

  test('gives a transaction whole, also one that is larger', async () => {
    await using site = await openSlot(servers);
    const one = await site.order(1);
    const many = await site.ordersAtOnce([1, 2, 3, 4]);
    await using stream = await streamOf(site);
    const first = await take(stream, 2);
    expect(idsOf(first.events)).toEqual([one.id]);
    first.acknowledge();
    expect(idsOf((await take(stream, 2)).events)).toEqual(idsOf(many));
  });

  test('gives nothing more before the last batch is acknowledged', async () => {
    await using site = await openSlot(servers);
    const [first, second] = await backToBack(site, 2);
    await using stream = await streamOf(site);
    const inHand = await take(stream, 1);
    await expect(take(stream, 1)).rejects.toThrow('not acknowledged');
    inHand.acknowledge();
    const next = await take(stream, 1);
    expect([...idsOf(inHand.events), ...idsOf(next.events)]).toEqual([first?.id, second?.id]);
  });

  test('gives the event as it was placed', async () => {
    await using site = await openSlot(servers);
    const placed = await site.order(3, 'with care: „äöü“ \\ "quoted"');
    await using stream = await streamOf(site);
    expect((await take(stream, 1)).events).toEqual([placed]);
  });

  test('waits for the next commit, and gives nothing when the signal aborts', async () => {
    await using site = await openSlot(servers);
    const ended = new AbortController();
    await using stream = await streamOf(site, { signal: ended.signal });
    const waiting = take(stream, 1);
    expect(await Promise.race([waiting, delay(100, 'waiting')])).toBe('waiting');
    ended.abort();
    expect((await waiting).events).toEqual([]);
  });

  test('holds a large backlog back and gives all of it', async () => {
    await using site = await openSlot(servers);
    const count = 2500;
    await site.query(
      `DO $$ BEGIN
         PERFORM set_config('synchronous_commit', 'off', false);
         FOR n IN 1..${count} LOOP
           INSERT INTO outbox (customer, event)
             VALUES (1, jsonb_build_object('id', n, 'customer', 1, 'version', n, 'items', '[]'::jsonb));
           COMMIT;
         END LOOP;
       END $$`,
    );
    await using stream = await streamOf(site);
    const seen: number[] = [];
    while (seen.length < count) {
      const batch = await take(stream, 100);
      seen.push(...idsOf(batch.events));
      batch.acknowledge();
    }
    expect(seen).toEqual(Array.from({ length: count }, (_, n) => n + 1));
  });
});
