import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureSchema } from '../src/schema.ts';
import { connectTo, type Servers, startBackends } from './servers.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

async function freshTables() {
  const database = connectTo(await servers.freshDatabase());
  await ensureSchema(database.pool, 2);
  return database;
}

test('several processes may make the schema at once, and again later', async () => {
  const url = await servers.freshDatabase();
  await using stack = new AsyncDisposableStack();
  const pools = [0, 1, 2, 3].map(() => stack.use(connectTo(url)).pool);
  await Promise.all(pools.map((pool) => ensureSchema(pool, 3)));
  const [pool] = pools;
  await pool?.query('UPDATE account SET balance = 7 WHERE id = 1');
  await Promise.all(pools.map((again) => ensureSchema(again, 3)));
  const accounts = await pool?.query('SELECT id, balance FROM account ORDER BY id');
  expect(accounts?.rows).toEqual([
    { id: 0, balance: '0' },
    { id: 1, balance: '7' },
    { id: 2, balance: '0' },
  ]);
});

test("every write by anybody's SQL leaves a row of history, also of a balance that was there before", async () => {
  await using database = await freshTables();
  const { pool } = database;
  await pool.query('UPDATE account SET balance = 5, writer = 1 WHERE id = 0');
  await pool.query('UPDATE account SET balance = 5, writer = 2 WHERE id = 0');
  await pool.query('UPDATE account SET balance = balance + 1, writer = 3 WHERE id = 0');
  const { rows } = await pool.query('SELECT account, operation, before, after FROM history ORDER BY seq');
  expect(rows).toEqual([
    { account: 0, operation: 1, before: '0', after: '5' },
    { account: 0, operation: 2, before: '5', after: '5' },
    { account: 0, operation: 3, before: '5', after: '6' },
  ]);
});

test('a write raises the version by one, whether or not its statement raises it too', async () => {
  await using database = await freshTables();
  const { pool } = database;
  await pool.query('UPDATE account SET balance = 5 WHERE id = 0');
  await pool.query('UPDATE account SET balance = 6, version = version + 1 WHERE id = 0 AND version = 1');
  const { rows } = await pool.query('SELECT id, version FROM account ORDER BY id');
  expect(rows).toEqual([
    { id: 0, version: '2' },
    { id: 1, version: '0' },
  ]);
});

test('the claim of a fence is no write', async () => {
  await using database = await freshTables();
  const { pool } = database;
  await pool.query('UPDATE account SET fence = 9 WHERE id = 0 AND fence < 9');
  expect((await pool.query('SELECT * FROM history')).rows).toEqual([]);
  expect((await pool.query('SELECT fence, version FROM account WHERE id = 0')).rows).toEqual([
    { fence: '9', version: '0' },
  ]);
});

test('a write that is rolled back leaves nothing', async () => {
  await using database = await freshTables();
  const client = await database.pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('UPDATE account SET balance = 5, writer = 1 WHERE id = 0');
    await client.query('ROLLBACK');
  } finally {
    client.release();
  }
  expect((await database.pool.query('SELECT * FROM history')).rows).toEqual([]);
});
