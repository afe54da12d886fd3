/** Connections that are open before the load, as a real server counts them. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HttpTarget } from '../http-target.ts';
import { OUTCOMES } from '../plan.ts';
import { readyConnectionsOf } from '../ready-connections.ts';
import { planFor, runLoad, until } from './run-load.ts';

const LONGER_THAN_UNDICIS_OWN_LIMIT_MS = 5500;

const CONNECTIONS = 12;

/** A server that knows its connections by their first request. */
async function counting(port = 0, onOperation: (answer: () => void) => void = (answer) => answer()) {
  const first = new Map<Socket, string>();
  const seen = { connections: 0, operations: 0 };
  const whatIs = ({ headers, url }: IncomingMessage) =>
    headers['operation-id'] === undefined ? `${url}` : 'operation';
  const server = createServer((request, response) => {
    const what = whatIs(request);
    if (!first.has(request.socket)) first.set(request.socket, what);
    const answer = () => void response.end('ok');
    if (what !== 'operation') return answer();
    seen.operations++;
    onOperation(answer);
  });
  // As shared/service has it.
  server.keepAliveTimeout = 75_000;
  server.on('connection', () => seen.connections++);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    if (server.listening) await once(server.close(), 'close');
  };
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    /** What came first on each connection. */
    firsts: () => [...first.values()],
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A target with what has become of its operations. */
function targetOf(url: string | string[]) {
  const endings = new Map<number, string>();
  const target = new HttpTarget({ kind: 'http', url }, (row, outcomeIndex, reason) => {
    endings.set(row, `${OUTCOMES[outcomeIndex]}${reason === null ? '' : ` ${reason}`}`);
  });
  return {
    target,
    /** Sends them all at once; resolves with how they ended. */
    async send(rows: number) {
      for (let row = 0; row < rows; row++) target.send(row);
      await until('each operation has ended', () => endings.size === rows);
      return [...new Set(endings.values())];
    },
    [Symbol.asyncDispose]: () => target.close(),
  };
}

describe('a target that connects', () => {
  it('opens connections by a trivial request, and operations at once find them open', async () => {
    await using server = await counting();
    await using one = targetOf(`${server.origin}/work`);
    await one.target.connect([`${server.origin}/health/live`], CONNECTIONS);
    expect(await one.send(CONNECTIONS)).toEqual(['ok']);
    expect(server.seen).toEqual({ connections: CONNECTIONS, operations: CONNECTIONS });
    expect(new Set(server.firsts())).toEqual(new Set(['/health/live']));
  });

  it('still finds them open after a pause longer than clients keep idle connections unless told', async () => {
    await using server = await counting();
    await using one = targetOf(`${server.origin}/work`);
    await one.target.connect([`${server.origin}/health/live`], CONNECTIONS);
    await sleep(LONGER_THAN_UNDICIS_OWN_LIMIT_MS);
    expect(await one.send(CONNECTIONS)).toEqual(['ok']);
    expect(server.seen.connections).toBe(CONNECTIONS);
  });

  it('does so to each origin that operations go to, and to no other', async () => {
    await using left = await counting();
    await using right = await counting();
    await using stranger = await counting();
    await using one = targetOf([`${left.origin}/`, `${right.origin}/`]);
    const servers = [left, right, stranger];
    await one.target.connect(
      servers.map(({ origin }) => `${origin}/health/live`),
      CONNECTIONS,
    );
    expect(servers.map(({ seen }) => seen.connections)).toEqual([CONNECTIONS, CONNECTIONS, 0]);
    expect(await one.send(10)).toEqual(['ok']);
    expect(servers.map(({ seen }) => seen)).toEqual([
      { connections: CONNECTIONS, operations: 5 },
      { connections: CONNECTIONS, operations: 5 },
      { connections: 0, operations: 0 },
    ]);
  });

  it('to a server that is gone does not reject, and the operations say what became of them', async () => {
    await using gone = await counting();
    await using there = await counting();
    await gone.close();
    await using one = targetOf([`${gone.origin}/`, `${there.origin}/`]);
    const urls = [gone, there].map(({ origin }) => `${origin}/health/live`);
    expect(await one.target.connect(urls, CONNECTIONS)).toBeUndefined();
    expect((await one.send(10)).toSorted()).toEqual(['failed ECONNREFUSED', 'ok']);
    expect(there.seen.connections).toBe(CONNECTIONS);
  });

  it('opens them again when the server is another one, without any left over', async () => {
    const first = await counting();
    await using one = targetOf(`${first.origin}/work`);
    const urls = [`${first.origin}/health/live`];
    await one.target.connect(urls, CONNECTIONS);
    await first.close();
    await using second = await counting(Number(new URL(first.origin).port));
    await one.target.connect(urls, CONNECTIONS);
    expect(second.seen).toEqual({ connections: CONNECTIONS, operations: 0 });
    expect(await one.send(CONNECTIONS)).toEqual(['ok']);
    expect(second.seen).toEqual({ connections: CONNECTIONS, operations: CONNECTIONS });
  });

  it('uses those that are still open when it is asked to open them again', async () => {
    await using server = await counting();
    await using one = targetOf(`${server.origin}/work`);
    const urls = [`${server.origin}/health/live`];
    await one.target.connect(urls, CONNECTIONS);
    await one.target.connect(urls, CONNECTIONS);
    expect(server.seen.connections).toBe(CONNECTIONS);
  });

  it('without one opens a connection for each operation in flight', async () => {
    await using server = await counting();
    await using one = targetOf(`${server.origin}/`);
    await one.send(10);
    expect(server.seen).toEqual({ connections: 10, operations: 10 });
  });
});

describe('how many connections a load holds ready', () => {
  const urls = (count: number) => Array.from({ length: count }, (_, n) => `http://127.0.0.1:${n + 1}/health/live`);

  it('is enough for what arrives at a service in a pause of a second, beside what is in flight anyway', () => {
    const few = readyConnectionsOf({ ratePerSecond: 1, roundTripUrls: urls(1) });
    expect(readyConnectionsOf({ ratePerSecond: 301, roundTripUrls: urls(1) })).toBe(few + 300);
  });

  it('is counted for each of several services, which share the rate', () => {
    const ofOne = readyConnectionsOf({ ratePerSecond: 101, roundTripUrls: urls(1) });
    expect(readyConnectionsOf({ ratePerSecond: 303, roundTripUrls: urls(3) })).toBe(ofOne);
    expect(readyConnectionsOf({ ratePerSecond: 302, roundTripUrls: urls(3) })).toBe(ofOne);
  });

  it('has an end, whatever the rate', () => {
    const most = readyConnectionsOf({ ratePerSecond: 100_000, roundTripUrls: urls(1) });
    expect(readyConnectionsOf({ ratePerSecond: 200_000, roundTripUrls: urls(1) })).toBe(most);
    expect(most).toBeLessThanOrEqual(1024);
  });
});

it('a load whose operations all arrive in a pause of its service finds a connection for each', async () => {
  // The server answers nothing until all have come.
  const held: (() => void)[] = [];
  await using server = await counting(0, (answer) => {
    held.push(answer);
    if (held.length === 150) for (const one of held) one();
  });
  const report = await runLoad(
    planFor(
      { kind: 'http', url: `${server.origin}/work` },
      { durationMs: 750, ratePerSecond: 200, roundTripUrls: [`${server.origin}/health/live`] },
    ),
  );
  expect(report.counts).toMatchObject({ intended: 150, ok: 150 });
  expect(server.firsts()).not.toContain('operation');
});

it('a load whose service is restarted opens its connections again, and says how long they were gone', async () => {
  const first = await counting();
  let restarted: Awaited<ReturnType<typeof counting>> | undefined;
  const restart = async () => {
    await until('some operations have come', () => first.seen.operations >= 20);
    await first.close();
    restarted = await counting(Number(new URL(first.origin).port));
  };
  const [report] = await Promise.all([
    runLoad(
      planFor(
        { kind: 'http', url: `${first.origin}/work` },
        { durationMs: 1500, ratePerSecond: 40, roundTripUrls: [`${first.origin}/health/live`] },
      ),
    ),
    restart(),
  ]);
  await using second = restarted;
  expect(report.reconnects).toHaveLength(1);
  expect(second?.firsts().filter((what) => what === '/health/live').length).toBeGreaterThan(20);
});

it('a load opens no connection for an operation: each was there before', async () => {
  await using server = await counting();
  // Fewer operations than connections are held ready, so that a busy machine cannot make them too few.
  const report = await runLoad(
    planFor(
      { kind: 'http', url: `${server.origin}/work` },
      { durationMs: 250, roundTripUrls: [`${server.origin}/health/live`] },
    ),
  );
  expect(report.counts).toMatchObject({ intended: 50, ok: 50 });
  expect(server.seen.operations).toBe(50);
  expect(server.firsts()).not.toContain('operation');
});
