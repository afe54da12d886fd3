import type { Stack } from '@backend-labs/stack';
import { startServers } from '@backend-labs/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPool, transaction } from '../src/postgres.ts';
import { ensureSchema } from '../src/schema.ts';

let servers: Stack;
beforeAll(async () => {
  servers = await startServers({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

async function freshPools(count: number) {
  await using opened = new AsyncDisposableStack();
  const data = opened.use(await servers.server('postgres-1').freshData(`schema_${databases++}`));
  const pools = Array.from({ length: count }, () => {
    const pool = createPool({ url: data.url, connections: 2 });
    opened.defer(() => pool.end());
    return pool;
  });
  const owned = opened.move();
  return { pools, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
let databases = 0;

test('several processes may make the schema at once, and again later, and nothing is lost by it', async () => {
  await using database = await freshPools(4);
  const { pools } = database;
  await Promise.all(pools.map((pool, index) => ensureSchema(pool, index)));
  const [pool] = pools;
  await pool?.query('UPDATE customer SET version = 7 WHERE id = 1');
  await Promise.all(pools.map((again) => ensureSchema(again, 3)));
  const customers = await pool?.query('SELECT id, version FROM customer ORDER BY id');
  expect(customers?.rows).toEqual([
    { id: 0, version: 0 },
    { id: 1, version: 7 },
    { id: 2, version: 0 },
  ]);
});

test('a transaction that throws is rolled back, says why, and its connection is not used again', async () => {
  await using database = await freshPools(1);
  const [pool] = database.pools;
  if (pool === undefined) throw new Error('there is no pool');
  await ensureSchema(pool, 1);
  const failing = transaction(pool, async (client) => {
    await client.query('UPDATE customer SET version = 5');
    throw new Error('no');
  });
  await expect(failing).rejects.toThrow('no');
  expect((await pool.query('SELECT version FROM customer')).rows).toEqual([{ version: 0 }]);
  const unusable = transaction(pool, (client) => client.query('SELECT 1 / 0'));
  await expect(unusable).rejects.toThrow('division by zero');
  expect(await transaction(pool, async (client) => (await client.query('SELECT 1 AS one')).rows)).toEqual([{ one: 1 }]);
});

test('a row of the outbox carries the id of the transaction that inserted it', async () => {
  await using database = await freshPools(1);
  const [pool] = database.pools;
  if (pool === undefined) throw new Error('there is no pool');
  await ensureSchema(pool, 1);
  const xid = await transaction(pool, async (client) => {
    await client.query(`INSERT INTO outbox (customer, event) VALUES (0, '{}'), (0, '{}')`);
    return (await client.query<{ xid: string }>('SELECT pg_current_xact_id() AS xid')).rows[0]?.xid;
  });
  expect((await pool.query('SELECT xid FROM outbox')).rows).toEqual([{ xid }, { xid }]);
});
