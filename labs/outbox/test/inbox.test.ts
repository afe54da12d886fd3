import type { Stack } from '@backend-labs/stack';
import { startServers, until, within } from '@backend-labs/testbed';
import type { PoolClient } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApplyContext, OrderPlaced, OutboxVariant } from '../src/contract.ts';
import { transaction } from '../src/postgres.ts';
import cdcWithInbox from '../src/variants/cdc-pgoutput-with-inbox.ts';
import skipLockedWithInbox from '../src/variants/skip-locked-with-inbox.ts';
import shortInbox from '../src/variants/skip-locked-with-short-inbox.ts';
import { aWhile, event, openSite, type Site, startConsumer } from './site.ts';

const INBOXES: [string, OutboxVariant][] = [
  ['skip-locked+inbox', skipLockedWithInbox],
  ['cdc-pgoutput+inbox', cdcWithInbox],
  ['skip-locked+short-inbox', shortInbox],
];
const KEEPING: [string, OutboxVariant][] = INBOXES.slice(0, 2);

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

/** One delivery, in a transaction of its own. The effect is a row of the table of applications. */
function deliver(
  site: Site,
  variant: OutboxVariant,
  given: OrderPlaced,
  effect?: (client: PoolClient) => Promise<void>,
) {
  return transaction(site.pool, async (client) => {
    const context: ApplyContext = {
      client,
      effect: () => (effect ?? ((own: PoolClient) => happen(own, given)))(client),
    };
    await variant.apply?.(given, context);
  });
}

async function happen(client: PoolClient, { id, customer, version }: OrderPlaced) {
  await client.query('INSERT INTO application (event, customer, version) VALUES ($1, $2, $3)', [id, customer, version]);
}

const inbox = async (site: Site) =>
  (await site.query<{ event: number }>('SELECT event FROM inbox ORDER BY event')).map((row) => row.event);

/** As if all that is in the inbox had been there for so long; negative: as if it came later. */
const age = (site: Site, interval: string) => site.query('UPDATE inbox SET at = at - $1::interval', [interval]);

test.each(INBOXES)('%s: of an event that is delivered twice one has its effect', async (_, variant) => {
  await using site = await openSite(servers);
  await deliver(site, variant, event(1));
  // Not even the short one may have forgotten, however long this machine takes.
  await age(site, '-1 hour');
  await deliver(site, variant, event(1));
  await deliver(site, variant, event(2));
  expect(await site.effects()).toEqual([1, 2]);
  expect(await inbox(site)).toEqual([1, 2]);
});

test.each(INBOXES)('%s: an effect that fails leaves no id behind, so it can happen later', async (_, variant) => {
  await using site = await openSite(servers);
  const failing = async (client: PoolClient) => {
    await happen(client, event(1));
    throw new Error('after the effect');
  };
  await expect(deliver(site, variant, event(1), failing)).rejects.toThrow('after the effect');
  expect([await inbox(site), await site.effects()]).toEqual([[], []]);
  await deliver(site, variant, event(1));
  expect([await inbox(site), await site.effects()]).toEqual([[1], [1]]);
});

describe('two deliveries at once', () => {
  /** The first one stops after its effect; `end` says how it ends. The second begins meanwhile. */
  async function atOnce(site: Site, variant: OutboxVariant, end: () => void) {
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = deliver(site, variant, event(1), async (client) => {
      await happen(client, event(1));
      begun.resolve();
      await goOn.promise;
      end();
    }).catch((error: Error) => error.message);
    await within('the first delivery has its effect', begun.promise);
    const second = deliver(site, variant, event(1));
    await until('the second one waits for the first', async () => {
      const waiting = await site.query(
        'SELECT FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0',
      );
      return waiting.length > 0;
    });
    goOn.resolve();
    await Promise.all([first, second]);
  }

  test.each(KEEPING)('%s: the second waits, and has no effect if the first commits', async (_, variant) => {
    await using site = await openSite(servers);
    await atOnce(site, variant, () => {});
    expect([await inbox(site), await site.effects()]).toEqual([[1], [1]]);
  });

  test.each(KEEPING)('%s: the second has the effect if the first is rolled back', async (_, variant) => {
    await using site = await openSite(servers);
    await atOnce(site, variant, () => {
      throw new Error('rolled back');
    });
    expect([await inbox(site), await site.effects()]).toEqual([[1], [1]]);
    const [row] = await site.query<{ seq: string }>('SELECT seq FROM application');
    // The number of the first one's effect is gone with it.
    expect(row?.seq).toBe('2');
  });
});

test('skip-locked+short-inbox: forgets an event after a while, and then it has its effect again', async () => {
  await using site = await openSite(servers);
  await deliver(site, shortInbox, event(1));
  await age(site, '1 hour');
  await deliver(site, shortInbox, event(2));
  expect(await inbox(site)).toEqual([2]);
  await deliver(site, shortInbox, event(1));
  expect(await site.effects()).toEqual([1, 2, 1]);
});

test.each(KEEPING)('%s: never forgets', async (_, variant) => {
  await using site = await openSite(servers);
  await deliver(site, variant, event(1));
  await age(site, '10 years');
  await deliver(site, variant, event(2));
  await deliver(site, variant, event(1));
  expect(await site.effects()).toEqual([1, 2]);
});

test.each(KEEPING)(
  '%s: at the consumer, events that come twice from the topic are applied once',
  async (_, variant) => {
    await using site = await openSite(servers);
    await using _consumer = await startConsumer(site, variant);
    await site.send([event(1), event(2), event(1), event(2)]);
    await site.send([event(2), event(3)]);
    await until('the last one is applied', async () => (await site.effects()).includes(3));
    await aWhile();
    expect(await site.effects()).toEqual([1, 2, 3]);
    expect(await site.query('SELECT orders FROM customer_view')).toEqual([{ orders: 3 }]);
  },
);

test('skip-locked+inbox: at the consumer, an effect whose transaction fails comes again and is made once', async () => {
  await using site = await openSite(servers);
  let failures = 0;
  const failing: OutboxVariant = {
    apply: (given, context) =>
      skipLockedWithInbox.apply?.(given, {
        ...context,
        async effect() {
          await context.effect();
          if (given.id === 2 && failures++ < 1) throw new Error('in between');
        },
      }) ?? Promise.resolve(),
  };
  await using _consumer = await startConsumer(site, failing);
  await site.send([event(1), event(2), event(3)]);
  await until('the last one is applied', async () => (await site.effects()).includes(3));
  expect(await site.effects()).toEqual([1, 2, 3]);
  expect(await inbox(site)).toEqual([1, 2, 3]);
});
