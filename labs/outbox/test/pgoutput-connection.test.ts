/** The relay of a slot ends with an error when it cannot read on, and the next one goes on where the slot is. */
import { type Stack, TcpProxy } from '@backend-labs/stack';
import { startServers, within } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import { contextFor, runRelay, willing } from './relay-with.ts';
import { idsOf, type Site } from './site.ts';
import { openSlot, streamOf, take } from './slot.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

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
    await using site = await openSlot(servers);
    await using proxy = await TcpProxy.start(servers.server('postgres-1'));
    await using relay = await throughProxy(site, proxy);
    await proxy.cut();
    await expect(within('the relay gives up', relay.running)).rejects.not.toThrow('never came about');
  });

  test('because the server ends it, the relay rejects, and the next one goes on', async () => {
    await using site = await openSlot(servers);
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
    await using site = await openSlot(servers);
    await using proxy = await TcpProxy.start(servers.server('postgres-1'));
    await proxy.cut();
    const url = new URL(site.postgresUrl);
    url.port = String(proxy.port);
    await using relay = await runRelay(site, cdcPgoutput, { ...willing(), postgresUrl: url.href });
    await expect(within('the relay gives up', relay.running)).rejects.not.toThrow('never came about');
  });

  test('because somebody else reads the slot, the relay rejects', async () => {
    await using site = await openSlot(servers);
    await using stream = await streamOf(site);
    await site.order();
    await take(stream, 1);
    const { context } = contextFor(site, willing(), new AbortController().signal);
    await expect(within('the relay gives up', cdcPgoutput.relay?.(context) as Promise<void>)).rejects.toThrow(/active/);
  });
});

test('a relay that begins again finds the slot and the publication that it had made', async () => {
  await using site = await openSlot(servers);
  const { context } = contextFor(site, willing(), new AbortController().signal);
  const { id } = await site.order();
  await cdcPgoutput.prepareRelay?.(context);
  await using stream = await streamOf(site);
  expect(idsOf((await take(stream, 1)).events)).toEqual([id]);
});
