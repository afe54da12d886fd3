/**
 * The bench is checked by relations that hold on any machine, and by made-up policies whose cost is known.
 *
 * No time is compared with a number; allocations are exact, so those are.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { medianOf } from '@backend-labs/load/bench/figures';
import { startedChildren } from '@backend-labs/testbed';
import { describe, expect, it } from 'vitest';
import breakerWithPercentiles from '../bench/breaker-with-percentiles.ts';
import cockatielBreaker from '../bench/cockatiel-breaker.ts';
import type { HealthyMeasurement, HealthyTask } from '../bench/healthy-main.ts';
import { measureHealthy } from '../bench/healthy-path.ts';
import benchCircuitBreaker from '../bench.ts';
import { settings, startServers } from './servers.ts';

const never = new AbortController().signal;

async function makeFolder() {
  const path = await mkdtemp(join(tmpdir(), 'backend-labs-bench-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function contextOf(folder: string, signal: AbortSignal, log: (line: string) => void = () => {}) {
  return { quick: true, signal, log, folder, stateFolder: folder };
}

/** Measures a policy whose `call` has this body, with `kept` to hold on to something. */
async function measurePolicy(body: string, plan: Partial<HealthyTask> = {}): Promise<HealthyMeasurement> {
  await using folder = await makeFolder();
  const policyFile = join(folder.path, 'policy.mjs');
  const source = `export let kept;
    export default ({ fetchQuote }) => ({
      async call(request) { ${body}; return { kind: 'quote', quote: await fetchQuote(request) }; },
    });`;
  await writeFile(policyFile, source);
  const task: HealthyTask = { policyFile, warmUpCalls: 3000, bursts: 2, allocationRounds: 5, ...plan };
  return await measureHealthy(task, never);
}

describe('./lab bench circuit-breaker', () => {
  it('has a row for each variant and both peers, and a policy costs more than none', async () => {
    await using folder = await makeFolder();
    const { tables, parts } = await benchCircuitBreaker(contextOf(folder.path, never));
    const [healthy, failing] = tables;
    const variants = (await readdir(join(import.meta.dirname, '../src/variants'))).map((file) => basename(file, '.ts'));
    const rows = new Map(healthy?.rows.map(([name, ...cells]) => [name, cells]));
    expect([...rows.keys()].toSorted()).toEqual(
      [...variants, 'opossum with percentiles', 'cockatiel breaker'].toSorted(),
    );

    const costs = new Map([...rows].map(([name, [ns, , cpuNs, , bytes]]) => [name, { ns, cpuNs, bytes }]));
    for (const values of [...costs.values()].map(Object.values)) {
      for (const value of values) expect(value).toSatisfy((cost) => Number.isFinite(cost) && cost > 0);
    }
    for (const unit of ['ns', 'cpuNs', 'bytes'] as const) {
      const [none, timeout, breaker] = ['none', 'timeout', 'breaker'].map((name) => costs.get(name)?.[unit]);
      expect(none, unit).toBeLessThan(timeout as number);
      expect(none, unit).toBeLessThan(breaker as number);
    }

    expect(failing?.rows.map(([samples]) => samples)).toEqual(['100', '1000', '10000']);
    const on = failing?.rows.map(([, withPercentiles]) => withPercentiles) as number[];
    const off = failing?.rows.map(([, , without]) => without) as number[];
    for (const value of [...on, ...off]) expect(value).toBeGreaterThan(0);
    expect(on).toEqual(on.toSorted((a, b) => a - b));
    expect(on[2]).toBeGreaterThan(off[2] as number);

    expect(parts.map(({ name, met }) => [name.slice(0, 3), met])).toEqual([
      ['(a)', true],
      ['(b)', true],
      ['(c)', true],
    ]);
  });

  it('ends its process and rejects with the reason when it is interrupted', async () => {
    await using folder = await makeFolder();
    using started = startedChildren();
    const interruption = new AbortController();
    const running = benchCircuitBreaker(
      contextOf(folder.path, interruption.signal, () => setTimeout(() => interruption.abort(new Error('enough')), 20)),
    );
    await expect(running).rejects.toThrow('enough');
    expect(started.children.map(({ signalCode }) => signalCode)).toEqual([expect.stringMatching(/^SIG(TERM|KILL)$/)]);
  });
});

describe.each([
  ['opossum with percentiles', breakerWithPercentiles],
  ['cockatiel breaker', cockatielBreaker],
])('%s does as breaker does:', (_name, policy) => {
  it('answers with a fallback after too many failures, and calls again after R', async () => {
    const resetMs = 1000; // long enough to be asked within, on a slow machine too
    await using servers = await startServers(policy, { settings: { resetMs } });
    await servers.tell({ hangMs: 5 * settings.timeoutMs });
    const first = await Promise.all(Array.from({ length: 20 }, (_, item) => servers.quote(item)));
    expect(new Set(first.map(({ status }) => status))).toEqual(new Set([502]));
    expect(await servers.quote()).toEqual({ status: 200, outcome: 'degraded' });
    await servers.tell({ hangMs: 0 });
    await delay(2 * resetMs);
    expect(await servers.quote()).toEqual({ status: 200, outcome: null });
  });

  it('stays closed in a storm of 404s', async () => {
    await using servers = await startServers(policy);
    await servers.tell({ delistedInTen: 10 });
    for (let item = 0; item < 20; item++) expect(await servers.quote(item)).toMatchObject({ status: 404 });
    await servers.tell({ delistedInTen: 0 });
    expect(await servers.quote()).toEqual({ status: 200, outcome: null });
  });

  it('stays closed below its volume threshold', async () => {
    await using servers = await startServers(policy);
    await servers.tell({ failNext: settings.volumeThreshold / 2 });
    for (let item = 0; item < settings.volumeThreshold / 2; item++) {
      expect(await servers.quote(item)).toEqual({ status: 502, outcome: null });
    }
    expect(await servers.quote()).toEqual({ status: 200, outcome: null });
  });
});

describe('the measurement of a policy', () => {
  it('finds the bytes of an array that each call allocates', async () => {
    const [without, withArray] = await Promise.all([measurePolicy(''), measurePolicy('kept = new Array(128)')]);
    // In words of 8 bytes: the array itself has 4, its elements 2 and one each.
    const predicted = 8 * (4 + 2 + 128);
    const found = medianOf(withArray.bytes) - medianOf(without.bytes);
    expect(Math.abs(found - predicted)).toBeLessThan(0.1 * predicted);
  });

  it('discards rounds in which V8 collected', async () => {
    const { bytes, roundsWithGc } = await measurePolicy('kept = new Array(10_000).fill(0)', {
      warmUpCalls: 50,
      bursts: 1,
    });
    expect(roundsWithGc).toBeGreaterThan(0);
    expect(bytes.length).toBeLessThan(5);
  });

  it('counts what a call leaves for later as CPU, and not as time until its answer', async () => {
    const { ns, cpuNs } = await measurePolicy(
      'setTimeout(() => { for (let n = 0; n < 20_000; n++) kept = Math.sqrt(n); }, 5)',
      { warmUpCalls: 200 },
    );
    expect(cpuNs).toBeGreaterThan(3 * medianOf(ns));
  });

  it('says which measurement failed, and how', async () => {
    await expect(measurePolicy(`throw new Error('made up')`)).rejects.toThrow(
      /healthy-main\.ts ended with exit code 1/,
    );
    await expect(measurePolicy(`throw new Error('made up')`)).rejects.toThrow(/made up/);
  });
});
