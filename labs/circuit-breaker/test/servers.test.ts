import { until } from '@backend-labs/testbed';
import { expect, test } from 'vitest';
import none from '../src/variants/none.ts';
import timeout from '../src/variants/timeout.ts';
import { counting } from './counting.ts';
import { settings, startServers } from './servers.ts';

test.each([
  ['{"hangMs":-1}', { hangMs: -1 }, 'hangMs'],
  ['a word it does not know', { hang: 1 }, 'hang'],
])('the control route refuses %s, and says so', async (_name, condition, said) => {
  await using servers = await startServers(none);
  const { status, body } = await servers.tell(condition);
  expect(status).toBe(400);
  expect(body.error).toContain(said);
  expect(await servers.quote()).toEqual({ status: 200, outcome: null });
});

test('one condition is changed without touching the others', async () => {
  await using servers = await startServers(none);
  await servers.tell({ delistedInTen: 10 });
  await servers.tell({ hangMs: 1 });
  expect(await servers.quote()).toEqual({ status: 404, outcome: null });
});

test.each(['/quotes/tea', '/quotes/-1', '/quotes/1.5'])(
  'the gateway refuses %s without calling the dependency',
  async (path) => {
    await using servers = await startServers(none);
    using arrived = counting('circuit-breaker.call-arrived');
    expect((await servers.ask(path)).status).toBe(400);
    expect(arrived.count()).toBe(0);
  },
);

test('the workers take as many calls at once as there are workers, and the others in turn', async () => {
  await using servers = await startServers(none, { workers: 2, serviceMs: 100 });
  using ended = counting('circuit-breaker.call-ended');
  const order: number[] = [];
  const asked = [0, 1, 2, 3, 4, 5].map((item) => servers.quote(item).then(() => order.push(Math.floor(item / 2))));
  await Promise.all(asked);
  expect(order).toEqual([0, 0, 1, 1, 2, 2]);
  expect(ended.count()).toBe(6);
});

test('while the workers stall, calls queue up, and the oldest is worked on first, though its caller has gone', async () => {
  await using servers = await startServers(timeout, { workers: 1 });
  using ended = counting('circuit-breaker.call-ended');
  await servers.tell({ stalled: true });
  for (let call = 0; call < 3; call++) expect((await servers.quote()).status).toBe(502);
  expect(ended.count()).toBe(0);
  await servers.tell({ stalled: false });
  expect(await servers.quote()).toEqual({ status: 200, outcome: null });
  expect(ended.count()).toBe(4);
});

test('above its limit the gateway turns any request away, also for what needs no dependency', async () => {
  await using servers = await startServers(none, { maxRequests: 3 });
  await servers.tell({ hangMs: 3 * settings.timeoutMs });
  const hanging = [0, 1, 2].map(() => servers.quote());
  await until('all three are there', async () => (await servers.ask('/catalogue')).status !== 200);
  expect((await servers.ask('/catalogue')).status).toBe(503);
  expect((await Promise.all(hanging)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect((await servers.ask('/catalogue')).status).toBe(200);
});
