import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { startStack } from '../stack.ts';
import { findOnPath } from '../tools/on-path.ts';
import { parseSet, RedisBenchmark } from '../tools/redis-benchmark.ts';
import { ToolFolder } from '../tools/tool-folder.ts';

// Fetched once for all tests, and for the labs as well.
const stateFolder = resolve(import.meta.dirname, '../../../.lab');
const signal = new AbortController().signal;
const obtainable = ['redis-benchmark', 'valkey-benchmark', 'apt-get'].some((name) => findOnPath(name) !== null);

test.runIf(obtainable)('redis-benchmark sends a server as many SETs as it is asked to', async () => {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'redis-benchmark-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const benchmark = await RedisBenchmark.provide(new ToolFolder({ stateFolder, log: () => {} }), signal);
  expect(benchmark.version).toMatch(/benchmark \d/);
  const options = { provider: 'native', folder, stateFolder, signal, log: () => {} } as const;
  const stack = cleanup.use(await startStack({ ...options, needs: { redis: 1 } }));
  const { port } = stack.server('redis-1');

  const { requestsPerSecond, p99Ms } = await benchmark.set({ port, clients: 4, requests: 500, signal });
  expect(requestsPerSecond).toBeGreaterThan(0);
  expect(p99Ms === null || p99Ms > 0).toBe(true);

  await using client = await connected(port);
  // The server's own count.
  expect(await client.info('commandstats')).toMatch(/cmdstat_set:calls=50[01],/);

  const endless = benchmark.set({ port, clients: 4, requests: 100_000_000, signal: AbortSignal.timeout(50) });
  await expect(endless).rejects.toThrow('aborted due to timeout');
});

async function connected(port: number) {
  const { Redis } = await import('ioredis');
  const redis = new Redis(port);
  return { info: (section: string) => redis.info(section), [Symbol.asyncDispose]: async () => redis.disconnect() };
}

test('its older and newer way to say a rate are both read', () => {
  expect(parseSet('"SET","27777.78"\n')).toEqual({ requestsPerSecond: 27_777.78, p99Ms: null });
  const newer = '"test","rps","avg_latency_ms","p50_latency_ms","p99_latency_ms"\n"SET","1000.5","0.9","0.8","7.5"\n';
  expect(parseSet(newer)).toEqual({ requestsPerSecond: 1000.5, p99Ms: 7.5 });
  expect(() => parseSet('Could not connect to Redis')).toThrow('Could not connect to Redis');
});

test('an interrupted fetch leaves nothing', async () => {
  await using cleanup = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'redis-benchmark-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const tools = new ToolFolder({ stateFolder: folder, log: () => {} });
  const aborted = AbortSignal.abort(new Error('enough'));
  await expect(RedisBenchmark.provide(tools, aborted)).rejects.toThrow('enough');
  expect(tools.has('redis-benchmark-debian')).toBe(false);
});
