/** The teller's answers to a deposit, what it announces meanwhile, and how it is blocked. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listening, startProcess } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Ending, Update } from '../src/contract.ts';
import { type Servers, startBackends } from './servers.ts';
import { deposit, startTeller, unprotected } from './teller.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 2 });
});
afterAll(() => servers?.[Symbol.asyncDispose]());

describe('a deposit', () => {
  test('that is written is answered with 200, and is in the account', async () => {
    await using teller = await startTeller(servers, unprotected);
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
    await using teller = await startTeller(servers, async () => ending);
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
    await using teller = await startTeller(servers, update);
    const { status, outcome, body } = await teller.ask('/deposits/0', deposit);
    expect([status, outcome]).toEqual([500, null]);
    expect(body.error).toContain(said);
  });

  test('goes to the same account as its contenders, and the accounts come round', async () => {
    await using teller = await startTeller(servers, async () => 'written', { accounts: 2, contenders: 3 });
    const accounts: unknown[] = [];
    for (let operation = 0; operation < 8; operation++) {
      accounts.push((await teller.ask(`/deposits/${operation}`, deposit)).body.account);
    }
    expect(accounts).toEqual([0, 0, 0, 1, 1, 1, 0, 0]);
  });

  test.each(['/deposits/tea', '/deposits/-1', '/deposits/1.5', '/deposits/99999999999'])(
    'to %s is refused before the variant is asked',
    async (path) => {
      await using teller = await startTeller(servers, unprotected);
      using asked = listening('redis-lock.asked');
      expect((await teller.ask(path, deposit)).status).toBe(400);
      expect(asked.heard).toEqual([]);
    },
  );

  test('announces its steps in their order, with its operation and account', async () => {
    await using teller = await startTeller(servers, unprotected);
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
    await using teller = await startTeller(servers, async (_account, _think, { holding }) => {
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
    await using teller = await startTeller(servers, (_account, _think, { signal }) => {
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
  await using teller = await startTeller(servers, unprotected);
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
    await startProcess(join(import.meta.dirname, '../src/teller/main.ts'), {
      VARIANT_FILE: file,
      POSTGRES_URL: await servers.freshDatabase(),
      REDIS_URLS: servers.redisUrls.join(','),
    }),
  );
  const owned = starting.move();
  return { ask: teller.ask, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
