import { setTimeout as delay } from 'node:timers/promises';
import { type Stack, TcpProxy } from '@backend-labs/stack';
import { startServers, until, within } from '@backend-labs/testbed';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listen } from '../src/relay/wake-ups.ts';
import { openNotifier, WAKE_CHANNEL } from '../src/shop/notifier.ts';
import { aWhile, openSite, type Site } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

const never = new AbortController().signal;

const notify = (site: Site) => site.query(`NOTIFY ${WAKE_CHANNEL}`);

/** Several at once: they are sent to whoever listens when the transaction commits, in one piece. */
async function notifyInOnePiece(site: Site, count: number) {
  const client = await site.pool.connect();
  await client.query('BEGIN');
  // Equal ones of a transaction would be one.
  for (let n = 0; n < count; n++) await client.query(`NOTIFY ${WAKE_CHANNEL}, '${n}'`);
  await client.query('COMMIT');
  client.release();
}

/** A listener of the test's own. */
async function witness(site: Site) {
  const client = new pg.Client(site.postgresUrl);
  client.on('error', () => {});
  const heard: (string | undefined)[] = [];
  client.on('notification', ({ payload }) => heard.push(payload));
  await client.connect();
  await client.query(`LISTEN ${WAKE_CHANNEL}`);
  return { heard, [Symbol.asyncDispose]: () => client.end() };
}

describe('a wake-up', () => {
  test('that comes while somebody waits ends the wait', async () => {
    await using site = await openSite(servers);
    await using wakeUps = await listen(site.postgresUrl, never);
    const waiting = wakeUps.next(null);
    expect(await Promise.race([waiting, delay(100, 'waiting')])).toBe('waiting');
    await notify(site);
    expect(await within('the wake-up', waiting)).toBe(true);
  });

  test('that comes between two waits is not forgotten', async () => {
    await using site = await openSite(servers);
    await using heard = await witness(site);
    await using wakeUps = await listen(site.postgresUrl, never);
    for (let round = 1; round <= 5; round++) {
      await notify(site);
      await until('it is sent', () => heard.heard.length === round);
      await aWhile();
      // Whoever waits for nothing is told only what it knows already.
      expect(await wakeUps.next(0)).toBe(true);
    }
    expect(await wakeUps.next(50)).toBe(false);
  });

  test('that comes after a wait had ended without one is not forgotten either', async () => {
    await using site = await openSite(servers);
    await using wakeUps = await listen(site.postgresUrl, never);
    expect(await wakeUps.next(10)).toBe(false);
    await notify(site);
    expect(await within('the wake-up', wakeUps.next(null))).toBe(true);
  });

  test('counts as one with all others that came since the last wait', async () => {
    await using site = await openSite(servers);
    await using heard = await witness(site);
    await using wakeUps = await listen(site.postgresUrl, never);
    await notifyInOnePiece(site, 5);
    await until('all five are sent', () => heard.heard.length === 5);
    await aWhile();
    expect(await within('the wake-up', wakeUps.next(null))).toBe(true);
    expect(await wakeUps.next(50)).toBe(false);
  });

  test('of another channel or another database is none', async () => {
    await using site = await openSite(servers);
    await using other = await openSite(servers);
    await using wakeUps = await listen(site.postgresUrl, never);
    await site.query('NOTIFY something_else');
    await notify(other);
    expect(await wakeUps.next(200)).toBe(false);
  });
});

describe('a wait', () => {
  test('for nobody ends at its limit, as often as it is asked', async () => {
    await using site = await openSite(servers);
    await using wakeUps = await listen(site.postgresUrl, never);
    for (let round = 0; round < 3; round++) expect(await wakeUps.next(20)).toBe(false);
  });

  test('ends when the signal aborts, also when it aborted before', async () => {
    await using site = await openSite(servers);
    const ended = new AbortController();
    await using wakeUps = await listen(site.postgresUrl, ended.signal);
    const waiting = wakeUps.next(null);
    ended.abort();
    expect(await within('the end of the wait', waiting)).toBe(false);
    expect(await within('the end of the wait', wakeUps.next(null))).toBe(false);
  });

  test('rejects when the connection is ended by the server, and so does the next one', async () => {
    await using site = await openSite(servers);
    await using wakeUps = await listen(site.postgresUrl, never);
    const waiting = within('the end of the wait', wakeUps.next(null));
    const ending = expect(waiting).rejects.not.toThrow('never came about');
    await site.cutOthers();
    await ending;
    await expect(within('the end of the wait', wakeUps.next(50))).rejects.not.toThrow('never came about');
  });

  test('rejects when the connection died between two waits', async () => {
    await using site = await openSite(servers);
    await using wakeUps = await listen(site.postgresUrl, never);
    await site.cutOthers();
    await expect(within('the end of the wait', wakeUps.next(null))).rejects.not.toThrow('never came about');
  });

  test('rejects when nothing comes through any more and nobody has said so', async () => {
    await using site = await openSite(servers);
    await using proxy = await TcpProxy.start(servers.server('postgres-1'));
    const url = new URL(site.postgresUrl);
    url.port = String(proxy.port);
    const wakeUps = await listen(url.href, never);
    await proxy.drop();
    await expect(within('the end of the wait', wakeUps.next(null))).rejects.not.toThrow('never came about');
    await within('its end', Promise.resolve(wakeUps[Symbol.asyncDispose]()));
  });
});

test('who cannot connect is told so', async () => {
  await using site = await openSite(servers);
  await using proxy = await TcpProxy.start(servers.server('postgres-1'));
  await proxy.cut();
  const url = new URL(site.postgresUrl);
  url.port = String(proxy.port);
  await expect(within('the refusal', listen(url.href, never))).rejects.not.toThrow('never came about');
});

test('what was sent while nobody listened is gone', async () => {
  await using site = await openSite(servers);
  await notify(site);
  await using wakeUps = await listen(site.postgresUrl, never);
  expect(await wakeUps.next(200)).toBe(false);
});

describe('the notifier', () => {
  test('makes one of many, and another one of those that come later', async () => {
    await using site = await openSite(servers);
    await using heard = await witness(site);
    const notifier = openNotifier(site.pool);
    for (let n = 0; n < 100; n++) notifier.notify();
    await until('there is one', () => heard.heard.length > 0);
    await aWhile();
    expect(heard.heard).toHaveLength(1);
    notifier.notify();
    await until('there is another one', () => heard.heard.length > 1);
    await notifier.close();
  });

  test('does not mind when its database is away, and goes on when it is back', async () => {
    await using own = await startServers({ postgres: 1 });
    await using site = await openSite(own);
    const notifier = openNotifier(site.pool);
    await own.server('postgres-1').kill();
    notifier.notify();
    await aWhile();
    await own.server('postgres-1').start();
    await using heard = await witness(site);
    notifier.notify();
    await until('it is heard', () => heard.heard.length > 0);
    await notifier.close();
  });

  test('sends nothing more after it was closed', async () => {
    await using site = await openSite(servers);
    await using heard = await witness(site);
    const notifier = openNotifier(site.pool);
    notifier.notify();
    await notifier.close();
    await aWhile();
    expect(heard.heard).toEqual([]);
  });
});
