/** What each variant's run gets of the servers of a run: real ones, started and ended with each test. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import type { Needs, Stack } from '@backend-labs/stack';
import { describe, expect, test, vi } from 'vitest';
import { startReaper } from '../shell/reaper.ts';
import { createRunFolder } from '../shell/run-folder.ts';
import { RunServers } from '../shell/run-servers.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The stacks that were started, for a test that has to reach past the run's servers. */
const stacks = vi.hoisted((): Stack[] => []);
vi.mock('@backend-labs/stack', async (original) => {
  const real = await original<typeof import('@backend-labs/stack')>();
  const startStack: typeof real.startStack = async (options) => {
    const stack = await real.startStack(options);
    stacks.push(stack);
    return stack;
  };
  return { ...real, startStack };
});

const PLAIN = { proxies: {}, adjustableClocks: [] };

async function runServers(needs: Needs, provider: 'native' | 'external' = 'native') {
  await using starting = new AsyncDisposableStack();
  const temporary = starting.use(temporaryFolder());
  const folder = createRunFolder(temporary.path);
  const reaper = starting.use(startReaper(folder));
  const servers = starting.use(
    await RunServers.start({
      needs,
      provider,
      folder: join(folder.path, 'servers'),
      // Fetched once for all tests, and for the labs as well.
      stateFolder: resolve(import.meta.dirname, '../../../.lab'),
      reaper,
      signal: new AbortController().signal,
      log: () => {},
    }),
  );
  const owned = starting.move();
  return { servers, stack: stacks.at(-1) as Stack, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Why these cannot be had on this machine; null if they can. What has to be fetched is fetched now. */
async function missing(needs: Needs): Promise<string | null> {
  try {
    await using _run = await runServers(needs);
    return null;
  } catch (error) {
    if ((error as Error).name === 'MissingServerError') return (error as Error).message;
    throw error;
  }
}

/** One command in the inline form; the lines of its answer. Rejects if there is no answer. */
async function ask(url: string, command: string): Promise<string[]> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) }).setEncoding('utf8');
  const closed = once(socket, 'close').then(() => Promise.reject(new Error(`${url} closed without an answer`)));
  closed.catch(() => {});
  try {
    await once(socket, 'connect');
    socket.write(`${command}\r\n`);
    const [answer] = (await Promise.race([once(socket, 'data'), closed])) as [string];
    return answer.trim().split('\r\n');
  } finally {
    socket.destroy();
  }
}

/** Another one for each process of a server. */
async function processOf(url: string): Promise<string | undefined> {
  return (await ask(url, 'INFO server')).find((line) => line.startsWith('run_id:'));
}

const noRedis = await missing({ redis: 1 });
const noPostgres = await missing({ postgres: 1 });

describe.skipIf(noRedis !== null)(`the servers of a run${noRedis === null ? '' : `: ${noRedis}`}`, () => {
  test('stay for the next variant, which finds no key of the one before and has a name of its own', async () => {
    await using run = await runServers({ redis: 1 });
    const names: string[] = [];
    const processes: (string | undefined)[] = [];
    for (const _variant of ['fixed', 'broken']) {
      await using variant = await run.servers.forVariant(PLAIN);
      const { dataName, urlOf } = variant.access;
      const url = urlOf('redis-1');
      expect(await ask(url, 'KEYS run_*')).toEqual(['*0']);
      expect(await ask(url, `SET ${dataName}:order 7`)).toEqual(['+OK']);
      expect((await ask(url, 'KEYS run_*'))[0]).toBe('*1');
      names.push(dataName);
      processes.push(await processOf(url));
    }
    expect(names[0]).not.toBe(names[1]);
    expect(processes[0]).toBe(processes[1]);
  });

  test('are others for the next variant if they were taken hold of, and only these, and only once', async () => {
    await using run = await runServers({ redis: 2 });
    const seen: (string | undefined)[][] = [];
    for (const touches of [true, false, false]) {
      await using variant = await run.servers.forVariant(PLAIN);
      const { urlOf } = variant.access;
      seen.push(await Promise.all(['redis-1', 'redis-2'].map((name) => processOf(urlOf(name)))));
      if (touches) await variant.server('redis-1').pause();
    }
    const [before, after, later] = seen;
    expect(after?.[0]).not.toBe(before?.[0]);
    expect(after?.[1]).toBe(before?.[1]);
    expect(later).toEqual(after);
  });

  test('are reached through a proxy at the url that the variant is given, and past it at their own', async () => {
    await using run = await runServers({ redis: 1 });
    await using variant = await run.servers.forVariant({ proxies: { link: 'redis-1' }, adjustableClocks: [] });
    const [link, direct] = ['link', 'redis-1'].map(variant.access.urlOf) as [string, string];
    expect(Number(new URL(link).port)).toBe(variant.proxy('link').port);
    expect(await processOf(link)).toBe(await processOf(direct));
    await variant.proxy('link').cut();
    await expect(ask(link, 'PING')).rejects.toThrow();
    expect(await ask(direct, 'PING')).toEqual(['+PONG']);
    expect(() => variant.proxy('redis-1')).toThrow('there is no proxy redis-1; there is: link');
  });

  test('have other proxies for the next variant, whole again, and those of the one before are closed', async () => {
    await using run = await runServers({ redis: 1 });
    const asked = { proxies: { link: 'redis-1' }, adjustableClocks: [] };
    let before = '';
    {
      await using variant = await run.servers.forVariant(asked);
      before = variant.access.urlOf('link');
      await variant.proxy('link').drop();
    }
    await expect(ask(before, 'PING')).rejects.toThrow('ECONNREFUSED');
    await using variant = await run.servers.forVariant(asked);
    expect(await ask(variant.access.urlOf('link'), 'PING')).toEqual(['+PONG']);
  });
});

describe.skipIf(noRedis !== null)('servers that one experiment needs', () => {
  test('are started for its first variant, and stay', async () => {
    await using run = await runServers({});
    expect(run.servers.versions).toEqual({});
    const processes: (string | undefined)[] = [];
    for (const _variant of ['fixed', 'broken']) {
      await using variant = await run.servers.forVariant({ ...PLAIN, needs: { redis: 1 } });
      processes.push(await processOf(variant.access.urlOf('redis-1')));
    }
    expect(processes[0]).toBeDefined();
    expect(processes[0]).toBe(processes[1]);
    expect(Object.keys(run.servers.versions)).toEqual(['redis']);
  });

  test.skipIf(noPostgres !== null)('stand beside those of the lab', async () => {
    await using run = await runServers({ postgres: 1 });
    await using variant = await run.servers.forVariant({ ...PLAIN, needs: { redis: 1 } });
    expect(new URL(variant.access.urlOf('postgres-1')).protocol).toBe('postgres:');
    expect(await ask(variant.access.urlOf('redis-1'), 'PING')).toEqual(['+PONG']);
    expect(() => variant.server('redis-2')).toThrow('there is no server redis-2; there is: postgres-1, redis-1');
  });
});

test('what one experiment needs and nobody provides costs that experiment, each time the same, and no other', async () => {
  await using run = await runServers({}, 'external');
  const asked = { ...PLAIN, needs: { redis: 1 } };
  const first = await run.servers.forVariant(asked).catch((error: unknown) => error);
  expect(first).toMatchObject({ name: 'MissingServerError' });
  await expect(run.servers.forVariant(asked)).rejects.toBe(first);
  await using _other = await run.servers.forVariant(PLAIN);
});

test.skipIf(noPostgres !== null)('where data of one server cannot be made, that of the others is removed', async () => {
  await using run = await runServers({ postgres: 2 });
  const [whole, killed] = ['postgres-1', 'postgres-2'].map((name) => run.stack.server(name)) as [
    Stack['servers'][number],
    Stack['servers'][number],
  ];
  await killed.kill();
  const making = vi.spyOn(whole, 'freshData');
  await expect(run.servers.forVariant(PLAIN)).rejects.toThrow('ECONNREFUSED');
  // The killed one refuses before the other has made its database: that one must have been waited for.
  const [name] = making.mock.calls[0] as [string];
  await making.mock.results[0]?.value;
  // Were it still there, the name would be refused.
  await using _again = await whole.freshData(name);
});

test('a lab that needs none has none, and says so', async () => {
  await using run = await runServers({});
  await using variant = await run.servers.forVariant(PLAIN);
  expect(() => variant.access.urlOf('redis-1')).toThrow(
    'there is no server redis-1; there is: none, the lab needs none',
  );
  expect(() => variant.server('redis-1')).toThrow(RangeError);
});

test('two variants within one millisecond have different names for their data', async () => {
  await using run = await runServers({});
  const now = vi.spyOn(Date, 'now').mockReturnValue(Date.now());
  using _restored = { [Symbol.dispose]: () => now.mockRestore() };
  await using one = await run.servers.forVariant(PLAIN);
  await using other = await run.servers.forVariant(PLAIN);
  expect(other.access.dataName).not.toBe(one.access.dataName);
});
