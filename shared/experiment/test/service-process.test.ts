import { readFileSync } from 'node:fs';
import { identify, isAlive, isStopped } from '@backend-labs/stack/process-identity';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-code.ts';
import { ServiceStartError } from '../shell/service-start-error.ts';
import { gone, serviceHarness, until } from './service-harness.ts';

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => 'it started',
    (error: Error) => error,
  );

describe('a service that starts', () => {
  it('answers on loopback, at a port of its own', async () => {
    await using harness = serviceHarness();
    const one = await harness.start('backend', { name: 'one' });
    const two = await harness.start('backend', { name: 'two' });
    expect(new URL(one.process.url).hostname).toBe('127.0.0.1');
    expect(one.process.url).not.toBe(two.process.url);
    expect([await one.get('/'), await two.get('/')]).toEqual(['ok', 'ok']);
  });

  it('is ended with its test, and has told its last samples by then', async () => {
    await using harness = serviceHarness();
    const { process, identity, observe, get } = await harness.start('backend', { watch: { events: ['demo.step'] } });
    const who = await identity();
    await get('/step');
    await process[Symbol.asyncDispose]();
    expect(isAlive(who)).toBe(false);
    expect(observe().events['demo.step']).toHaveLength(1);
    expect(observe().gauges['http.inFlight']?.value.at(-1)).toBe(0);
  });

  it('counts in the area of what is in flight also requests that come and go between two samples', async () => {
    await using harness = serviceHarness();
    const { process, observe, get } = await harness.start('backend');
    for (let request = 0; request < 20; request++) await get('/');
    await process[Symbol.asyncDispose]();
    const area = observe().gauges['http.inFlight']?.area ?? [];
    expect(area.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
  });

  it('is ended although it was stopped', async () => {
    await using harness = serviceHarness();
    const { process, identity } = await harness.start('backend');
    const who = await identity();
    await process.pause();
    await process[Symbol.asyncDispose]();
    expect(isAlive(who)).toBe(false);
  });

  it('is killed if it does not end when it is asked to', async () => {
    await using harness = serviceHarness();
    const { process, identity } = await harness.start('stubborn');
    const who = await identity();
    await process[Symbol.asyncDispose]();
    expect(isAlive(who)).toBe(false);
  });
});

describe('a service that does not start', () => {
  it('is reported with how it ended, its last lines and where the rest is', async () => {
    await using harness = serviceHarness();
    const error = await rejection(harness.start('dies-at-start'));
    expect(error).toBeInstanceOf(ServiceStartError);
    const { message, logFile, exitCode, service } = error as ServiceStartError;
    expect(message).toContain('the service dies-at-start ended at its start (exit code 3)');
    expect(message).toContain('line 12: no database');
    expect(message).not.toContain('line 1: no database');
    expect(message).toContain(logFile);
    expect(readFileSync(logFile, 'utf8')).toContain('line 1: no database');
    expect({ exitCode, service }).toEqual({ exitCode: EXIT.missing, service: 'dies-at-start' });
  });

  it('is noticed at once when it ends after it has begun to listen', async () => {
    await using harness = serviceHarness();
    // An hour's patience: only its end can end the waiting.
    const error = await rejection(harness.start('dies-once-listening', { startDeadlineMs: 3_600_000 }));
    expect((error as Error).message).toContain('ended at its start (exit code 4)');
    expect((error as Error).message).toContain('the cache is gone');
  });

  it('is given up and ended when it never listens', async () => {
    await using harness = serviceHarness();
    const watched: number[] = [];
    const reaper = {
      ...harness.reaper,
      watch(pid: number, name: string) {
        watched.push(pid);
        return harness.reaper.watch(pid, name);
      },
    };
    const error = await rejection(harness.start('never-listens', { startDeadlineMs: 500, reaper }));
    expect((error as Error).message).toContain('the service never-listens was not ready after 0.5 s');
    expect(watched).toHaveLength(1);
    expect(identify(watched[0] as number)).toBeNull();
  });

  it('is not waited for when the run is aborted', async () => {
    await using harness = serviceHarness();
    const abort = new AbortController();
    const start = rejection(harness.start('never-listens', { signal: abort.signal, startDeadlineMs: 3_600_000 }));
    abort.abort(new Error('Ctrl-C'));
    expect((await start) as Error).toMatchObject({ message: 'Ctrl-C' });
  });
});

describe('a service that a fault touches', () => {
  it('is stopped when pause resolves, and answers again after resume', async () => {
    await using harness = serviceHarness();
    const { process, identity, get } = await harness.start('backend');
    const { pid } = await identity();
    await process.pause();
    expect(isStopped(pid)).toBe(true);
    let answered = false;
    const answer = get('/').then(() => {
      answered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(answered).toBe(false);
    await process.resume();
    expect(isStopped(pid)).toBe(false);
    await answer;
  });

  it('is gone when kill resolves, and comes back on the same port, as another process', async () => {
    await using harness = serviceHarness();
    const { process, identity, get, exits } = await harness.start('backend');
    const { url } = process;
    const before = await identity();
    await process.kill();
    expect(isAlive(before)).toBe(false);
    await expect(get('/')).rejects.toThrow();
    await process.restart();
    expect(process.url).toBe(url);
    expect((await identity()).pid).not.toBe(before.pid);
    expect(exits).toEqual([]);
  });

  it('has nothing in flight any more once it is killed', async () => {
    await using harness = serviceHarness();
    const { process, get, observe } = await harness.start('backend');
    const inFlight = () => observe().gauges['http.inFlight'] ?? { atMs: [], value: [] };
    const call = get('/work?ms=3600000').catch(() => {});
    await until(() => inFlight().value.at(-1) === 1);
    await process.kill();
    await call;
    expect(inFlight().value.at(-1)).toBe(0);
    expect(inFlight().atMs).toEqual(inFlight().atMs.toSorted((a, b) => a - b));
  });

  it('goes on counting after a restart', async () => {
    await using harness = serviceHarness();
    const { process, get, observe } = await harness.start('backend');
    await get('/');
    await get('/');
    await process.kill();
    expect(observe().received).toBe(2);
    await process.restart();
    await get('/');
    expect(observe().received).toBe(3);
  });
});

describe('a service that ends although nobody asked it to', () => {
  it('is reported with its exit code', async () => {
    await using harness = serviceHarness();
    const { identity, get, exits } = await harness.start('backend');
    const who = await identity();
    await get('/control/exit').catch(() => {});
    await gone(who);
    await until(() => exits.length > 0);
    expect(exits).toEqual([expect.objectContaining({ code: 5, signal: null })]);
  });

  it('is reported with the signal that killed it', async () => {
    await using harness = serviceHarness();
    const { identity, exits } = await harness.start('backend');
    process.kill((await identity()).pid, 'SIGKILL');
    await until(() => exits.length > 0);
    expect(exits).toEqual([expect.objectContaining({ code: null, signal: 'SIGKILL' })]);
  });
});
