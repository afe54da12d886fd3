import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import breaker from '../src/variants/breaker.ts';
import none from '../src/variants/none.ts';
import timeout from '../src/variants/timeout.ts';
import { settings, startServers } from './servers.ts';

const LONGER_THAN_T = 5 * settings.timeoutMs;

/** Counts announcements of a step while it lives. */
function counting(step: string) {
  let count = 0;
  const seen = () => {
    count += 1;
  };
  subscribe(step, seen);
  return { count: () => count, [Symbol.dispose]: () => void unsubscribe(step, seen) };
}

async function quotes(ask: () => Promise<unknown>, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, ask));
}

test.each([
  ['none', none],
  ['timeout', timeout],
  ['breaker', breaker],
])('%s passes on the answer of a healthy dependency', async (_name, policy) => {
  await using servers = await startServers(policy);
  expect(await servers.quote()).toEqual({ status: 200, outcome: null });
});

test('none waits for as long as the dependency takes', async () => {
  await using servers = await startServers(none);
  await servers.hang(LONGER_THAN_T);
  expect(await servers.quote()).toEqual({ status: 200, outcome: null });
});

test('timeout gives up, and the dependency works on the abandoned call to its end', async () => {
  await using servers = await startServers(timeout);
  using ended = counting('circuit-breaker.work-ended');
  await servers.hang(LONGER_THAN_T);
  expect(await servers.quote()).toEqual({ status: 502, outcome: null });
  expect(ended.count()).toBe(0);
  await delay(2 * LONGER_THAN_T);
  expect(ended.count()).toBe(1);
});

test('breaker answers with a fallback marked as degraded once it is open, without calling the dependency', async () => {
  await using servers = await startServers(breaker);
  await servers.hang(LONGER_THAN_T);
  await quotes(servers.quote, 20);
  using started = counting('circuit-breaker.work-started');
  expect(await servers.quote()).toEqual({ status: 200, outcome: 'degraded' });
  expect(started.count()).toBe(0);
});

test('breaker does not open on fewer calls than its volume threshold', async () => {
  await using servers = await startServers(breaker);
  await servers.hang(LONGER_THAN_T);
  await quotes(servers.quote, 5);
  expect(await servers.quote()).toEqual({ status: 502, outcome: null });
});

test('breaker lets one probe through after R, and closes when it succeeds', async () => {
  await using servers = await startServers(breaker);
  await servers.hang(LONGER_THAN_T);
  await quotes(servers.quote, 20);
  await servers.hang(0);
  await delay(2 * settings.resetMs);
  expect(await servers.quote()).toEqual({ status: 200, outcome: null });
  expect(await servers.quote()).toEqual({ status: 200, outcome: null });
});

test('the control route refuses what it does not know', async () => {
  await using servers = await startServers(none);
  const response = await fetch(`${servers.dependencyUrl}/control`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"hangMs":-1}',
  });
  expect(response.status).toBe(400);
  expect(await response.text()).toContain('hangMs');
});
