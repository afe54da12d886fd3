import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outcomeOfError } from '../http-outcome.ts';
import { OUTCOMES } from '../plan.ts';
import { planFor, runLoad, serve, until } from './run-load.ts';

const answer = (status: number, headers: Record<string, string> = {}) => {
  return (response: ServerResponse) => response.writeHead(status, headers).end('body');
};

/** What the server does to operation `id % length`, and what must come of it. */
const CASES: [what: string, act: (response: ServerResponse) => unknown, outcome: string, reason: string | null][] = [
  ['200', answer(200), 'ok', null],
  ['204', (response) => response.writeHead(204).end(), 'ok', null],
  ['302', answer(302, { location: '/' }), 'ok', null],
  ['200 that is a fallback', answer(200, { 'x-outcome': 'degraded' }), 'degraded', '200 degraded'],
  ['503 that is a fallback', answer(503, { 'x-outcome': 'degraded' }), 'degraded', '503 degraded'],
  ['200 that refuses', answer(200, { 'x-outcome': 'rejected' }), 'rejected', '200 rejected'],
  ['429', answer(429), 'rejected', '429'],
  ['503 with Retry-After', answer(503, { 'retry-after': '1' }), 'rejected', '503'],
  ['502', answer(502), 'failed', '502'],
  ['503', answer(503), 'failed', '503'],
  ['404', answer(404), 'failed', '404'],
  ['a cut connection', (response) => response.destroy(), 'lost', 'UND_ERR_SOCKET'],
  [
    'a connection cut within the answer',
    (response) => response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy()),
    'failed',
    '200 cut short',
  ],
  ['an answer that is not HTTP', (response) => response.socket?.end('hello\r\n\r\n'), 'failed', 'HTTPParserError'],
  ['silence', () => {}, 'timeout', 'timeout'],
];

describe('an HTTP operation', () => {
  it('ends as its answer says, for every way to answer', async () => {
    await using server = await serve((request, response) => {
      const id = Number(request.headers['operation-id']);
      CASES[id % CASES.length]?.[1](response);
    });
    const perCase = 4;
    const report = await runLoad(
      planFor({ kind: 'http', url: server.url }, { durationMs: perCase * CASES.length * 5, timeoutMs: 1500 }),
    );
    const endings = CASES.map(([what], index) => [what, OUTCOMES[report.operations.outcome[index] as number]]);
    expect(endings).toEqual(CASES.map(([what, , outcome]) => [what, outcome]));
    const reasons: Record<string, number> = {};
    for (const [, , , reason] of CASES) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + perCase;
    expect(report.reasons).toEqual(reasons);
    const { intended, ...fates } = report.counts;
    expect(intended).toBe(perCase * CASES.length);
    expect(Object.values(fates).reduce((sum, count) => sum + count, 0)).toBe(intended);
  });

  it('fails with the system’s own code when nobody listens, and is not called lost', async () => {
    const unused = createServer().listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const { port } = unused.address() as AddressInfo;
    unused.close();
    await once(unused, 'close');
    const report = await runLoad(planFor({ kind: 'http', url: `http://127.0.0.1:${port}/` }));
    expect(report.counts).toMatchObject({ intended: 100, failed: 100, lost: 0, timeout: 0 });
    expect(report.reasons).toEqual({ ECONNREFUSED: 100 });
  });

  it('closes its connection when it is given up, so that the server notices', async () => {
    let asked = 0;
    let closed = 0;
    await using server = await serve((request) => {
      asked++;
      request.socket.once('close', () => closed++);
    });
    const timeoutMs = 800;
    const report = await runLoad(planFor({ kind: 'http', url: server.url }, { durationMs: 300, timeoutMs }));
    expect(report.counts).toMatchObject({ intended: 60, timeout: 60, inFlight: 0 });
    expect(asked).toBe(60);
    await until('every connection was closed', () => closed === 60);
    const { startedAtMs, endedAtMs } = report.operations;
    expect(endedAtMs.every((endedAt, row) => endedAt - (startedAtMs[row] as number) >= timeoutMs)).toBe(true);
  });

  it('is a timeout when its answer comes after the deadline', async () => {
    await using server = await serve((_, response) => setTimeout(() => response.end('late'), 600));
    const report = await runLoad(planFor({ kind: 'http', url: server.url }, { durationMs: 100, timeoutMs: 100 }));
    expect(report.counts).toMatchObject({ intended: 20, timeout: 20, ok: 0 });
  });

  it('sends what the plan says: method, headers, body, and its row as operation-id', async () => {
    const seen: unknown[] = [];
    await using server = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const { method, url, headers } = request;
      seen.push([method, url, headers['content-type'], headers['operation-id'], body]);
      response.end();
    });
    const report = await runLoad(
      planFor(
        {
          kind: 'http',
          url: `${server.url}orders?x=1`,
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: 'größe',
        },
        { durationMs: 15 },
      ),
    );
    expect(report.counts.ok).toBe(3);
    expect(seen.sort()).toEqual(['0', '1', '2'].map((id) => ['POST', '/orders?x=1', 'text/plain', id, 'größe']));
  });

  it('is never sent twice, and no operation reaches the system before the run', async () => {
    const ids = new Map<unknown, number>();
    await using server = await serve((request, response) => {
      const id = request.headers['operation-id'];
      ids.set(id, (ids.get(id) ?? 0) + 1);
      // Closes every third connection after its answer, as a server that is about to restart does.
      if (Number(id) % 3 === 0) response.setHeader('connection', 'close');
      response.end();
    });
    const report = await runLoad(planFor({ kind: 'http', url: server.url }, { ratePerSecond: 500 }));
    expect(report.counts).toMatchObject({ intended: 250, ok: 250 });
    expect(ids.size).toBe(250);
    expect([...ids.values()].every((count) => count === 1)).toBe(true);
  });
});

describe('an error of the connection', () => {
  const reset = Object.assign(new Error('reset'), { code: 'ECONNRESET' });

  it('is a failure before the request left, and lost after it', () => {
    expect(OUTCOMES[outcomeOfError(reset, false, 0).outcomeIndex]).toBe('failed');
    expect(OUTCOMES[outcomeOfError(reset, true, 0).outcomeIndex]).toBe('lost');
  });
});

describe('an operation given as a module', () => {
  const operation = (...endings: string[]) => ({
    kind: 'module' as const,
    file: join(import.meta.dirname, 'operations/echo.ts'),
    target: endings,
  });

  it('ends as run resolves, throws, or never settles', async () => {
    const endings = ['ok', 'degraded', 'rejected', 'lost', 'throws', 'hangs', 'heeds', 'nonsense'];
    const report = await runLoad(planFor(operation(...endings), { durationMs: 400, timeoutMs: 300 }));
    expect(report.counts).toEqual({
      intended: 80,
      ok: 10,
      degraded: 10,
      rejected: 10,
      lost: 10,
      failed: 20,
      timeout: 20,
      inFlight: 0,
    });
    expect(report.reasons).toMatchObject({ E_MADE_UP: 10, timeout: 20 });
    expect(report.reasons['run resolved to "nonsense", which is no outcome']).toBe(10);
  });
});
