/** What the referee, which is nobody's client, sees of the nodes and of the database. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startProcess, until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { grantsOf } from '../src/referee/grants.ts';
import { shown, startReferee, tokens } from './referee.ts';
import { type Servers, startBackends } from './servers.ts';

const RELEASE = 'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0';
const EXTEND =
  'if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("pexpire", KEYS[1], ARGV[2]) end return 0';

let servers: Servers;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 2 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('of the nodes, the referee', () => {
  test('sees a SET NX that is granted and one that is refused', async () => {
    await using run = await startReferee(servers);
    const { redis, key } = run;
    expect(await redis.set(key, '1:a', 'PX', 10_000, 'NX')).toBe('OK');
    expect(await redis.set(key, '2:b', 'PX', 10_000, 'NX')).toBeNull();
    const said = await run.seen(2);
    expect(shown(said)).toEqual([`set ${key} 1:a PX 10000 NX`, `set ${key} 2:b PX 10000 NX`]);
    expect(tokens(said)).toEqual(['1:a']);
  });

  test('tells exactly who held a key that ended by time again and again, of those who try until they get it', async () => {
    await using run = await startReferee(servers);
    const { redis, key } = run;
    const granted: string[] = [];
    // Tries come at any distance from an end, also so close that the clock alone cannot tell.
    const contender = async (name: string) => {
      for (let turn = 0; turn < 10; turn++) {
        const token = `${name}:${turn}`;
        while ((await redis.set(key, token, 'PX', 8, 'NX')) !== 'OK') await delay(Math.random() * 3);
        granted.push(token);
      }
    };
    await Promise.all(['a', 'b', 'c'].map(contender));
    expect(tokens(await run.seenAll())).toEqual(granted);
  });

  test('tells exactly who held it where a holder extends or releases by a script, and nobody tries twice', async () => {
    await using run = await startReferee(servers);
    const { redis, key } = run;
    const granted: string[] = [];
    for (let attempt = 0; granted.length < 40; attempt++) {
      const token = `${attempt}:x`;
      // The script cuts it short, so that whoever was refused in vain would have held when the next one comes.
      const answers = await redis.multi().set(key, token, 'PX', 60_000, 'NX').eval(EXTEND, 1, key, token, 10).exec();
      if (answers?.[0]?.[1] !== 'OK') continue;
      granted.push(token);
      // Every second one is released, the others end by time.
      if (granted.length % 2 === 0) await redis.eval(RELEASE, 1, key, token);
    }
    expect(tokens(await run.seenAll())).toEqual(granted);
  });

  test('sees what a script did apart from the script, and a key with any character', async () => {
    await using run = await startReferee(servers);
    const { redis, key } = run;
    const token = '1:"\\\n\u0001é';
    await redis.set(key, token, 'PX', 10_000, 'NX');
    await redis.eval(RELEASE, 1, key, '2:b');
    await redis.eval(RELEASE, 1, key, token);
    await redis.set(key, '3:c', 'PX', 10_000, 'NX');
    const said = await run.seen(7);
    expect(said.commands.map(({ command, isScript }) => [command[0], isScript])).toEqual([
      ['set', false],
      ['eval', false],
      ['get', true],
      ['eval', false],
      ['get', true],
      ['del', true],
      ['set', false],
    ]);
    expect(tokens(said)).toEqual([token, '3:c']);
  });

  test('keeps the nodes apart, and leaves out the keys of others', async () => {
    await using run = await startReferee(servers);
    const { clients, key } = run;
    await clients[0]?.set('somebody:else', 'x');
    await clients[0]?.set(key, '1:a', 'NX');
    await clients[1]?.set(key, '2:b', 'NX');
    const said = await run.seen(2);
    expect(grantsOf(said.commands).map(({ node, token }) => [node, token])).toEqual([
      [0, '1:a'],
      [1, '2:b'],
    ]);
    expect(shown(said).join()).not.toContain('somebody');
  });

  test('tells each command once, however often it is asked and however many there are', async () => {
    await using run = await startReferee(servers);
    const { redis, key } = run;
    const tokens = Array.from({ length: 1500 }, (_, index) => `${index}:a`);
    const asked = [run.commands(), run.commands()];
    await Promise.all(tokens.map((token) => redis.set(key, token, 'NX')));
    await Promise.all(asked);
    const [said] = await Promise.all([run.seenAll(), run.commands()]);
    expect(shown(said).slice(0, -1)).toEqual(tokens.map((token) => `set ${key} ${token} NX`));
  });

  test('says when there was more than it keeps', async () => {
    await using run = await startReferee(servers, { maxBytesANode: 2000 });
    const { redis, key } = run;
    await redis.set(key, '1:a', 'NX');
    expect((await run.seen(1)).overflowed).toBe(false);
    await redis.set(key, `2:${'b'.repeat(2000)}`, 'NX');
    let said = await run.commands();
    while (!said.overflowed) said = await run.commands();
    expect(shown(said)).toEqual([`set ${key} 1:a NX`]);
  });
});

describe('when a node goes away, the referee', () => {
  test.each([
    ['with its keys', false, ['1:a']],
    ['empty', true, ['1:a', '2:b']],
  ])('goes on when it is back %s, and knows what it still has', async (_name, isEmpty, expected) => {
    await using own = await startBackends({ redis: 1 });
    const server = own.stack.server('redis-1');
    await using run = await startReferee(servers, { redisUrls: own.redisUrls });
    const { redis, key } = run;
    // From here on nothing is written down.
    if (isEmpty) await redis.config('SET', 'appendonly', 'no');
    await redis.set(key, '1:a', 'PX', 60_000, 'NX');
    await run.seen(1);
    await server.kill();
    await server.start();
    await until('it is watched', async () => (await run.commands()).watching[0] === true);
    const reply = await redis.set(key, '2:b', 'PX', 60_000, 'NX');
    const said = await run.seen(2);
    expect(said.gaps).toHaveLength(1);
    expect(tokens(said)).toEqual(expected);
    expect(reply).toBe(isEmpty ? 'OK' : null);
  });

  test.each(['kill', 'pause'] as const)(
    'starts after a %s of one node, and watches it when it is there',
    async (fault) => {
      await using own = await startBackends({ redis: 2 });
      const server = own.stack.server('redis-2');
      await server[fault]();
      await using run = await startReferee(servers, { redisUrls: own.redisUrls });
      await until('it is watched', async () => (await run.commands()).watching[0] === true);
      expect((await run.commands()).watching).toEqual([true, false]);
      await (fault === 'kill' ? server.start() : server.resume());
      await until('it is watched', async () => (await run.commands()).watching[1] === true);
      await run.clients[1]?.set(run.key, '1:a', 'NX');
      expect((await run.seen(1)).commands[0]?.node).toBe(1);
    },
  );
});

test('of the database, the referee reads the accounts, and every write in its order', async () => {
  await using run = await startReferee(servers);
  const { pool } = run.database;
  await pool.query('UPDATE account SET balance = 5, writer = 7 WHERE id = 1');
  await pool.query('UPDATE account SET balance = balance + 1, writer = 8 WHERE id = 1');
  await pool.query('UPDATE account SET fence = 3 WHERE id = 0');
  expect((await run.referee.ask('/control/accounts')).body).toEqual([
    { id: 0, balance: 0, fence: 3, version: 0, writer: null },
    { id: 1, balance: 6, fence: 0, version: 2, writer: 8 },
  ]);
  const history = (await run.referee.ask('/control/history')).body as unknown as Record<string, number>[];
  expect(history).toMatchObject([
    { account: 1, operation: 7, before: 0, after: 5 },
    { account: 1, operation: 8, before: 5, after: 6 },
  ]);
  expect(history[0]?.atMs).toBeLessThan(history[1]?.atMs ?? 0);
  expect(history[0]?.seq).toBeLessThan(history[1]?.seq ?? 0);
});

test('started as a process, the referee makes the schema and watches', async () => {
  await using referee = await startProcess(join(import.meta.dirname, '../src/referee/main.ts'), {
    POSTGRES_URL: await servers.freshDatabase(),
    REDIS_URLS: servers.redisUrls.join(','),
    ACCOUNTS: '3',
  });
  expect((await referee.ask('/control/accounts')).body).toHaveLength(3);
  expect((await referee.ask('/control/commands')).body).toMatchObject({ gaps: [], overflowed: false });
});
