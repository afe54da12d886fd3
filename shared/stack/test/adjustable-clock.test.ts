/** A clock that jumps, for one server alone. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MissingServerError, type Server, startStack, ToolFolder, UnsupportedError } from '../index.ts';
import { AdjustableClock } from '../native/adjustable-clock.ts';
import { isRunning, missing, started, stateFolder } from './started.ts';

const MINUTE_MS = 60_000;

async function ask<T>({ url }: Server, what: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await what(client);
  } finally {
    client.disconnect();
  }
}

/** The server's wall clock less this machine's: the least and the most that it can be. */
async function offsetOf(server: Server): Promise<{ leastMs: number; mostMs: number }> {
  return ask(server, async (client) => {
    await client.ping();
    const fromMs = Date.now();
    const [seconds = 0, microseconds = 0] = (await client.time()).map(Number);
    const saidMs = seconds * 1000 + microseconds / 1000;
    return { leastMs: saidMs - Date.now() - 2, mostMs: saidMs - fromMs + 2 };
  });
}

async function expectOffset(server: Server, offsetMs: number) {
  const { leastMs, mostMs } = await offsetOf(server);
  expect(leastMs).toBeLessThanOrEqual(offsetMs);
  expect(mostMs).toBeGreaterThanOrEqual(offsetMs);
}

async function whyNot(): Promise<string | null> {
  const why = await missing('redis');
  if (why !== null) return why;
  try {
    const { signal } = new AbortController();
    await AdjustableClock.provide('redis-1', new ToolFolder({ stateFolder, log: () => {} }), signal);
    return null;
  } catch (error) {
    if (error instanceof MissingServerError) return error.message;
    throw error;
  }
}

const why = await whyNot();

describe.skipIf(why !== null)(`an adjustable clock${why === null ? '' : `: ${why}`}`, () => {
  test('a jump past its expiry ends a key at once, there and nowhere else', async () => {
    await using run = await started({ redis: 2 });
    const jumping = await run.stack.renew('redis-1', { adjustableClock: true });
    const other = run.stack.server('redis-2');
    await expectOffset(jumping, 0);
    for (const server of [jumping, other]) await ask(server, (client) => client.set('lock', 'mine', 'PX', MINUTE_MS));
    await jumping.setClockOffset(2 * MINUTE_MS);
    expect(await ask(jumping, (client) => client.get('lock'))).toBeNull();
    expect(await ask(other, (client) => client.get('lock'))).toBe('mine');
    await expectOffset(jumping, 2 * MINUTE_MS);
    await expectOffset(other, 0);
  });

  test('it goes back as well, by fractions of a second, and a restart keeps it', async () => {
    await using run = await started({ redis: 1 });
    const server = await run.stack.renew('redis-1', { adjustableClock: true });
    for (const offsetMs of [-90_000, 1500.25, 0, -0.5]) {
      await server.setClockOffset(offsetMs);
      await expectOffset(server, offsetMs);
    }
    await server.setClockOffset(MINUTE_MS);
    await server.kill();
    await server.start();
    await expectOffset(server, MINUTE_MS);
  });

  // Not on a server: some read the processor's own counter, which nobody can set.
  test('the monotonic clock does not jump', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stack-'));
    const { signal } = new AbortController();
    const clock = await AdjustableClock.provide('it', new ToolFolder({ stateFolder, log: () => {} }), signal);
    const instance = { name: 'it', folder, dataFolder: folder, port: 0, extraPorts: [] };
    await clock.prepare(instance);
    const script = "process.on('message', () => process.send([Date.now(), performance.now()]))";
    const { file, args, cwd, env } = clock.command({ file: process.execPath, args: ['-e', script] }, instance);
    const child = spawn(file, [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const read = async () => {
      child.send('read');
      const [[wallMs, monotonicMs]] = (await once(child, 'message')) as [[number, number]];
      return { wallMs, monotonicMs };
    };
    try {
      const fromMs = performance.now();
      const before = await read();
      await clock.set(instance, -60 * MINUTE_MS, async () => (await read()).wallMs, signal);
      const after = await read();
      expect(after.wallMs).toBeLessThan(before.wallMs);
      expect(after.monotonicMs).toBeGreaterThan(before.monotonicMs);
      await clock.set(instance, 60 * MINUTE_MS, async () => (await read()).wallMs, signal);
      const { monotonicMs } = await read();
      expect(monotonicMs - before.monotonicMs).toBeLessThanOrEqual(performance.now() - fromMs);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('a folder with a space in its name is no hindrance', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'a stack: '));
    try {
      await using stack = await startStack({
        needs: { redis: 1 },
        provider: 'native',
        folder: parent,
        stateFolder,
        signal: new AbortController().signal,
        log: () => {},
      });
      const server = await stack.renew('redis-1', { adjustableClock: true });
      await server.setClockOffset(MINUTE_MS);
      await expectOffset(server, MINUTE_MS);
    } finally {
      await rm(parent, { recursive: true, force: true });
    }
  });

  test("renewed without, it has this machine's clock again", async () => {
    await using run = await started({ redis: 1 });
    await (await run.stack.renew('redis-1', { adjustableClock: true })).setClockOffset(MINUTE_MS);
    const plain = await run.stack.renew('redis-1');
    await expectOffset(plain, 0);
    await expect(plain.setClockOffset(MINUTE_MS)).rejects.toThrow(UnsupportedError);
  });

  test('what is no offset is refused, and a server that is paused is told to be', async () => {
    await using run = await started({ redis: 1 });
    const server = await run.stack.renew('redis-1', { adjustableClock: true });
    await expect(server.setClockOffset(Number.NaN)).rejects.toThrow(RangeError);
    await server.pause();
    await expect(server.setClockOffset(MINUTE_MS)).rejects.toThrow(/redis-1 does not say the new time/);
  });
});

describe('a clock that cannot be had', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('is told in one line, and the server is left as it was', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'stack-'));
    try {
      const tools = new ToolFolder({ stateFolder: empty, log: () => {} });
      vi.stubEnv('PATH', empty);
      const error = await AdjustableClock.provide('redis-1', tools, new AbortController().signal).catch(
        (caught: Error) => caught,
      );
      // A machine that has libfaketime of its own needs nothing.
      if (error instanceof AdjustableClock) return;
      expect(error).toBeInstanceOf(MissingServerError);
      expect(error.message).toMatch(/^a clock of its own for redis-1: /);
      expect(error.message).not.toContain('\n');
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });

  const noNginx = missing('nginx');
  test('because nobody has tried it with that kind, is told before the server is ended', async ({ skip }) => {
    const reason = await noNginx;
    if (reason !== null) skip(reason);
    await using run = await started({ nginx: 1 });
    await expect(run.stack.renew('nginx-1', { adjustableClock: true })).rejects.toThrow(UnsupportedError);
    expect(run.pids.map(isRunning)).toEqual([true]);
  });
});
