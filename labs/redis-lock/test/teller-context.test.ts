/** What a teller hands to a variant, and what becomes of it when a server is away. */
import { until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Servers, startBackends } from './servers.ts';
import { startTeller, unprotected, withContext } from './teller.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 2 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('the context of a deposit', () => {
  test('holds the key of its account, and a token that names its operation and is never given twice', async () => {
    const given = () =>
      withContext(servers, {}, async ({ token, lockKey, operation }) => ({ token, lockKey, operation }));
    const [one, other] = [await given(), await given()];
    expect(one).toMatchObject({ lockKey: 'test:lock:2', operation: 5 });
    expect(one.token).toMatch(/^5:[0-9a-f]{16}$/);
    expect(other.token).not.toBe(one.token);
  });

  test('reaches each node by a client of its own', async () => {
    const ports = await withContext(servers, {}, async ({ redis, redisNodes }) => {
      expect(redis).toBe(redisNodes[0]);
      return Promise.all(redisNodes.map(async (node) => String((await node.config('GET', 'port')) as unknown)));
    });
    expect(ports).toEqual(servers.redisUrls.map((url) => `port,${new URL(url).port}`));
  });

  test('survives that the database cuts a connection which it has borrowed and does not use', async () => {
    const said = await withContext(servers, {}, async ({ postgres }) => {
      const client = await postgres.connect();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      // Not `once`, which would take the error that comes before for its own.
      const cut = new Promise<void>((resolve) => client.once('end', resolve));
      await postgres.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await cut;
      const error = await client.query('SELECT 1').catch((reason) => reason as Error);
      client.release(true);
      return error;
    });
    expect(said).toBeInstanceOf(Error);
  });
});

describe('without one of its servers', () => {
  test('it starts if that is not the first, and reaches it when it is back', async () => {
    await using own = await startBackends({ redis: 2 });
    const [, second] = own.stack.servers;
    await second?.kill();
    await withContext(servers, { redisUrls: own.redisUrls }, async ({ redisNodes: [first, other] }) => {
      expect(await first?.ping()).toBe('PONG');
      await expect(other?.ping()).rejects.toThrow();
      await second?.start();
      await until('the other one answers', async () => (await other?.ping().catch(() => null)) === 'PONG');
    });
  });

  test('it does not start if that is the first, and says which', async () => {
    await using own = await startBackends({ redis: 1 });
    await own.stack.server('redis-1').stop();
    const [url = ''] = own.redisUrls;
    await expect(startTeller(servers, unprotected, { redisUrls: own.redisUrls })).rejects.toThrow(new URL(url).host);
  });

  test('a command that was under way when the server was killed fails, and is not sent again to the next', async () => {
    await using own = await startBackends({ redis: 1 });
    const server = own.stack.server('redis-1');
    const said = await withContext(servers, { redisUrls: own.redisUrls }, async ({ redis, lockKey }) => {
      await server.pause();
      const waiting = redis.set(lockKey, 'mine').catch((error) => error as Error);
      await server.kill();
      // Started before the failure is looked at: a client that keeps the command would send it now.
      await server.start();
      const error = await waiting;
      await until('it answers', async () => (await redis.ping().catch(() => null)) === 'PONG');
      return { error, found: await redis.get(lockKey) };
    });
    expect(said.error).toBeInstanceOf(Error);
    expect(said.found).toBeNull();
  });
});
