import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ending, Update, UpdateContext } from '../src/contract.ts';
import { createTeller, type TellerOptions } from '../src/teller/app.ts';
import { listen, listening, type Servers, settings, startBackends, startProcess } from './servers.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 2 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

/** A variant of this file's own: it takes no lock. */
const unprotected: Update = async (_account, think, { account, holding }) => {
  await holding(async () => account.write((await account.read()) + (await think())), 5);
  return 'written';
};

async function startTeller(update: Update, options: Partial<TellerOptions> = {}) {
  const teller = await createTeller({
    update,
    settings,
    thinkMs: 1,
    accounts: 4,
    contenders: 2,
    keyPrefix: 'test',
    poolSize: 4,
    redisUrls: servers.redisUrls,
    postgresUrl: options.postgresUrl ?? (await servers.freshDatabase()),
    ...options,
  });
  return listen(teller);
}

const deposit = { method: 'POST' };

describe('a deposit', () => {
  test('that is written is answered with 200, and is in the account', async () => {
    await using teller = await startTeller(unprotected);
    expect(await teller.ask('/deposits/0', deposit)).toEqual({
      status: 200,
      outcome: null,
      body: { ending: 'written', account: 0 },
    });
    expect((await teller.ask('/accounts/0')).body).toEqual({ account: 0, balance: 1 });
    expect((await teller.ask('/accounts/1')).body).toEqual({ account: 1, balance: 0 });
  });

  test.each([
    ['not-acquired', 423],
    ['rejected', 409],
  ] as const)('that ends %s is answered with %i, as a rejection', async (ending, status) => {
    await using teller = await startTeller(async () => ending);
    expect(await teller.ask('/deposits/0', deposit)).toEqual({
      status,
      outcome: 'rejected',
      body: { ending, account: 0 },
    });
  });

  test.each<[string, Update, string]>([
    ['throws', () => Promise.reject(new Error('no lock today')), 'no lock today'],
    ['forgets its ending', (async () => {}) as unknown as Update, 'no ending'],
  ])('whose variant %s is answered with 500 and the reason', async (_name, update, said) => {
    await using teller = await startTeller(update);
    const { status, outcome, body } = await teller.ask('/deposits/0', deposit);
    expect([status, outcome]).toEqual([500, null]);
    expect(body.error).toContain(said);
  });

  test('goes to the same account as its contenders, and the accounts come round', async () => {
    await using teller = await startTeller(async () => 'written', { accounts: 2, contenders: 3 });
    const accounts: unknown[] = [];
    for (let operation = 0; operation < 8; operation++) {
      accounts.push((await teller.ask(`/deposits/${operation}`, deposit)).body.account);
    }
    expect(accounts).toEqual([0, 0, 0, 1, 1, 1, 0, 0]);
  });

  test.each(['/deposits/tea', '/deposits/-1', '/deposits/1.5', '/deposits/99999999999'])(
    'to %s is refused before the variant is asked',
    async (path) => {
      await using teller = await startTeller(unprotected);
      using asked = listening('redis-lock.asked');
      expect((await teller.ask(path, deposit)).status).toBe(400);
      expect(asked.heard).toEqual([]);
    },
  );

  test('announces its steps in their order, with its operation and account', async () => {
    await using teller = await startTeller(unprotected);
    using steps = listening(
      'redis-lock.asked',
      'redis-lock.enter',
      'redis-lock.writing',
      'redis-lock.leave',
      'redis-lock.ended',
    );
    await teller.ask('/deposits/6', deposit);
    const who = { operation: 6, account: 3 };
    expect(steps.heard).toEqual([
      { channel: 'redis-lock.asked', said: who },
      { channel: 'redis-lock.enter', said: { ...who, validForMs: 5 } },
      { channel: 'redis-lock.writing', said: who },
      { channel: 'redis-lock.leave', said: who },
      { channel: 'redis-lock.ended', said: { ...who, ending: 'written' } },
    ]);
  });

  test('announces that it no longer holds, and that it failed, when its work throws', async () => {
    await using teller = await startTeller(async (_account, _think, { holding }) => {
      await holding(() => Promise.reject(new Error('in the middle')));
      return 'written';
    });
    using steps = listening('redis-lock.enter', 'redis-lock.leave', 'redis-lock.ended');
    await teller.ask('/deposits/0', deposit);
    expect(steps.heard.map(({ channel, said }) => [channel, said.ending])).toEqual([
      ['redis-lock.enter', undefined],
      ['redis-lock.leave', undefined],
      ['redis-lock.ended', 'failed'],
    ]);
  });

  test('is told by its signal that its caller has gone', async () => {
    const started = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<Ending>();
    await using teller = await startTeller((_account, _think, { signal }) => {
      signal.addEventListener('abort', () => stopped.resolve('not-acquired'), { once: true });
      started.resolve();
      return stopped.promise;
    });
    const caller = new AbortController();
    const asked = teller.ask('/deposits/0', { ...deposit, signal: caller.signal }).catch(() => 'gone');
    await started.promise;
    caller.abort();
    expect(await stopped.promise).toBe('not-acquired');
    expect(await asked).toBe('gone');
  });
});

/** Hands out the context of one deposit, and ends it when the work is done. */
async function withContext<T>(options: Partial<TellerOptions>, work: (context: UpdateContext) => Promise<T>) {
  let result: Promise<T> | undefined;
  await using teller = await startTeller(async (_account, _think, context) => {
    result = work(context);
    await result;
    return 'written';
  }, options);
  await teller.ask('/deposits/5', deposit);
  return await (result as Promise<T>);
}

describe('the context of a deposit', () => {
  test('holds the key of its account, and a token that names its operation and is never given twice', async () => {
    const given = () => withContext({}, async ({ token, lockKey, operation }) => ({ token, lockKey, operation }));
    const [one, other] = [await given(), await given()];
    expect(one).toMatchObject({ lockKey: 'test:lock:2', operation: 5 });
    expect(one.token).toMatch(/^5:[0-9a-f]{16}$/);
    expect(other.token).not.toBe(one.token);
  });

  test('reaches each node by a client of its own', async () => {
    const ports = await withContext({}, async ({ redis, redisNodes }) => {
      expect(redis).toBe(redisNodes[0]);
      return Promise.all(redisNodes.map(async (node) => String((await node.config('GET', 'port')) as unknown)));
    });
    expect(ports).toEqual(servers.redisUrls.map((url) => `port,${new URL(url).port}`));
  });

  test('survives that the database cuts a connection which it has borrowed and does not use', async () => {
    const said = await withContext({}, async ({ postgres }) => {
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
    await withContext({ redisUrls: own.redisUrls }, async ({ redisNodes: [first, other] }) => {
      expect(await first?.ping()).toBe('PONG');
      await expect(other?.ping()).rejects.toThrow();
      await second?.start();
      await until(async () => (await other?.ping().catch(() => null)) === 'PONG');
    });
  });

  test('it does not start if that is the first, and says which', async () => {
    await using own = await startBackends({ redis: 1 });
    await own.stack.server('redis-1').stop();
    const [url = ''] = own.redisUrls;
    await expect(startTeller(unprotected, { redisUrls: own.redisUrls })).rejects.toThrow(new URL(url).host);
  });

  test('a command that was under way when the server was killed fails, and is not sent again to the next', async () => {
    await using own = await startBackends({ redis: 1 });
    const server = own.stack.server('redis-1');
    const said = await withContext({ redisUrls: own.redisUrls }, async ({ redis, lockKey }) => {
      await server.pause();
      const waiting = redis.set(lockKey, 'mine').catch((error) => error as Error);
      await server.kill();
      // Started before the failure is looked at: a client that keeps the command would send it now.
      await server.start();
      const error = await waiting;
      await until(async () => (await redis.ping().catch(() => null)) === 'PONG');
      return { error, found: await redis.get(lockKey) };
    });
    expect(said.error).toBeInstanceOf(Error);
    expect(said.found).toBeNull();
  });
});

test('a blocked teller answers first, and then nothing until the block is over', async () => {
  await using teller = await startService();
  await teller.ask('/control/block', { ...deposit, body: { blockMs: 600 } });
  // Others go on meanwhile: it is this process that stands still.
  const order: string[] = [];
  await Promise.all([
    teller.ask('/accounts/0').then(() => order.push('answer')),
    delay(300).then(() => order.push('half of the block')),
  ]);
  expect(order).toEqual(['half of the block', 'answer']);
});

test.each([{}, { blockMs: -1 }, { blockMs: 1, forMs: 2 }])('%j is no block, and it says so', async (body) => {
  await using teller = await startTeller(unprotected);
  const { status, body: said } = await teller.ask('/control/block', { ...deposit, body });
  expect(status).toBe(400);
  expect(said.error).toMatch(/blockMs|forMs/);
});

test('started as a process, it uses the variant of the file it was given', async () => {
  await using teller = await startService();
  expect((await teller.ask('/deposits/0', deposit)).body).toEqual({ ending: 'written', account: 0 });
  expect((await teller.ask('/accounts/0')).body).toEqual({ account: 0, balance: 41 });
});

/** A teller in a process of its own, with a variant that writes 41. */
async function startService() {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'teller-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'mine.ts');
  await writeFile(
    file,
    `export default async (_a, _t, { account }) => { await account.write(41); return 'written'; };`,
  );
  const teller = starting.use(
    await startProcess('teller/main.ts', {
      VARIANT_FILE: file,
      POSTGRES_URL: await servers.freshDatabase(),
      REDIS_URLS: servers.redisUrls.join(','),
    }),
  );
  const owned = starting.move();
  return { ask: teller.ask, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10);
}
