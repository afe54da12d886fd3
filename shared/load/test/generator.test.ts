import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { monotonicMs } from '../clock.ts';
import type { LoadProgress } from '../protocol.ts';
import { scheduleOf } from '../schedule.ts';
import { openGenerator, startGenerator } from '../start-generator.ts';
import { isAlive, planFor, runLoad, serve, temporaryFolder, until } from './run-load.ts';

const module = (name: string) => ({
  kind: 'module' as const,
  file: join(import.meta.dirname, 'operations', name),
  target: null,
});

describe('a run', () => {
  it('sends the whole schedule, in order, never early, and gives every operation one row', async () => {
    let received = 0;
    await using server = await serve((_, response) => {
      received++;
      response.end();
    });
    const plan = planFor({ kind: 'http', url: server.url }, { arrivals: 'poisson', ratePerSecond: 400, seed: 42 });
    const report = await runLoad(plan);
    const { intendedAtMs, startedAtMs, endedAtMs } = report.operations;
    expect(intendedAtMs).toEqual(scheduleOf(plan));
    expect(report.counts).toMatchObject({ intended: intendedAtMs.length, ok: intendedAtMs.length });
    expect(received).toBe(intendedAtMs.length);
    expect(startedAtMs.every((at, row) => at >= (intendedAtMs[row] as number))).toBe(true);
    expect(startedAtMs.every((at, row) => at >= (startedAtMs[row - 1] ?? 0))).toBe(true);
    expect(endedAtMs.every((at, row) => at > (startedAtMs[row] as number) && at <= report.elapsedMs)).toBe(true);
    expect(report.cpuMs).toBeGreaterThan(0);
  });

  it('starts at the moment it is told, on the clock that all processes share', async () => {
    const arrivals: number[] = [];
    await using server = await serve((_, response) => {
      arrivals.push(monotonicMs());
      response.end();
    });
    await using folder = await temporaryFolder();
    const plan = planFor({ kind: 'http', url: server.url }, { durationMs: 50 });
    await using generator = await startGenerator(plan, { folder: folder.path });
    const startAt = monotonicMs() + 400;
    const report = await generator.run(startAt);
    expect(report.startedAtMonotonicMs).toBe(startAt);
    expect(arrivals).toHaveLength(10);
    expect(arrivals.every((at, row) => at > startAt + row * 5)).toBe(true);
  });

  it('reports progress whose counts only grow and never exceed the schedule', async () => {
    await using server = await serve((_, response) => response.end());
    const seen: LoadProgress[] = [];
    const plan = planFor({ kind: 'http', url: server.url }, { durationMs: 1500 });
    await runLoad(plan, { onProgress: (progress) => seen.push(progress) });
    expect(seen.length).toBeGreaterThan(1);
    for (const [index, { sent, ok, inFlight, intended }] of seen.entries()) {
      expect(intended).toBe(300);
      expect(ok + inFlight).toBe(sent);
      expect(sent).toBeGreaterThanOrEqual(seen[index - 1]?.sent ?? 0);
    }
  });

  it('ends with a part of the schedule when it is aborted, and still accounts for all of that', async () => {
    await using server = await serve((request, response) => {
      if (Number(request.headers['operation-id']) % 2 === 0) response.end(); // the others are in flight for ever
    });
    await using folder = await temporaryFolder();
    const progressed = Promise.withResolvers<void>();
    const plan = planFor({ kind: 'http', url: server.url }, { durationMs: 60_000, timeoutMs: 60_000 });
    await using generator = await startGenerator(plan, {
      folder: folder.path,
      onProgress: ({ ok }) => ok > 0 && progressed.resolve(),
    });
    const run = generator.run();
    await progressed.promise;
    generator.abort();
    const { counts, operations, series } = await run;
    expect(counts.intended).toBeLessThan(12_000);
    expect(counts.ok).toBeGreaterThan(0);
    expect(counts.inFlight).toBeGreaterThan(0);
    expect(counts.ok + counts.inFlight).toBe(counts.intended);
    expect(operations.outcome).toHaveLength(counts.intended);
    expect(series.outcomes.ok.reduce((sum, count) => sum + count, 0)).toBe(counts.ok);
    await until('the process is gone', () => !isAlive(generator.pid));
  });

  it('skips nothing when its own process was stopped: it sends late, and its lag says so', async () => {
    await using server = await serve((_, response) => response.end());
    await using folder = await temporaryFolder();
    const plan = planFor({ kind: 'http', url: server.url }, { durationMs: 3000 });
    await using generator = await startGenerator(plan, { folder: folder.path });
    const startAt = monotonicMs() + 50;
    const run = generator.run(startAt);
    await sleep(450);
    process.kill(generator.pid, 'SIGSTOP');
    const stoppedAtMs = monotonicMs() - startAt;
    await sleep(400);
    const continuedAtMs = monotonicMs() - startAt;
    process.kill(generator.pid, 'SIGCONT');
    const { counts, operations, sendLagMs } = await run;
    expect(counts).toMatchObject({ intended: 600, inFlight: 0 });
    // The signal takes a moment to arrive, hence the first quarter of the stop says nothing.
    const fromMs = stoppedAtMs + (continuedAtMs - stoppedAtMs) / 4;
    const during = [...operations.intendedAtMs.keys()].filter((row) => {
      const at = operations.intendedAtMs[row] as number;
      return at >= fromMs && at < continuedAtMs;
    });
    expect(during.length).toBeGreaterThan(30);
    for (const row of during) expect(operations.startedAtMs[row]).toBeGreaterThanOrEqual(continuedAtMs);
    expect(sendLagMs.max).toBeGreaterThan(continuedAtMs - fromMs - 5);
  });
});

describe('the generator’s process', () => {
  it('is told to the caller before anything else, leads its own group, and is gone after a run', async () => {
    await using folder = await temporaryFolder();
    const pids: number[] = [];
    const plan = planFor({ kind: 'http', url: 'http://127.0.0.1:9/' }, { durationMs: 20 });
    const starting = startGenerator(plan, { folder: folder.path, onSpawn: (pid) => pids.push(pid) });
    expect(pids).toHaveLength(1);
    await using generator = await starting;
    expect(pids).toEqual([generator.pid]);
    expect(() => process.kill(-generator.pid, 0)).not.toThrow();
    await generator.run();
    expect(isAlive(generator.pid)).toBe(false);
    expect((await readdir(folder.path)).filter((name) => !name.endsWith('.log'))).toEqual([]);
  });

  it('dies with its parent, whatever killed that', async () => {
    await using folder = await temporaryFolder();
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'parent.ts'), folder.path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: parent.stdout }), 'line');
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until('the generator is gone', () => !isAlive(pid));
  });

  it('is killed when the signal fires, and the run rejects with its reason', async () => {
    await using folder = await temporaryFolder();
    const interruption = new AbortController();
    const plan = planFor(module('echo.ts'), { durationMs: 60_000 });
    const operation = { ...module('echo.ts'), target: ['ok'] };
    await using generator = await startGenerator(
      { ...plan, operation },
      { folder: folder.path, signal: interruption.signal },
    );
    const run = generator.run();
    interruption.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await until('the process is gone', () => !isAlive(generator.pid));
    await expect(startGenerator(plan, { folder: folder.path, signal: interruption.signal })).rejects.toThrow('enough');
  });

  it('that dies in a run rejects it with the exit code and its last lines', async () => {
    await expect(runLoad(planFor(module('exits.ts')))).rejects.toThrow(/exit code 7.*about to leave/s);
  });

  it.each([
    ['no-default.ts', /no default export that is a function/],
    ['refuses.ts', /no broker at made-up:1/],
    ['not-there.ts', /not-there\.ts/],
  ])('is not ready with %s, and says why', async (name, message) => {
    await expect(runLoad(planFor(module(name)))).rejects.toThrow(message);
  });

  it('is not even started for a plan that is nonsense', async () => {
    const pids: number[] = [];
    const options = { folder: '/nowhere', onSpawn: (pid: number) => pids.push(pid) };
    const plan = planFor({ kind: 'http', url: 'http://127.0.0.1:9/' });
    await expect(startGenerator({ ...plan, ratePerSecond: -1 }, options)).rejects.toThrow(RangeError);
    await expect(startGenerator({ ...plan, durationMs: 0 }, options)).rejects.toThrow(RangeError);
    await expect(startGenerator({ ...plan, timeoutMs: 0 }, options)).rejects.toThrow(/timeoutMs must be above 0/);
    expect(pids).toEqual([]);
  });
});

describe('a generator that is opened before its plan is known', () => {
  it('is ready as soon as it has one, and sends nothing before its run', async () => {
    const seen: unknown[] = [];
    await using server = await serve(({ method, url, headers }, response) => {
      seen.push([method, url, headers['operation-id']]);
      response.end();
    });
    await using folder = await temporaryFolder();
    const pids: number[] = [];
    await using open = openGenerator({ folder: folder.path, onSpawn: (pid) => pids.push(pid) });
    expect(pids).toEqual([open.pid]);
    const operation = { kind: 'http', url: `${server.url}orders`, method: 'POST', body: 'x' } as const;
    const generator = await open.prepare(planFor(operation, { durationMs: 50 }));
    expect(seen).toEqual([]);
    const report = await generator.run();
    expect(report.counts).toMatchObject({ intended: 10, ok: 10 });
    expect(seen.sort()).toEqual(Array.from({ length: 10 }, (_, id) => ['POST', '/orders', String(id)]));
    expect(isAlive(open.pid)).toBe(false);
  });

  it('refuses a plan that is nonsense, and goes when it is disposed', async () => {
    await using folder = await temporaryFolder();
    const open = openGenerator({ folder: folder.path });
    await expect(open.prepare({ ...planFor(module('echo.ts')), ratePerSecond: -1 })).rejects.toThrow(RangeError);
    await open[Symbol.asyncDispose]();
    expect(isAlive(open.pid)).toBe(false);
  });

  it('that has died in the meantime says so when it is given one', async () => {
    await using folder = await temporaryFolder();
    await using open = openGenerator({ folder: folder.path });
    process.kill(open.pid, 'SIGKILL');
    await until('it is gone', () => !isAlive(open.pid));
    await expect(open.prepare(planFor(module('echo.ts')))).rejects.toThrow(/ended early \(signal SIGKILL\)/);
  });

  it('is killed when the signal fires', async () => {
    await using folder = await temporaryFolder();
    const interruption = new AbortController();
    await using open = openGenerator({ folder: folder.path, signal: interruption.signal });
    interruption.abort(new Error('enough'));
    await until('it is gone', () => !isAlive(open.pid));
    await expect(open.prepare(planFor(module('echo.ts')))).rejects.toThrow('enough');
    expect(() => openGenerator({ folder: folder.path, signal: interruption.signal })).toThrow('enough');
  });
});
