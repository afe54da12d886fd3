/** The stream of a slot: what is acknowledged is gone, and what is not comes again. */
import { type Stack, TcpProxy } from '@backend-labs/stack';
import { startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aWhile, idsOf } from './site.ts';
import { backToBack, isPast, logEnd, openSlot, streamOf, take, takeEach } from './slot.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('of five commits, back to back', () => {
  test.each([0, 1, 2, 3, 4])('with %i acknowledged, a new stream has exactly the others', async (acknowledged) => {
    await using site = await openSlot(servers);
    const orders = await backToBack(site, 5);
    {
      await using stream = await streamOf(site);
      for (const { id, before } of orders.slice(0, acknowledged)) {
        const batch = await take(stream, 1);
        expect(idsOf(batch.events)).toEqual([id]);
        batch.acknowledge();
        await until('the server knows', () => isPast(site, before));
      }
      // One more is in hand when the stream ends.
      expect(idsOf((await take(stream, 1)).events)).toEqual([orders[acknowledged]?.id]);
      await aWhile();
    }
    await using again = await streamOf(site);
    expect(await takeEach(again, 5 - acknowledged)).toEqual(idsOf(orders).slice(acknowledged));
  });

  test('acknowledged as one, a new stream has what is behind them', async () => {
    await using site = await openSlot(servers);
    const orders = await backToBack(site, 5);
    const taken: number[] = [];
    {
      await using stream = await streamOf(site);
      // All of them are there.
      await aWhile();
      const batch = await take(stream, 3);
      taken.push(...idsOf(batch.events));
      batch.acknowledge();
      await until('the server knows', () => isPast(site, orders[taken.length - 1]?.before ?? ''));
    }
    await using again = await streamOf(site);
    expect([...taken, ...(await takeEach(again, 5 - taken.length))]).toEqual(idsOf(orders));
  });

  test('with all acknowledged, a new stream has what comes next', async () => {
    await using site = await openSlot(servers);
    const orders = await backToBack(site, 5);
    {
      await using stream = await streamOf(site);
      expect(await takeEach(stream, 5)).toEqual(idsOf(orders));
      await until('the server knows', () => isPast(site, orders[4]?.before ?? ''));
    }
    await using again = await streamOf(site);
    const { id } = await site.order();
    expect(idsOf((await take(again, 100)).events)).toEqual([id]);
  });

  test('nothing is lost or doubled when the stream ends after every one of them', async () => {
    await using site = await openSlot(servers);
    const orders = await backToBack(site, 5);
    const seen: number[] = [];
    for (const { before } of orders) {
      await using stream = await streamOf(site);
      const batch = await take(stream, 1);
      seen.push(...idsOf(batch.events));
      batch.acknowledge();
      await until('the server knows', () => isPast(site, before));
    }
    expect(seen).toEqual(idsOf(orders));
  });
});

describe('what was received and not acknowledged comes again', () => {
  test('whatever the stream had answered to the server meanwhile', async () => {
    await using site = await openSlot(servers);
    await using proxy = await TcpProxy.start(servers.server('postgres-1'));
    const url = new URL(site.postgresUrl);
    url.port = String(proxy.port);
    for (let round = 0; round < 5; round++) {
      const order = await (async () => {
        await using stream = await streamOf(site, { postgresUrl: url.href });
        // Until the stream runs and has nothing to do.
        const warm = await site.order();
        const batch = await take(stream, 1);
        expect(idsOf(batch.events)).toEqual([warm.id]);
        batch.acknowledge();
        await aWhile();
        // A commit and the server's question behind it arrive in one piece.
        await proxy.drop();
        const placed = await site.order();
        await aWhile();
        await proxy.heal();
        expect(idsOf((await take(stream, 1)).events)).toEqual([placed.id]);
        await aWhile();
        return placed;
      })();
      await using again = await streamOf(site);
      const batch = await take(again, 1);
      expect(idsOf(batch.events)).toEqual([order.id]);
      const before = await logEnd(site);
      batch.acknowledge();
      await site.query('SELECT pg_logical_emit_message(false, $1, $1)', ['others']);
      await until('the server knows', () => isPast(site, before));
    }
  });

  test('of several in one answer, all of them', async () => {
    await using site = await openSlot(servers);
    const orders = await backToBack(site, 4);
    {
      await using stream = await streamOf(site);
      const first = await take(stream, 1);
      // The other three are there already, and nobody has taken them.
      await aWhile();
      first.acknowledge();
      await until('the server knows', () => isPast(site, orders[0]?.before ?? ''));
      await aWhile();
    }
    await using again = await streamOf(site);
    expect(await takeEach(again, 3)).toEqual(idsOf(orders.slice(1)));
  });
});

test('a slot without events does not keep the log of other tables', async () => {
  await using site = await openSlot(servers);
  await using _stream = await streamOf(site);
  await site.query(`SELECT pg_logical_emit_message(false, 'others', repeat('x', 1000000))`);
  await site.query('CREATE TABLE other (id int)');
  await site.query('INSERT INTO other SELECT generate_series(1, 1000)');
  const end = await logEnd(site);
  await until('the slot is past it', async () => {
    // What is not flushed yet nobody is told of.
    await site.query(`SELECT pg_logical_emit_message(true, 'others', 'more')`);
    return isPast(site, end);
  });
});
