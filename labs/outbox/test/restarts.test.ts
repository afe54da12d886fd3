/** The relay and the consumer outlive their servers: nobody starts them again. */
import type { Stack } from '@backend-labs/stack';
import { startServers, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import skipLocked from '../src/variants/skip-locked.ts';
import { LOSSLESS } from './lossless.ts';
import { ascending, idsOf, openSite, startConsumer, startRelay } from './site.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1, kafka: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

async function restart(name: string, meanwhile: () => Promise<unknown> = async () => {}) {
  await servers.server(name).kill();
  await meanwhile();
  await servers.server(name).start();
}

test.each(LOSSLESS)('%s: the relay goes on after a restart of Postgres, and of Kafka', async (_, variant) => {
  await using site = await openSite(servers);
  await using _relay = await startRelay(site, variant);
  const ids = new Set<number>();
  const allArrive = () =>
    until(`${[...ids]} arrive`, async () => {
      const there = new Set(idsOf(await site.readTopic().catch(() => [])));
      return [...ids].every((id) => there.has(id));
    });
  ids.add((await site.order()).id);
  await allArrive();
  await restart('postgres-1');
  ids.add((await site.order()).id);
  await allArrive();
  // Placed while there is no broker.
  await restart('kafka-1', async () => ids.add((await site.order()).id));
  ids.add((await site.order()).id);
  await allArrive();
  expect(ascending([...new Set(idsOf(await site.readTopic()))])).toEqual(ascending([...ids]));
});

test('the consumer goes on after a restart of Postgres, and of Kafka', async () => {
  await using site = await openSite(servers);
  await using _relay = await startRelay(site, skipLocked);
  await using _consumer = await startConsumer(site, skipLocked);
  const applied = async (id: number) =>
    until(`${id} is applied`, async () => (await site.effects().catch((): number[] => [])).includes(id));
  await applied((await site.order()).id);
  await restart('postgres-1');
  await applied((await site.order()).id);
  await restart('kafka-1');
  await applied((await site.order()).id);
  const [view] = await site.query<{ last_version: number }>('SELECT last_version FROM customer_view');
  expect(view?.last_version).toBe(3);
});
