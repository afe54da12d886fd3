import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import adaptive from '../src/variants/adaptive.ts';
import breaker from '../src/variants/breaker.ts';
import breakerAnyVolume from '../src/variants/breaker-any-volume.ts';
import breakerBulkhead from '../src/variants/breaker-bulkhead.ts';
import breakerBulkheadCounted from '../src/variants/breaker-bulkhead-counted.ts';
import breakerPerShard from '../src/variants/breaker-per-shard.ts';
import breakerUnfiltered from '../src/variants/breaker-unfiltered.ts';
import none from '../src/variants/none.ts';
import retry from '../src/variants/retry.ts';
import retryBudget from '../src/variants/retry-budget.ts';
import timeout from '../src/variants/timeout.ts';
import { counting } from './counting.ts';
import { settings, startServers } from './servers.ts';

const LONGER_THAN_T = 5 * settings.timeoutMs;
const ARRIVED = 'circuit-breaker.call-arrived';

const OK = { status: 200, outcome: null };
const DEGRADED = { status: 200, outcome: 'degraded' };
const FAILED = { status: 502, outcome: null };

function atOnce(count: number, ask: (item: number) => Promise<{ status: number; outcome: string | null }>) {
  return Promise.all(Array.from({ length: count }, (_, item) => ask(item)));
}

test.each([
  ['none', none],
  ['timeout', timeout],
  ['retry', retry],
  ['retry-budget', retryBudget],
  ['breaker', breaker],
  ['breaker-unfiltered', breakerUnfiltered],
  ['breaker-any-volume', breakerAnyVolume],
  ['breaker-per-shard', breakerPerShard],
  ['breaker-bulkhead', breakerBulkhead],
  ['breaker-bulkhead-counted', breakerBulkheadCounted],
  ['adaptive', adaptive],
])('%s passes on the answer of a healthy dependency, and its 404', async (_name, policy) => {
  await using servers = await startServers(policy);
  expect(await servers.quote()).toEqual(OK);
  await servers.tell({ delistedInTen: 10 });
  expect(await servers.quote()).toEqual({ status: 404, outcome: null });
});

test('none waits for as long as the dependency takes', async () => {
  await using servers = await startServers(none);
  await servers.tell({ hangMs: LONGER_THAN_T });
  expect(await servers.quote()).toEqual(OK);
});

test('timeout gives up, and the dependency works on the abandoned call to its end', async () => {
  await using servers = await startServers(timeout);
  using ended = counting('circuit-breaker.call-ended');
  await servers.tell({ hangMs: LONGER_THAN_T });
  expect(await servers.quote()).toEqual(FAILED);
  expect(ended.count()).toBe(0);
  await delay(2 * LONGER_THAN_T);
  expect(ended.count()).toBe(1);
});

test('retry calls four times before it gives up', async () => {
  await using servers = await startServers(retry);
  await servers.tell({ errorShare: 1 });
  using arrived = counting(ARRIVED);
  expect(await servers.quote()).toEqual(FAILED);
  expect(arrived.count()).toBe(4);
});

test('retry hides a failure that hits one call', async () => {
  await using servers = await startServers(retry);
  await servers.tell({ failNext: 1 });
  expect(await servers.quote()).toEqual(OK);
});

test('retry-budget pays a retry for every ten requests, and starts with nothing', async () => {
  await using servers = await startServers(retryBudget);
  await servers.tell({ errorShare: 1 });
  using arrived = counting(ARRIVED);
  for (let request = 0; request < 9; request++) await servers.quote();
  expect(arrived.count()).toBe(9);
  for (let request = 9; request < 40; request++) await servers.quote();
  // Each retry is a tenth of a request paid in: 40 requests, 4 retries; the sum of tenths may be a hair short of 1.
  expect(arrived.count()).toBeGreaterThanOrEqual(43);
  expect(arrived.count()).toBeLessThanOrEqual(44);
});

test('retry-budget saves up no more than its reserve', async () => {
  await using servers = await startServers(retryBudget);
  await atOnce(200, servers.quote);
  await servers.tell({ errorShare: 1 });
  using arrived = counting(ARRIVED);
  await servers.quote();
  await servers.quote();
  expect(arrived.count()).toBe(2 + 5);
});

test('breaker answers with a fallback marked as degraded once it is open, without calling the dependency', async () => {
  await using servers = await startServers(breaker);
  await servers.tell({ hangMs: LONGER_THAN_T });
  await atOnce(20, servers.quote);
  using arrived = counting(ARRIVED);
  expect(await servers.quote()).toEqual(DEGRADED);
  expect(arrived.count()).toBe(0);
});

test('breaker does not open on fewer calls than its volume threshold', async () => {
  await using servers = await startServers(breaker);
  await servers.tell({ hangMs: LONGER_THAN_T });
  await atOnce(5, servers.quote);
  expect(await servers.quote()).toEqual(FAILED);
});

test('breaker lets one probe through after R, and closes when it succeeds', async () => {
  await using servers = await startServers(breaker);
  await servers.tell({ hangMs: LONGER_THAN_T });
  await atOnce(20, servers.quote);
  await servers.tell({ hangMs: 0 });
  await delay(2 * settings.resetMs);
  expect(await servers.quote()).toEqual(OK);
  expect(await servers.quote()).toEqual(OK);
});

test('a storm of 404s opens breaker-unfiltered, and leaves breaker closed', async () => {
  for (const [policy, expected] of [
    [breaker, OK],
    [breakerUnfiltered, DEGRADED],
  ] as const) {
    await using servers = await startServers(policy);
    await servers.tell({ delistedInTen: 10 });
    await atOnce(20, servers.quote);
    await servers.tell({ delistedInTen: 0 });
    expect(await servers.quote()).toEqual(expected);
  }
});

test('breaker-any-volume opens on the first failure', async () => {
  await using servers = await startServers(breakerAnyVolume);
  await servers.tell({ failNext: 1 });
  expect(await servers.quote()).toEqual(FAILED);
  expect(await servers.quote()).toEqual(DEGRADED);
});

test('breaker-per-shard cuts off the shard that fails and no other', async () => {
  await using servers = await startServers(breakerPerShard, { settings: { shards: 4 } });
  await servers.tell({ failingShard: 2 });
  await atOnce(80, servers.quote);
  expect(await servers.quote(2)).toEqual(DEGRADED);
  for (const item of [0, 1, 3]) expect(await servers.quote(item)).toEqual(OK);
});

test('breaker-bulkhead lets no more calls to the dependency than it has places, also when they are abandoned', async () => {
  await using servers = await startServers(breakerBulkhead);
  await servers.tell({ hangMs: LONGER_THAN_T });
  using arrived = counting(ARRIVED);
  await atOnce(20, servers.quote);
  expect(await servers.quote()).toEqual(DEGRADED);
  expect(arrived.count()).toBe(settings.bulkheadCalls);
});

test('a full bulkhead opens breaker-bulkhead-counted, and leaves breaker-bulkhead closed', async () => {
  for (const [policy, expected] of [
    [breakerBulkhead, OK],
    [breakerBulkheadCounted, DEGRADED],
  ] as const) {
    await using servers = await startServers(policy);
    await servers.tell({ hangMs: settings.timeoutMs / 2 });
    await atOnce(40, servers.quote);
    expect(await servers.quote()).toEqual(expected);
  }
});

test('adaptive turns nothing away while half of the calls succeed, and nearly all when none does', async () => {
  await using servers = await startServers(adaptive, { settings: { windowMs: 60_000 } });
  await atOnce(50, servers.quote);
  await servers.tell({ errorShare: 1 });
  using arrived = counting(ARRIVED);
  for (let request = 0; request < 50; request++) await servers.quote();
  expect(arrived.count()).toBe(50);
  for (let request = 0; request < 350; request++) await servers.quote();
  // Of 400 requests with 50 accepts, (1 + 2 · 50)/(1 + 400) pass in the end: a quarter.
  expect(arrived.count()).toBeLessThan(300);
});
