/** Two transactions that overlap, no crash at all. Each interleaving is made by hand. */
import type { Stack } from '@backend-labs/stack';
import { startServers, until } from '@backend-labs/testbed';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutboxVariant } from '../src/contract.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import drainDelete from '../src/variants/drain-delete.ts';
import pollById from '../src/variants/poll-by-id.ts';
import pollByXid from '../src/variants/poll-by-xid.ts';
import skipLocked from '../src/variants/skip-locked.ts';
import skipLockedByKey from '../src/variants/skip-locked-by-key.ts';
import skipLockedNotify from '../src/variants/skip-locked-notify.ts';
import { runRelay, undecided, willing } from './relay-with.ts';
import { ascending, openSite } from './site.ts';

const FINDING_ALL: [string, OutboxVariant][] = [
  ['poll-by-xid', pollByXid],
  ['skip-locked', skipLocked],
  ['skip-locked-by-key', skipLockedByKey],
  ['skip-locked-notify', skipLockedNotify],
  ['cdc-pgoutput', cdcPgoutput],
];

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

test('poll-by-id: passes a position whose transaction is still open, and never comes back to it', async () => {
  await using site = await openSite(servers);
  const broker = willing();
  await using relay = await runRelay(site, pollById, broker);
  const slow = await site.openOrder(1);
  const quick = await site.order(2);
  await broker.untilPublished(quick.id);
  await slow.commit();
  await relay.looksAgain();
  const next = await site.order(3);
  await broker.untilPublished(next.id);
  expect(broker.published).toEqual([quick.id, next.id]);
  // It is committed, it is in the outbox, and nobody will ever look there.
  expect(await site.query('SELECT id FROM orders WHERE id = $1', [slow.event.id])).toHaveLength(1);
  expect(await site.unmarked()).toContain(slow.event.id);
});

test('poll-by-id: loses nothing when transactions do not overlap', async () => {
  await using site = await openSite(servers);
  const broker = willing();
  await using _relay = await runRelay(site, pollById, broker);
  const ids = [(await site.order(1)).id, (await site.order(2)).id, (await site.order(3)).id];
  await broker.untilPublished(...ids);
  expect(broker.published).toEqual(ids);
});

test('drain-delete: deletes what committed between its SELECT and its DELETE, unpublished', async () => {
  await using site = await openSite(servers);
  const broker = undecided();
  await using relay = await runRelay(site, drainDelete, broker);
  const slow = await site.openOrder(1);
  const quick = await site.order(2);
  const inHand = await broker.next();
  expect(inHand.ids).toEqual([quick.id]);
  await slow.commit();
  inHand.acknowledge();
  await until('the rows are gone', async () => (await site.unmarked()).length === 0);
  await relay.looksAgain();
  expect(relay.steps).toEqual([
    { step: 'claimed', ids: [quick.id] },
    { step: 'marked', ids: [quick.id] },
  ]);
  expect(await site.query('SELECT id FROM orders WHERE id = $1', [slow.event.id])).toHaveLength(1);
});

test('drain-delete: leaves what commits after its DELETE, and publishes it next', async () => {
  await using site = await openSite(servers);
  const broker = willing();
  await using _relay = await runRelay(site, drainDelete, broker);
  const slow = await site.openOrder(1);
  const quick = await site.order(2);
  await broker.untilPublished(quick.id);
  await until('its row is deleted', async () => (await site.unmarked()).length === 0);
  await slow.commit();
  await broker.untilPublished(slow.event.id);
  expect(broker.published).toEqual([quick.id, slow.event.id]);
});

test.each(FINDING_ALL)('%s: finds an order that commits after one that was placed later', async (_, variant) => {
  await using site = await openSite(servers);
  const broker = willing();
  await using relay = await runRelay(site, variant, broker);
  const slow = await site.openOrder(1);
  const quick = await site.order(2);
  // poll-by-xid waits for the slow one, and must not pass it meanwhile.
  if (variant === pollByXid) await relay.looksAgain();
  else await broker.untilPublished(quick.id);
  await slow.commit();
  const next = await site.order(3);
  const all = [slow.event.id, quick.id, next.id];
  await broker.untilPublished(...all);
  expect(ascending(broker.published)).toEqual(ascending(all));
});

describe('poll-by-xid waits', () => {
  /** Somebody's transaction, in this or another database of the server. */
  async function begin(url: string, ...statements: string[]) {
    const client = new pg.Client(url);
    client.on('error', () => {});
    await client.connect();
    for (const statement of ['BEGIN', ...statements]) await client.query(statement);
    return { end: () => client.end(), [Symbol.asyncDispose]: () => client.end().catch(() => {}) };
  }

  test.each([
    ['in its own database', 'own', 'SELECT pg_current_xact_id()'],
    ['in another database', 'other', 'SELECT pg_current_xact_id()'],
    ['in another database, with a table of its own', 'other', 'CREATE TEMPORARY TABLE something (id int)'],
  ])('for an open transaction that has an id, %s', async (_, where, statement) => {
    await using site = await openSite(servers);
    const url = where === 'own' ? site.postgresUrl : servers.server('postgres-1').url;
    await using open = await begin(url, statement);
    const broker = willing();
    await using relay = await runRelay(site, pollByXid, broker);
    const { id } = await site.order(1);
    await relay.looksAgain(5);
    expect(broker.published).toEqual([]);
    await open.end();
    await broker.untilPublished(id);
    expect(broker.published).toEqual([id]);
  });

  test('and publishes what was there before that one began', async () => {
    await using site = await openSite(servers);
    const before = await site.order(1);
    await using open = await begin(site.postgresUrl, 'SELECT pg_current_xact_id()');
    const broker = willing();
    await using relay = await runRelay(site, pollByXid, broker);
    const after = await site.order(2);
    await broker.untilPublished(before.id);
    await relay.looksAgain();
    expect(broker.published).toEqual([before.id]);
    await open.end();
    await broker.untilPublished(after.id);
  });

  test('for no other relay of its kind that waits for its broker', async () => {
    await using site = await openSite(servers);
    await using other = await openSite(servers);
    await other.order(1);
    const thinking = undecided();
    await using _other = await runRelay(other, pollByXid, thinking);
    const held = await thinking.next();
    const broker = willing();
    await using _relay = await runRelay(site, pollByXid, broker);
    const { id } = await site.order(1);
    await broker.untilPublished(id);
    held.acknowledge();
  });

  test('for no transaction that only reads, however old its snapshot is', async () => {
    await using site = await openSite(servers);
    await using _open = await begin(
      site.postgresUrl,
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ',
      'SELECT count(*) FROM outbox',
    );
    const broker = willing();
    await using _relay = await runRelay(site, pollByXid, broker);
    const { id } = await site.order(1);
    await broker.untilPublished(id);
  });
});

test('skip-locked does not wait for an open transaction of somebody else', async () => {
  await using site = await openSite(servers);
  const slow = await site.openOrder(1);
  const broker = willing();
  await using _relay = await runRelay(site, skipLocked, broker);
  const { id } = await site.order(2);
  await broker.untilPublished(id);
  await slow.rollback();
});
