import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LANES, measureRoundTrips } from '../round-trips.ts';

/** Enough answers that some were not the first on their connection: those are left out. */
const BEYOND_THE_FIRST = 20;

/** What a test's load takes to open its connections again. */
const OPENING_MS = 30;

async function serve(listener: RequestListener, port = 0) {
  const server = createServer(listener).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/live`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function measuring(urls: string[]) {
  const stop = new AbortController();
  const startMs = performance.now();
  const back: string[] = [];
  const measured = measureRoundTrips({
    urls,
    signal: stop.signal,
    nowMs: () => performance.now() - startMs,
    async onBack(url) {
      await sleep(OPENING_MS);
      back.push(url);
    },
  });
  return {
    back,
    elapsedMs: () => performance.now() - startMs,
    async end() {
      stop.abort();
      const { roundTrips: trips, reconnects } = await measured;
      return { trips, reconnects, elapsedMs: performance.now() - startMs };
    },
  };
}

/** Resolves when the server has answered so many requests. */
async function until(count: () => number, wanted: number): Promise<void> {
  while (count() < wanted) await sleep(5);
}

test('each answer is one round trip, at its time, as long as the answer took', async () => {
  let answered = 0;
  await using server = await serve(async (_request, response) => {
    await sleep(20);
    response.end('live', () => answered++);
  });
  const running = measuring([server.url]);
  await until(() => answered, BEYOND_THE_FIRST);
  const { trips, elapsedMs } = await running.end();
  // The first opens the connection and is left out; the last may have been under way when it was told to stop.
  expect(trips.length).toBeGreaterThanOrEqual(4);
  for (const { atMs, durationMs } of trips) {
    expect(durationMs).toBeGreaterThan(15);
    expect(atMs + durationMs).toBeLessThanOrEqual(elapsedMs);
  }
  expect(trips.map(({ atMs }) => atMs)).toEqual(trips.map(({ atMs }) => atMs).sort((a, b) => a - b));
});

test('a stall is met by all that ask meanwhile, and not only by the first', async () => {
  let answered = 0;
  const held: (() => void)[] = [];
  let isStalled = false;
  await using server = await serve((_request, response) => {
    const answer = () => void response.end('live', () => answered++);
    if (isStalled) held.push(answer);
    else answer();
  });
  const running = measuring([server.url]);
  await until(() => answered, BEYOND_THE_FIRST);
  const fromMs = running.elapsedMs();
  isStalled = true;
  await until(() => held.length, 4);
  isStalled = false;
  for (const answer of held) answer();
  const toMs = running.elapsedMs();
  await until(() => answered, answered + 4);
  const met = (await running.end()).trips.filter(({ atMs }) => atMs > fromMs && atMs < toMs - 1);
  expect(met.length).toBeGreaterThanOrEqual(4);
  for (const { atMs, durationMs } of met) expect(atMs + durationMs).toBeGreaterThan(toMs - 1);
});

test('several services are asked', async () => {
  const answered = [0, 0];
  await using first = await serve((_request, response) =>
    response.end('live', () => {
      answered[0] = (answered[0] ?? 0) + 1;
    }),
  );
  await using second = await serve((_request, response) =>
    response.end('live', () => {
      answered[1] = (answered[1] ?? 0) + 1;
    }),
  );
  const running = measuring([first.url, second.url]);
  await until(() => Math.min(answered[0] ?? 0, answered[1] ?? 0), BEYOND_THE_FIRST);
  expect((await running.end()).trips.length).toBeGreaterThanOrEqual(5);
});

test('what is not answered with a 2xx, or not at all, is left out', async () => {
  let answered = 0;
  const refused = await serve(() => {});
  await refused[Symbol.asyncDispose]();
  await using server = await serve((_request, response) => {
    response.statusCode = 404;
    response.end(() => answered++);
  });
  const running = measuring([server.url, refused.url]);
  await until(() => answered, BEYOND_THE_FIRST);
  expect((await running.end()).trips).toEqual([]);
});

test('it ends at once, also while an answer is awaited', async () => {
  let asked = 0;
  await using server = await serve(() => {
    asked += 1;
  });
  const running = measuring([server.url]);
  await until(() => asked, 1);
  expect((await running.end()).trips).toEqual([]);
});

describe('a service that is restarted', () => {
  test('counts as gone until it is back and the connections to it are open again', async () => {
    let answered = 0;
    const answer: RequestListener = (_request, response) => response.end('live', () => answered++);
    const first = await serve(answer);
    const running = measuring([first.url]);
    await until(() => answered, BEYOND_THE_FIRST);
    const closedAtMs = running.elapsedMs();
    await first[Symbol.asyncDispose]();
    await sleep(200);
    const backAtMs = running.elapsedMs();
    await using _second = await serve(answer, Number(new URL(first.url).port));
    await until(() => running.back.length, 1);
    await until(() => answered, answered + 3);
    const { reconnects } = await running.end();
    expect(running.back).toEqual([first.url]);
    expect(reconnects).toHaveLength(1);
    const [{ fromMs, toMs } = { fromMs: 0, toMs: 0 }] = reconnects;
    expect(fromMs).toBeGreaterThanOrEqual(closedAtMs);
    expect(fromMs).toBeLessThan(backAtMs);
    expect(toMs).toBeGreaterThanOrEqual(backAtMs + OPENING_MS);
  });

  test('is gone until the end if it does not come back', async () => {
    let answered = 0;
    const server = await serve((_request, response) => response.end('live', () => answered++));
    const running = measuring([server.url]);
    await until(() => answered, BEYOND_THE_FIRST);
    await server[Symbol.asyncDispose]();
    await sleep(200);
    const { reconnects, elapsedMs } = await running.end();
    expect(running.back).toEqual([]);
    expect(reconnects).toHaveLength(1);
    expect(reconnects[0]?.toMs).toBeGreaterThan(elapsedMs - 200);
  });

  test('is not the same as one that is stopped for a while: that one keeps its connections', async () => {
    let asked = 0;
    let isStopped = false;
    await using server = await serve((_request, response) => {
      asked += 1;
      if (!isStopped) response.end('live');
    });
    const running = measuring([server.url]);
    await until(() => asked, BEYOND_THE_FIRST);
    isStopped = true;
    // All connections wait then, and none asks again before its request was given up, after a second.
    await until(() => asked, asked + LANES + 1);
    isStopped = false;
    await until(() => asked, asked + 3);
    expect((await running.end()).reconnects).toEqual([]);
    expect(running.back).toEqual([]);
  });
});

test('without a url there is nothing to measure', async () => {
  expect((await measuring([]).end()).trips).toEqual([]);
});
