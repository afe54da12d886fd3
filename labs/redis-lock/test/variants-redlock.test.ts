import { setTimeout as delay } from 'node:timers/promises';
import { listening, until } from '@backend-labs/testbed';
import type { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Update, UpdateContext } from '../src/contract.ts';
import nodeRedlock from '../src/variants/node-redlock.ts';
import redlock from '../src/variants/redlock.ts';
import { type Servers, startBackends } from './servers.ts';
import { type Bank, lockOn, openBank } from './update-with.ts';

const BOTH: [string, Update][] = [
  ['redlock', redlock],
  ['node-redlock', nodeRedlock],
];
const S = 'somebody';

let servers: Servers;
let bank: Bank;
let impatient: Bank;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 5 });
  // A tenth of the TTL is what redlock waits for one node.
  bank = await openBank(servers, { ttlMs: 2000 });
  impatient = await openBank(servers, { ttlMs: 2000, acquireTimeoutMs: 500 });
});
afterAll(async () => {
  await bank?.[Symbol.asyncDispose]();
  await impatient?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

/** What a test has taken away, to be given back. */
let healing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await heal();
});

async function heal() {
  await Promise.all(healing.map((healOne) => healOne()));
  healing = [];
  for (const { nodes } of [bank, impatient]) await Promise.all(nodes.map(untilItAnswers));
}

async function untilItAnswers(node: Redis) {
  await until('the node answers', async () => (await node.ping().catch(() => null)) === 'PONG');
}

const redisServer = (index: number) => servers.stack.server(`redis-${index + 1}`);

async function kill(...nodes: number[]) {
  healing.push(...nodes.map((index) => () => redisServer(index).start()));
  await Promise.all(nodes.map((index) => redisServer(index).kill()));
}

async function pause(...nodes: number[]) {
  healing.push(...nodes.map((index) => () => redisServer(index).resume()));
  await Promise.all(nodes.map((index) => redisServer(index).pause()));
}

const locksOn = (from: Bank, account: number, indexes: number[]) =>
  Promise.all(indexes.map((index) => lockOn(from.nodes[index] as Redis, from.contextOf(account).lockKey)));

describe('with nodes that are down', () => {
  test.each(BOTH)('%s: two of five do not stop it', async (_name, variant) => {
    const account = bank.freshAccount();
    await kill(0, 3);
    expect(await bank.update(variant, { account })).toBe('written');
    expect(await locksOn(bank, account, [1, 2, 4])).toEqual([null, null, null]);
  });

  test.each(BOTH)(
    '%s: with three of five it is not acquired, and nothing is left on the two',
    async (_name, variant) => {
      const account = impatient.freshAccount();
      await kill(0, 2, 3);
      expect(await impatient.update(variant, { account })).toBe('not-acquired');
      expect(await locksOn(impatient, account, [1, 4])).toEqual([null, null]);
      expect(await impatient.balanceOf(account)).toBe(0);
    },
  );
});

describe('with nodes that accept commands and do not answer', () => {
  test.each(BOTH)('%s: two of five do not stop it, and what they do late is undone', async (_name, variant) => {
    const account = bank.freshAccount();
    await pause(1, 4);
    expect(await bank.update(variant, { account })).toBe('written');
    await heal();
    expect(await bank.locksOf(account)).toEqual([null, null, null, null, null]);
  });

  test('redlock: with three of five it is not acquired, and what they do late is undone', async () => {
    const account = impatient.freshAccount();
    await pause(0, 1, 4);
    expect(await impatient.update(redlock, { account })).toBe('not-acquired');
    await heal();
    expect(await impatient.locksOf(account)).toEqual([null, null, null, null, null]);
  });

  test('node-redlock: with three of five its acquire() never settles; only our own patience ends it', async () => {
    const account = impatient.freshAccount();
    await pause(0, 1, 4);
    const { libraries, redisNodes, lockKey } = impatient.contextOf(account);
    let isSettled = false;
    const settled = () => {
      isSettled = true;
    };
    new libraries.Redlock(redisNodes, { retryCount: 0 }).acquire([`${lockKey}:own`], 100).then(settled, settled);
    expect(await impatient.update(nodeRedlock, { account })).toBe('not-acquired');
    expect(isSettled).toBe(false);
  });

  test.each([
    ['node-redlock enters with a validity that is already negative', nodeRedlock, false],
    ['redlock enters only with a lock that is still valid', redlock, true],
  ])('and answer after the TTL: %s', async (_name, variant, isValid) => {
    await using own = await openBank(servers, { ttlMs: 200 });
    const account = own.freshAccount();
    using steps = listening('redis-lock.enter');
    await pause(0, 1, 4);
    const update = own.update(variant, { account });
    await delay(600);
    await heal();
    expect(await update).toBe('written');
    expect(steps.heard.map(({ said }) => Number(said.validForMs) > 0)).toEqual([isValid]);
  });
});

describe('with nodes that somebody else holds', () => {
  test.each(BOTH)('%s: two of five do not stop it, and stay as they are', async (_name, variant) => {
    const account = bank.freshAccount();
    await bank.holdAs(S, account, [0, 3]);
    expect(await bank.update(variant, { account })).toBe('written');
    expect(await bank.locksOf(account)).toEqual([S, null, null, S, null]);
  });

  test.each(BOTH)('%s: with three of five it is not acquired, and they stay as they are', async (_name, variant) => {
    const account = impatient.freshAccount();
    await impatient.holdAs(S, account, [0, 2, 3]);
    expect(await impatient.update(variant, { account })).toBe('not-acquired');
    expect(await impatient.locksOf(account)).toEqual([S, null, S, S, null]);
  });

  test('redlock frees the two that it won before it tries again; node-redlock keeps them', async () => {
    // It waits so long between its rounds that the test can look.
    await using own = await openBank(servers, { ttlMs: 20_000, retryDelayMs: 4000, acquireTimeoutMs: 3000 });
    const heldBetweenRounds = async (variant: Update) => {
      const account = own.freshAccount();
      await own.holdAs(S, account, [0, 2, 3]);
      const caller = new AbortController();
      const update = own.update(variant, { account, signal: caller.signal });
      // Longer than a round, and less than the two or three seconds until the next one.
      await delay(500);
      const locks = await own.locksOf(account);
      caller.abort();
      expect(await update).toBe('not-acquired');
      return [locks[1], locks[4]].filter((lock) => lock !== null).length;
    };
    expect([await heldBetweenRounds(redlock), await heldBetweenRounds(nodeRedlock)]).toEqual([0, 2]);
  });
});

test('redlock does not enter when its process stood still until the answers were worth nothing', async () => {
  const ttlMs = 300;
  await using own = await openBank(servers, { ttlMs });
  const account = own.freshAccount();
  using steps = listening('redis-lock.enter');
  let answers = 0;
  // The stall comes with the first round's last answer: all five have granted, and all five keys have expired since.
  const stalling = (node: Redis) =>
    new Proxy(node, {
      get(target, name) {
        if (name !== 'set') return Reflect.get(target, name).bind(target);
        return async (...args: Parameters<Redis['set']>) => {
          const answer = await target.set(...args);
          if (++answers === 5) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * ttlMs);
          return answer;
        };
      },
    });
  const through = (context: UpdateContext) => ({ ...context, redisNodes: context.redisNodes.map(stalling) });
  expect(await own.update(redlock, { account, through })).toBe('written');
  expect(steps.heard.map(({ said }) => Number(said.validForMs) > 0)).toEqual([true]);
  expect(answers).toBeGreaterThan(5);
});
