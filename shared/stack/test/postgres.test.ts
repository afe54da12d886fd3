import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../ports.ts';
import { isRunning, missing, started } from './started.ts';

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const why = await missing('postgres');

describe.skipIf(why !== null)(`postgres${why === null ? '' : `: ${why}`}`, () => {
  test('two of them run side by side, each with data of its own', async () => {
    await using run = await started({ postgres: 2 });
    const [one, two] = run.stack.servers.map(({ url }) => url) as [string, string];
    await query(one, 'CREATE TABLE only_here (id int)');
    await expect(query(two, 'SELECT * FROM only_here')).rejects.toThrow('only_here');
  });

  test.each(['stop', 'kill'] as const)(
    'after %s its port is closed, and after start each committed row is there',
    async (end) => {
      await using run = await started({ postgres: 1 });
      const server = run.first('postgres');
      await query(server.url, 'CREATE TABLE kept (id int)');
      for (let id = 0; id < 20; id++) await query(server.url, `INSERT INTO kept VALUES (${id})`);
      await server[end]();
      expect(await isOpen(server.port)).toBe(false);
      await server.start();
      expect(await query(server.url, 'SELECT count(*)::int AS count FROM kept')).toEqual([{ count: 20 }]);
    },
  );

  test('paused, its connections answer nothing either; resumed, they go on', async () => {
    await using run = await started({ postgres: 1 });
    const server = run.first('postgres');
    const client = new pg.Client(server.url);
    client.on('error', () => {});
    await client.connect();
    await server.pause();
    let answered = false;
    const asked = client.query('SELECT 1 AS one').then(({ rows }) => {
      answered = true;
      return rows;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    await server.resume();
    expect(await asked).toEqual([{ one: 1 }]);
    await client.end();
  });

  test('it can be read by logical replication', async () => {
    await using run = await started({ postgres: 1 });
    expect(await query(run.first('postgres').url, 'SHOW wal_level')).toEqual([{ wal_level: 'logical' }]);
  });

  test('nothing of it is left after its run, also none of the processes that it started', async () => {
    let pids: number[] = [];
    {
      await using run = await started({ postgres: 1 });
      const rows = await query(run.first('postgres').url, 'SELECT pid FROM pg_stat_activity WHERE pid IS NOT NULL');
      pids = [...run.pids, ...rows.map(({ pid }) => Number(pid))];
      await run.first('postgres').pause();
    }
    expect(pids.length).toBeGreaterThan(2);
    await expect.poll(() => pids.map(isRunning), { timeout: 20_000 }).toEqual(pids.map(() => false));
  });
});
