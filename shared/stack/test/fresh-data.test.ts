/** Data of its own for each variant, on servers that are shared, ours or somebody else's. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { type Consumer, Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { variableOf } from '../external/provider.ts';
import { type Server, type ServerKind, startStack } from '../index.ts';
import { missing, started } from './started.ts';

/** The same server as it looks to who does not run it. */
async function asExternal(kind: ServerKind, url: string) {
  const stack = await startStack({
    needs: { [kind]: 1 },
    provider: 'external',
    folder: '',
    stateFolder: '',
    signal: new AbortController().signal,
    log: () => {},
    environment: { [variableOf(kind)]: url },
  });
  return stack.server(`${kind}-1`);
}

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

const databases = async ({ url }: Server) =>
  (await query(url, 'SELECT datname FROM pg_database')).map(({ datname }) => datname);

async function keys({ url }: Server): Promise<string[]> {
  const client = new Redis(url);
  try {
    return (await client.keys('*')).toSorted();
  } finally {
    client.disconnect();
  }
}

async function set({ url }: Server, names: readonly string[]): Promise<void> {
  const client = new Redis(url);
  try {
    await client.mset(names.flatMap((name) => [name, '1']));
  } finally {
    client.disconnect();
  }
}

/**
 * Resolves when it fetches. One that has only just joined does not leave its group when it is told to disconnect (seen
 * after its coordinator was still loading, with kafkajs 2.2.4), and stays a member until its session ends.
 */
async function runAsMember(consumer: Consumer): Promise<void> {
  const fetching = new Promise((resolve) => consumer.on('consumer.fetch_start', resolve));
  await consumer.run({});
  await fetching;
}

const noPostgres = await missing('postgres');
const noKafka = await missing('kafka');
const noRedis = await missing('redis');

describe.skipIf(noPostgres !== null)(`postgres${noPostgres === null ? '' : `: ${noPostgres}`}`, () => {
  test.each(['native', 'external'])(
    '%s: a database of its own, dropped with who is connected to it',
    async (provider) => {
      await using run = await started({ postgres: 1 });
      const native = run.first('postgres');
      const server = provider === 'native' ? native : await asExternal('postgres', native.url);
      const before = await databases(native);
      const { promise: connected, resolve: connect } = Promise.withResolvers<pg.Client>();
      {
        await using one = await server.freshData('one');
        await using two = await server.freshData('two_2');
        await query(one.url, 'CREATE TABLE only_here (id int)');
        await expect(query(two.url, 'SELECT * FROM only_here')).rejects.toThrow('only_here');
        await expect(query(server.url, 'SELECT * FROM only_here')).rejects.toThrow('only_here');
        const client = new pg.Client(one.url);
        client.on('error', () => {});
        await client.connect();
        connect(client);
      }
      await expect((await connected).query('SELECT 1')).rejects.toThrow();
      expect(await databases(native)).toEqual(before);
    },
  );

  test.each(['native', 'external'])(
    '%s: a replication slot goes with its database, also while somebody reads from it',
    async (provider) => {
      await using run = await started({ postgres: 1 });
      const native = run.first('postgres');
      const server = provider === 'native' ? native : await asExternal('postgres', native.url);
      const before = await databases(native);
      const slots = () => query(native.url, 'SELECT slot_name FROM pg_replication_slots');
      const makeSlot = (url: string, name: string) =>
        query(url, `SELECT pg_create_logical_replication_slot('${name}', 'pgoutput')`);
      await makeSlot(native.url, 'of_somebody_else');
      {
        await using data = await server.freshData('one');
        await makeSlot(data.url, 'idle');
        await makeSlot(data.url, 'read');
        await query(data.url, 'CREATE PUBLICATION all_tables FOR ALL TABLES');
        const reader = new pg.Client({ connectionString: data.url, replication: 'database' } as pg.ClientConfig);
        reader.on('error', () => {});
        await reader.connect();
        const options = "proto_version '1', publication_names 'all_tables'";
        reader.query(`START_REPLICATION SLOT read LOGICAL 0/0 (${options})`).catch(() => {});
        const active = async () => (await query(native.url, 'SELECT 1 FROM pg_replication_slots WHERE active')).length;
        await expect.poll(active, { timeout: 20_000 }).toBe(1);
      }
      expect(await databases(native)).toEqual(before);
      expect(await slots()).toEqual([{ slot_name: 'of_somebody_else' }]);
    },
  );

  test('a name that is there already is refused', async () => {
    await using run = await started({ postgres: 1 });
    const server = run.first('postgres');
    await using _one = await server.freshData('one');
    await expect(server.freshData('one')).rejects.toThrow(/"one" already exists/);
  });

  test.each(['native', 'external'])(
    '%s: what is fresh on a server that was killed goes without an error',
    async (provider) => {
      await using run = await started({ postgres: 1 });
      const native = run.first('postgres');
      const server = provider === 'native' ? native : await asExternal('postgres', native.url);
      await using _data = await server.freshData('one');
      await native.kill();
    },
  );
});

describe.skipIf(noKafka !== null)(`kafka${noKafka === null ? '' : `: ${noKafka}`}`, () => {
  test("its topics and groups are removed, and nobody else's", async () => {
    await using run = await started({ kafka: 1 });
    const native = run.first('kafka');
    const client = new Kafka({ brokers: [new URL(native.url).host], logLevel: logLevel.NOTHING });
    const admin = client.admin();
    await admin.connect();
    try {
      for (const server of [native, await asExternal('kafka', native.url)]) {
        {
          await using data = await server.freshData('one');
          expect(data.url).toBe(server.url);
          const topics = ['one.orders', 'one_more.orders', 'two.orders'].map((topic) => ({ topic }));
          await admin.createTopics({ topics, waitForLeaders: true });
          for (const groupId of ['one.consumer', 'two.consumer']) {
            const consumer = client.consumer({ groupId, maxWaitTimeInMs: 20 });
            await consumer.subscribe({ topic: 'two.orders' });
            await runAsMember(consumer);
            await consumer.disconnect();
          }
        }
        const left = ['__consumer_offsets', 'one_more.orders', 'two.orders'];
        await expect.poll(async () => (await admin.listTopics()).toSorted(), { timeout: 20_000 }).toEqual(left);
        expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toEqual(['two.consumer']);
        await admin.deleteTopics({ topics: left.slice(1) });
      }
    } finally {
      await admin.disconnect();
    }
  });

  test('a group goes also if its member is still on its way out', async () => {
    await using run = await started({ kafka: 1 });
    const native = run.first('kafka');
    const client = new Kafka({ brokers: [new URL(native.url).host], logLevel: logLevel.NOTHING });
    const consumer = client.consumer({ groupId: 'one.consumer', maxWaitTimeInMs: 20 });
    const admin = client.admin();
    await admin.connect();
    try {
      await admin.createTopics({ topics: [{ topic: 'orders' }], waitForLeaders: true });
      const data = await native.freshData('one');
      await consumer.subscribe({ topic: 'orders' });
      await runAsMember(consumer);
      await expect(admin.deleteGroups(['one.consumer'])).rejects.toThrow();
      const removed = data[Symbol.asyncDispose]();
      await sleep(200);
      await consumer.disconnect();
      await removed;
      expect((await admin.listGroups()).groups).toEqual([]);
    } finally {
      await consumer.disconnect();
      await admin.disconnect();
    }
  });

  test('of a server that was killed nothing is removed, and nothing is said', async () => {
    await using run = await started({ kafka: 1 });
    const native = run.first('kafka');
    await using _known = await native.freshData('one');
    await using _others = await (await asExternal('kafka', native.url)).freshData('two');
    await native.kill();
  });
});

describe.skipIf(noRedis !== null)(`redis${noRedis === null ? '' : `: ${noRedis}`}`, () => {
  test.each(['native', 'external'])("%s: its keys are removed, and nobody else's", async (provider) => {
    await using run = await started({ redis: 1 });
    const native = run.first('redis');
    const server = provider === 'native' ? native : await asExternal('redis', native.url);
    const others = ['one', 'one_more:1', 'none:1', 'xone:1'];
    const before = [...(await keys(native)), ...others].toSorted();
    {
      await using data = await server.freshData('one');
      expect(data.url).toBe(server.url);
      // More than a step of the scan looks at.
      await set(
        native,
        Array.from({ length: 5000 }, (_, n) => `one:${n}`),
      );
      await set(native, others);
    }
    expect(await keys(native)).toEqual(before);
  });

  test.each(['native', 'external'])(
    '%s: on a server that was killed or is paused it ends without an error',
    async (provider) => {
      await using run = await started({ redis: 2 });
      for (const fault of ['kill', 'pause'] as const) {
        const native = run.stack.server(fault === 'kill' ? 'redis-1' : 'redis-2');
        const server = provider === 'native' ? native : await asExternal('redis', native.url);
        await using _data = await server.freshData('one');
        await native[fault]();
      }
    },
  );

  test.each(['', '1a', 'A', 'a-b', 'a"b', 'a*', 'a'.repeat(64)])('the name %j is refused', async (name) => {
    await using run = await started({ redis: 1 });
    await expect(run.first('redis').freshData(name)).rejects.toThrow(RangeError);
  });

  test('a replica leaves its keys to its master', async () => {
    await using run = await started({ redis: 2 });
    const [master, replica] = run.stack.servers as [Server, Server];
    const client = new Redis(replica.url);
    {
      await using _data = await replica.freshData('one');
      await set(master, ['one:1']);
      await client.replicaof(master.host, master.port);
      await expect.poll(() => client.keys('one:*'), { timeout: 20_000 }).toEqual(['one:1']);
    }
    expect(await keys(master)).toContain('one:1');
    client.disconnect();
  });
});
