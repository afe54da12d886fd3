/** Another server in the place of one whose data or whose clock nobody wants to meet again. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { type Server, startStack, UnsupportedError } from '../index.ts';
import { isOpen } from '../ports.ts';
import { isRunning, missing, started } from './started.ts';

async function ask<T>({ url }: Server, what: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await what(client);
  } finally {
    client.disconnect();
  }
}

const why = await missing('redis');

describe.skipIf(why !== null)(`renewing${why === null ? '' : `: ${why}`}`, () => {
  test.each(['runs', 'is paused', 'was killed'])(
    'a server that %s gives way to one without data; the others are left alone',
    async (state) => {
      await using run = await started({ redis: 2 });
      const [old, other] = run.stack.servers as [Server, Server];
      await Promise.all([old, other].map((server) => ask(server, (client) => client.set('kept', 'yes'))));
      if (state === 'is paused') await old.pause();
      if (state === 'was killed') await old.kill();
      const renewed = await run.stack.renew('redis-1');
      expect(run.stack.server('redis-1')).toBe(renewed);
      expect(run.stack.servers).toEqual([renewed, other]);
      expect(await ask(renewed, (client) => client.get('kept'))).toBeNull();
      expect(await ask(other, (client) => client.get('kept'))).toBe('yes');
      expect(run.pids).toHaveLength(3);
      // Started side by side: whose pid came first is not known.
      expect(run.pids.filter(isRunning)).toHaveLength(2);
      if (old.port !== renewed.port) expect(await isOpen(old.port)).toBe(false);
    },
  );

  test('nothing of the old one is left but its log, and nothing of the new one after the stack', async () => {
    let pids: number[] = [];
    let log: string | null = null;
    {
      await using run = await started({ redis: 1 });
      const mark = join(run.folder, 'redis-1', 'data', 'appendonlydir');
      expect(existsSync(mark)).toBe(true);
      const { logFile } = run.first('redis');
      const renewed = await run.stack.renew('redis-1');
      log = renewed.logFile;
      expect(log).toBe(logFile);
      await renewed.restart();
      await renewed.pause();
      pids = run.pids;
    }
    expect(pids).toHaveLength(3);
    expect(pids.map(isRunning)).toEqual([false, false, false]);
  });

  test('what is being renewed when the stack ends does not outlive it', async () => {
    let pids: number[] = [];
    {
      await using run = await started({ redis: 1 });
      void run.stack.renew('redis-1');
      await expect(run.stack.renew('redis-1')).rejects.toThrow(/already/);
      pids = run.pids;
    }
    expect(pids).toHaveLength(2);
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  test('fresh data of the old one is nothing to the new one', async () => {
    await using run = await started({ redis: 1 });
    {
      await using _data = await run.first('redis').freshData('one');
      await ask(await run.stack.renew('redis-1'), (client) => client.set('one:1', 'new'));
    }
    expect(await ask(run.first('redis'), (client) => client.get('one:1'))).toBe('new');
  });

  test('a name that there is not, and a server of somebody else, are left alone', async () => {
    await using run = await started({ redis: 1 });
    await expect(run.stack.renew('redis-9')).rejects.toThrow(RangeError);
    const { url } = run.first('redis');
    await using external = await startStack({
      needs: { redis: 1 },
      provider: 'external',
      folder: '',
      stateFolder: '',
      signal: new AbortController().signal,
      log: () => {},
      environment: { BACKEND_LABS_REDIS_URLS: url },
    });
    await expect(external.renew('redis-1')).rejects.toThrow(UnsupportedError);
    expect(await ask(external.server('redis-1'), (client) => client.ping())).toBe('PONG');
  });
});

const noPostgres = await missing('postgres');

test.skipIf(noPostgres !== null)('a Postgres is renewed as well', async () => {
  await using run = await started({ postgres: 1 });
  await run.first('postgres').freshData('one');
  // Were the data still there, the name would be refused.
  await using _data = await (await run.stack.renew('postgres-1')).freshData('one');
});
