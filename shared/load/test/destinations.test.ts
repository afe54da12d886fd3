import { describe, expect, it } from 'vitest';
import { destinationsOf } from '../destination.ts';
import { HttpTarget } from '../http-target.ts';
import { planFor, runLoad, serve } from './run-load.ts';

/** A server that keeps which path each operation asked for, and how many connections it took. */
async function recorder() {
  const pathOf = new Map<number, string | undefined>();
  const sockets = new Set<object>();
  const server = await serve((request, response) => {
    pathOf.set(Number(request.headers['operation-id']), request.url);
    sockets.add(request.socket);
    response.end();
  });
  return { pathOf, sockets, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const rows = (count: number) => Array.from({ length: count }, (_, row) => row);

describe('several urls', () => {
  it('are used in turn by operation id', async () => {
    await using server = await recorder();
    const paths = ['/read?x=1', '/write', '/list'];
    const url = paths.map((path) => `${server.url}${path.slice(1)}`);
    const report = await runLoad(planFor({ kind: 'http', url }));
    expect(report.counts).toMatchObject({ intended: 100, ok: 100 });
    expect(rows(100).map((row) => server.pathOf.get(row))).toEqual(rows(100).map((row) => paths[row % 3]));
  });

  it('may be those of several servers, and each operation keeps its own row and outcome', async () => {
    await using healthy = await recorder();
    let asked = 0;
    await using broken = await serve((_, response) => {
      asked++;
      response.writeHead(500).end();
    });
    const report = await runLoad(planFor({ kind: 'http', url: [healthy.url, broken.url] }));
    expect(report.counts).toMatchObject({ intended: 100, ok: 50, failed: 50 });
    expect([...healthy.pathOf.keys()].sort((a, b) => a - b)).toEqual(rows(100).filter((row) => row % 2 === 0));
    expect(asked).toBe(50);
    const { outcome } = report.operations;
    expect(new Set(outcome.filter((_, row) => row % 2 === 0)).size).toBe(1);
    expect(new Set(outcome.filter((_, row) => row % 2 === 1)).size).toBe(1);
    expect(outcome[0]).not.toBe(outcome[1]);
  });

  it('of one server share its connections, and those of two do not', async () => {
    await using one = await recorder();
    await using two = await recorder();
    let ended = Promise.withResolvers<void>();
    const url = [`${one.url}a`, `${one.url}b`, two.url];
    const target = new HttpTarget({ kind: 'http', url }, () => ended.resolve());
    // One after the other, so that an idle connection is always there.
    for (const row of rows(30)) {
      ended = Promise.withResolvers<void>();
      target.send(row);
      await ended.promise;
    }
    await target.close();
    expect([one.pathOf.size, two.pathOf.size]).toEqual([20, 10]);
    expect([one.sockets.size, two.sockets.size]).toEqual([1, 1]);
  });

  it('leave the operations of a healthy server alone when another one is not there', async () => {
    await using healthy = await recorder();
    const gone = await serve(() => {});
    await gone[Symbol.asyncDispose]();
    const report = await runLoad(planFor({ kind: 'http', url: [gone.url, healthy.url] }));
    expect(report.counts).toMatchObject({ ok: 50, failed: 50 });
    expect(report.reasons).toEqual({ ECONNREFUSED: 50 });
    expect(healthy.pathOf.size).toBe(50);
  });
});

describe('{id} in a url', () => {
  it('is the operation’s own id, in the path and in the query', async () => {
    await using server = await recorder();
    const url = [`${server.url}orders/{id}/lines?of={id}&x=1`, `${server.url}plain`];
    const report = await runLoad(planFor({ kind: 'http', url }));
    expect(report.counts.ok).toBe(100);
    for (const row of rows(100)) {
      expect(server.pathOf.get(row)).toBe(row % 2 === 0 ? `/orders/${row}/lines?of=${row}&x=1` : '/plain');
    }
  });
});

describe('a plan’s urls', () => {
  it('are taken apart at each {id}, whatever else they encode', () => {
    expect(destinationsOf('http://127.0.0.1:1/a/{id}/{x}%7Bid%7D?q={id}#{id}')).toEqual([
      { origin: 'http://127.0.0.1:1', parts: ['/a/', '/%7Bx%7D%7Bid%7D?q=', ''] },
    ]);
    expect(destinationsOf(['http://127.0.0.1:1', 'http://localhost:2/b'])).toEqual([
      { origin: 'http://127.0.0.1:1', parts: ['/'] },
      { origin: 'http://localhost:2', parts: ['/b'] },
    ]);
  });

  it('are refused when there are none, or one is no url, or its host is to change', () => {
    expect(() => destinationsOf([])).toThrow('an HTTP operation needs at least one url');
    expect(() => destinationsOf(['http://127.0.0.1:1/', 'nonsense'])).toThrow('"nonsense" is not a url');
    expect(() => destinationsOf('http://{id}.localhost/')).toThrow('{id} may stand in its path and its query');
  });

  it('that are refused end the start of the generator with the reason', async () => {
    await expect(runLoad(planFor({ kind: 'http', url: [] }))).rejects.toThrow(
      'an HTTP operation needs at least one url',
    );
  });
});
