import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { variantResultSchema } from '@backend-labs/experiment/result';
import { describe, expect, it } from 'vitest';
import { durationMsOf, type FireFlags, isLoopback, planOf } from '../fire/options.ts';
import { lab, startLab } from './lab-process.ts';

async function serve(listener: RequestListener): Promise<{ url: string; close(): void } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close,
    [Symbol.asyncDispose]: async () => close(),
  };
}

const short = ['--rate', '100', '--duration', '1s'];

describe('./lab fire', () => {
  it('prints JSON in the shape of a variant’s result, with nothing else on stdout', async () => {
    let received = 0;
    await using server = await serve((_, response) => {
      received++;
      response.end();
    });
    const { code, stdout } = await lab(['fire', server.url, ...short, '--json']);
    const variant = variantResultSchema.parse(JSON.parse(stdout));
    expect(variant).toMatchObject({ name: 'fire', repeat: 1, error: null, timeline: [], ledger: null });
    expect(variant.operations).toMatchObject({ intended: 100, ok: 100, inFlight: 0 });
    expect(received).toBe(100);
    expect(variant.facts).toMatchObject({ url: server.url, intendedRatePerSecond: 100, arrivals: 'constant', seed: 1 });
    for (const fact of ['sendLagP50Ms', 'eventLoopDelayP99Ms', 'cpuMs', 'achievedRatePerSecond']) {
      expect(variant.facts[fact], fact).toEqual(expect.any(Number));
    }
    expect(variant.selfChecks[0]).toEqual({ name: 'conservation', ok: true, expected: 100, measured: 100 });
    // On a disturbed machine the client may be late, and must say so in both places alike.
    expect(code).toBe(variant.selfChecks.every((check) => check.ok) ? 0 : 3);
  });

  it('draws percentiles and a histogram, with outcomes and their reasons, and shows progress on stderr', async () => {
    await using server = await serve((request, response) => {
      response.statusCode = Number(request.headers['operation-id']) % 4 === 0 ? 500 : 200;
      response.end();
    });
    const { stdout, stderr } = await lab(['fire', server.url, '--rate', '50', '--duration', '2s']);
    for (const part of [/ok 75 · failed 25/, /500 25/, /p50 +p90 +p99/, /Latency \(ms\)/, /█/, /send lag p50/]) {
      expect(stdout).toMatch(part);
    }
    expect(stderr).toMatch(/^1 s: \d+ of 100 sent/m);
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('sends method, headers and body as given, and the same schedule for the same seed', async () => {
    const seen = new Set<string>();
    await using server = await serve(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      seen.add(JSON.stringify([request.method, request.headers['x-a'], request.headers['x-b'], body]));
      response.end();
    });
    const intended = async (seed: string) => {
      const args = ['--arrivals', 'poisson', '--seed', seed, '--method', 'put', '--header', 'x-a: 1', '--body', 'hi'];
      const { stdout } = await lab(['fire', server.url, ...short, '--header', 'X-B:2:3', '--json', ...args]);
      return JSON.parse(stdout).series.values['load.sent'].reduce((sum: number, n: number) => sum + n, 0);
    };
    const first = await intended('5');
    expect(await intended('5')).toBe(first);
    expect(seen).toEqual(new Set([JSON.stringify(['PUT', '1', '2:3', 'hi'])]));
  });

  it('says in one line that nothing answers, with exit code 4 and every operation accounted for', async () => {
    const server = await serve(() => {});
    server.close();
    const { code, stdout, stderr } = await lab(['fire', server.url, ...short, '--json']);
    expect(code).toBe(4);
    expect(stderr).toContain(`Nothing answers at ${server.url}: 100 of 100 failed (ECONNREFUSED).`);
    const variant = variantResultSchema.parse(JSON.parse(stdout));
    expect(variant.operations).toMatchObject({ intended: 100, failed: 100, lost: 0 });
    expect(variant.error).toBe('nothing answers (ECONNREFUSED)');
  });

  it('prints what was measured so far on Ctrl-C, with exit code 130 and its process gone', async () => {
    await using server = await serve((_, response) => response.end());
    await using process = startLab(['fire', server.url, '--rate', '100', '--duration', '10m']);
    await process.says(/1 s: \d+ of 60000 sent/);
    const children = childrenOf(process.child.pid as number);
    expect(children).toHaveLength(1);
    process.child.kill('SIGINT');
    const { code, stdout, stderr } = await process.finished;
    expect(code).toBe(130);
    expect(stderr).toContain('Interrupted: these are the numbers up to then.');
    const sent = Number(/^(\d+) operations/m.exec(stdout)?.[1]);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(60_000);
    expect(children.filter(isAlive)).toEqual([]);
  });

  it('leaves no process behind when it is killed, and the next call removes its files', async () => {
    await using server = await serve((_, response) => response.end());
    const state = await mkdtemp(join(tmpdir(), 'backend-labs-fire-test-'));
    const env = { BACKEND_LABS_STATE: state };
    try {
      await using process = startLab(['fire', server.url, '--rate', '100', '--duration', '10m'], env);
      await process.says(/1 s: /);
      const children = childrenOf(process.child.pid as number);
      expect(children).toHaveLength(1);
      process.child.kill('SIGKILL');
      await process.finished;
      for (const deadline = performance.now() + 30_000; children.some(isAlive); await sleep(10)) {
        if (performance.now() > deadline) throw new Error('the generator is still there');
      }
      expect(await readdir(join(state, 'tmp'))).toHaveLength(1);
      await lab(['fire', server.url, '--rate', '100', '--duration', '100ms'], env);
      expect(await readdir(join(state, 'tmp'))).toEqual([]);
    } finally {
      await rm(state, { recursive: true, force: true });
    }
  });

  it.each([
    [['127.0.0.1:1'], /"127\.0\.0\.1:1" is not an http or https url\. Did you mean http:\/\/127\.0\.0\.1:1\?/],
    [['ftp://127.0.0.1/'], /not an http or https url/],
    [['http://127.0.0.1/', '--rate', '0'], /--rate 0: it must be above 0/],
    [['http://127.0.0.1/', '--durtion', '1s'], /Did you mean --duration\?/],
    [[], /missing required argument/],
  ])('refuses %j with exit code 2 and what is wrong', async (args, message) => {
    const { code, stdout, stderr } = await lab(['fire', ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});

describe('the options of fire', () => {
  const flags: FireFlags = { rate: '10', duration: '1s', arrivals: 'constant', timeout: '2s', seed: '1', header: [] };
  const plan = (over: Partial<FireFlags>, url = 'http://127.0.0.1:1/') => planOf(url, { ...flags, ...over });

  it('make a plan', () => {
    expect(plan({ duration: '2m', timeout: '500ms', seed: '-3', header: ['Accept: a:b'] })).toEqual({
      arrivals: 'constant',
      ratePerSecond: 10,
      durationMs: 120_000,
      timeoutMs: 500,
      seed: -3,
      operation: { kind: 'http', url: 'http://127.0.0.1:1/', method: 'GET', headers: { accept: 'a:b' } },
    });
    expect(plan({ body: 'x' }).operation).toMatchObject({ method: 'POST', body: 'x' });
  });

  it.each([
    [{ rate: 'many' }, /--rate many/],
    [{ rate: '1e9' }, /at most 50000/],
    [{ rate: '' }, /--rate/],
    [{ duration: '10' }, /--duration 10: it must be a duration such as/],
    [{ duration: '2h' }, /from 1ms to 60m/],
    [{ rate: '50000', duration: '1h' }, /operations; at most/],
    [{ rate: '0.1', duration: '1s' }, /less than one operation/],
    [{ timeout: '0s' }, /--timeout 0s/],
    [{ arrivals: 'bursty' }, /constant or poisson/],
    [{ seed: '1.5' }, /whole number/],
    [{ method: 'CONNECT' }, /--method CONNECT/],
    [{ method: 'G T' }, /--method G T/],
    [{ header: ['nocolon'] }, /name:value/],
    [{ header: ['a b: c'] }, /name:value/],
    [{ header: ['Connection: close'] }, /the client sets this one itself/],
  ])('%j are refused as wrong usage', (over, message) => {
    expect(() => plan(over)).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) }));
  });

  it('leave {id} in the url to the generator, and percent-encode what else needs it', () => {
    const urlOf = (url: string) => (plan({}, url).operation as { url: string }).url;
    expect(urlOf('http://127.0.0.1:1/orders/{id}')).toBe('http://127.0.0.1:1/orders/{id}');
    expect(urlOf('http://127.0.0.1:1/orders/{x}')).toBe('http://127.0.0.1:1/orders/%7Bx%7D');
  });

  it('refuse credentials in the url, since they would be printed', () => {
    expect(() => plan({}, 'http://me:secret@127.0.0.1/')).toThrow(/authorization/);
  });

  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    ['10', null],
    ['s', null],
    ['-1s', null],
  ])('read %s as %s', (text, expected) => {
    expect(durationMsOf(text)).toBe(expected);
  });

  it.each([
    ['http://127.0.0.1:1/', true],
    ['http://127.1.2.3/', true],
    ['http://localhost/', true],
    ['http://[::1]:80/', true],
    ['http://example.org/', false],
    ['http://127.example.org/', false],
  ])('know whether %s is this machine', (url, expected) => {
    expect(isLoopback(url)).toBe(expected);
  });
});

function childrenOf(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, parent, stat]) => Number(parent) === pid && !stat?.startsWith('Z'))
    .map(([child]) => Number(child))
    .filter((child) => isAlive(child));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
