/** The stream of a slot: what is acknowledged is gone, and what is not comes again. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, TcpProxy } from '@backend-labs/stack';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Batch, type EventStream, openStream } from '../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import { contextFor, runRelay, willing } from './relay-with.ts';
import { startServers, until, within } from './servers.ts';
import { aWhile, idsOf, openSite, type Site } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

/** A site with a slot. */
async function openSlot() {
  const site = await openSite(servers);
  const { context } = contextFor(site, willing(), new AbortController().signal);
  await cdcPgoutput.prepareRelay?.(context);
  return site;
}

/** A stream of the site's slot, when nobody else reads it any more. */
async function streamOf(site: Site, { signal = new AbortController().signal, postgresUrl = site.postgresUrl } = {}) {
  await until('nobody reads the slot', async () => {
    const slots = await site.query<{ active: boolean }>(
      'SELECT active FROM pg_replication_slots WHERE database = current_database()',
    );
    return slots.every(({ active }) => !active);
  });
  return openStream(contextFor(site, { ...willing(), postgresUrl }, signal).context);
}

const take = (stream: EventStream, limit: number): Promise<Batch> => within('the next events', stream.take(limit));

/** The ids of the next so many events, one transaction at a time, each acknowledged. */
async function takeEach(stream: EventStream, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let taken = 0; taken < count; taken++) {
    const batch = await take(stream, 1);
    seen.push(...idsOf(batch.events));
    batch.acknowledge();
  }
  return seen;
}

/** What the log's end is now. */
async function logEnd(site: Site): Promise<string> {
  const [row] = await site.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
  return row?.lsn ?? '';
}

const isPast = async (site: Site, lsn: string) =>
  (
    await site.query(
      'SELECT FROM pg_replication_slots WHERE database = current_database() AND confirmed_flush_lsn > $1::pg_lsn',
      [lsn],
    )
  ).length > 0;

/** So many orders, each a commit of its own right behind the other, and where the log was before each. */
async function backToBack(site: Site, count: number) {
  const orders: { id: number; before: string }[] = [];
  for (let order = 0; order < count; order++) {
    const before = await logEnd(site);
    orders.push({ before, id: (await site.order(order)).id });
  }
  return orders;
}

describe('of five commits, back to back', () => {
  test.each([0, 1, 2, 3, 4])('with %i acknowledged, a new stream has exactly the others', async (acknowledged) => {
    await using site = await openSlot();
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
    await using site = await openSlot();
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
    await using site = await openSlot();
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
    await using site = await openSlot();
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
    await using site = await openSlot();
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
    await using site = await openSlot();
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

describe('take', () => {
  test('gives up to so many events, in the order of commits', async () => {
    await using site = await openSlot();
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
    await using site = await openSlot();
    const one = await site.order(1);
    const many = await site.ordersAtOnce([1, 2, 3, 4]);
    await using stream = await streamOf(site);
    const first = await take(stream, 2);
    expect(idsOf(first.events)).toEqual([one.id]);
    first.acknowledge();
    expect(idsOf((await take(stream, 2)).events)).toEqual(idsOf(many));
  });

  test('gives nothing more before the last batch is acknowledged', async () => {
    await using site = await openSlot();
    const [first, second] = await backToBack(site, 2);
    await using stream = await streamOf(site);
    const inHand = await take(stream, 1);
    await expect(take(stream, 1)).rejects.toThrow('not acknowledged');
    inHand.acknowledge();
    const next = await take(stream, 1);
    expect([...idsOf(inHand.events), ...idsOf(next.events)]).toEqual([first?.id, second?.id]);
  });

  test('gives the event as it was placed', async () => {
    await using site = await openSlot();
    const placed = await site.order(3, 'with care: „äöü“ \\ "quoted"');
    await using stream = await streamOf(site);
    expect((await take(stream, 1)).events).toEqual([placed]);
  });

  test('waits for the next commit, and gives nothing when the signal aborts', async () => {
    await using site = await openSlot();
    const ended = new AbortController();
    await using stream = await streamOf(site, { signal: ended.signal });
    const waiting = take(stream, 1);
    expect(await Promise.race([waiting, delay(100, 'waiting')])).toBe('waiting');
    ended.abort();
    expect((await waiting).events).toEqual([]);
  });

  test('holds a large backlog back and gives all of it', async () => {
    await using site = await openSlot();
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

test('a slot without events does not keep the log of other tables', async () => {
  await using site = await openSlot();
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

describe('when the connection is lost', () => {
  /** A relay that has carried one event through a proxy, and waits for more. */
  async function throughProxy(site: Site, proxy: TcpProxy) {
    const url = new URL(site.postgresUrl);
    url.port = String(proxy.port);
    const broker = willing();
    const relay = await runRelay(site, cdcPgoutput, { ...broker, postgresUrl: url.href });
    await broker.untilPublished((await site.order()).id);
    return relay;
  }

  test('because the network resets it, the relay rejects', async () => {
    await using site = await openSlot();
    await using proxy = await TcpProxy.start(servers.server('postgres-1'));
    await using relay = await throughProxy(site, proxy);
    await proxy.cut();
    await expect(within('the relay gives up', relay.running)).rejects.not.toThrow('never came about');
  });

  test('because the server ends it, the relay rejects, and the next one goes on', async () => {
    await using site = await openSlot();
    const broker = willing();
    await using relay = await runRelay(site, cdcPgoutput, broker);
    await broker.untilPublished((await site.order()).id);
    await site.cutOthers();
    await expect(within('the relay gives up', relay.running)).rejects.not.toThrow('never came about');
    const { id } = await site.order();
    const next = willing();
    await using _next = await runRelay(site, cdcPgoutput, next);
    await next.untilPublished(id);
  });

  test('or there was never one, the relay rejects', async () => {
    await using site = await openSlot();
    await using proxy = await TcpProxy.start(servers.server('postgres-1'));
    await proxy.cut();
    const url = new URL(site.postgresUrl);
    url.port = String(proxy.port);
    await using relay = await runRelay(site, cdcPgoutput, { ...willing(), postgresUrl: url.href });
    await expect(within('the relay gives up', relay.running)).rejects.not.toThrow('never came about');
  });

  test('because somebody else reads the slot, the relay rejects', async () => {
    await using site = await openSlot();
    await using stream = await streamOf(site);
    await site.order();
    await take(stream, 1);
    const { context } = contextFor(site, willing(), new AbortController().signal);
    await expect(within('the relay gives up', cdcPgoutput.relay?.(context) as Promise<void>)).rejects.toThrow(/active/);
  });
});

test('a relay that begins again finds the slot and the publication that it had made', async () => {
  await using site = await openSlot();
  const { context } = contextFor(site, willing(), new AbortController().signal);
  const { id } = await site.order();
  await cdcPgoutput.prepareRelay?.(context);
  await using stream = await streamOf(site);
  expect(idsOf((await take(stream, 1)).events)).toEqual([id]);
});
