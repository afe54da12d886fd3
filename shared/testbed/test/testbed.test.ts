/** What the tests of the labs rely on: that a wait ends and says what for, and that a service says why it did not start. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { json, listen, loadReportOf, startProcess, until, within } from '../index.ts';

describe('a wait', () => {
  test('ends with what it waited for', async () => {
    let looks = 0;
    await until('the third look', () => ++looks === 3);
    expect(looks).toBe(3);
    expect(await within('an answer', Promise.resolve(42))).toBe(42);
  });

  test('that is in vain ends as well, and names what never came', async () => {
    await expect(until('pigs fly', () => false, 20)).rejects.toThrow('it never came about: pigs fly');
    await expect(within('their landing', new Promise(() => {}), 20)).rejects.toThrow('never came about: their landing');
  });

  test('passes on what went wrong meanwhile', async () => {
    const broken = () => Promise.reject(new Error('no legs'));
    await expect(until('it walks', broken)).rejects.toThrow('no legs');
    await expect(within('it walks', broken())).rejects.toThrow('no legs');
  });
});

describe('a service inside the process', () => {
  test('is asked in JSON, and its answer is read', async () => {
    await using service = await listen({
      handle: ({ method, url }, response) => json(response, { method, url }, 202, { 'x-outcome': 'degraded' }),
    });
    const asked = { status: 202, outcome: 'degraded' };
    expect(await service.ask('/a')).toEqual({ ...asked, body: { method: 'GET', url: '/a' } });
    const posted = await service.ask('/b', { method: 'POST', body: { c: 1 } });
    expect(posted).toEqual({ ...asked, body: { method: 'POST', url: '/b' } });
  });

  test('is closed with the test, though a request hangs', async () => {
    const began = Promise.withResolvers<void>();
    const steps: string[] = [];
    const service = await listen({ handle: () => began.resolve(), close: async () => void steps.push('closed') });
    const hanging = service.ask('/').catch(() => steps.push('cut off'));
    await began.promise;
    await service[Symbol.asyncDispose]();
    await hanging;
    expect(steps.toSorted()).toEqual(['closed', 'cut off']);
    await expect(service.ask('/')).rejects.toThrow('fetch failed');
  });
});

test('a process that ends before it listens is an error with its last words', async () => {
  await using owned = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'testbed-'));
  owned.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'main.mjs');
  await writeFile(file, "console.log('so far'); console.error('no ' + process.env.COURAGE); process.exitCode = 3;");
  await expect(startProcess(file, { COURAGE: 'heart' })).rejects.toThrow(
    /main\.mjs ended before it listened: (?=[\s\S]*so far)(?=[\s\S]*no heart)/,
  );
});

test('a made-up report counts its requests, and those that were never sent or answered', () => {
  const { operations, counts, elapsedMs } = loadReportOf(
    [
      { operation: 0, fromMs: 5, toMs: 9 },
      { operation: 2, fromMs: 25, toMs: 30, outcome: 'lost' },
      { operation: 3, fromMs: 35 },
    ],
    50,
  );
  expect(counts).toMatchObject({ intended: 4, ok: 1, lost: 1, inFlight: 2 });
  expect([...operations.startedAtMs]).toEqual([5, Number.NaN, 25, 35]);
  expect([...operations.endedAtMs]).toEqual([9, Number.NaN, 30, Number.NaN]);
  expect(elapsedMs).toBe(50);
});
