import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Ending, Update, UpdateContext } from '../src/contract.ts';
import fencedClaim from '../src/variants/fenced-claim.ts';
import fencedWrite from '../src/variants/fenced-write.ts';
import nodeRedlock from '../src/variants/node-redlock.ts';
import redlock from '../src/variants/redlock.ts';
import setnx from '../src/variants/setnx.ts';
import setnxTtlDel from '../src/variants/setnx-ttl-del.ts';
import token from '../src/variants/token.ts';
import tokenChecked from '../src/variants/token-checked.ts';
import watchdog from '../src/variants/watchdog.ts';
import { type Servers, startBackends } from './servers.ts';
import { type Bank, openBank } from './update-with.ts';

let servers: Servers;
let bank: Bank;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 5 });
  bank = await openBank(servers);
});
afterAll(async () => {
  await bank?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

const S = 'somebody';
test.each<[string, Update, Ending, (string | null)[]]>([
  ['setnx deletes it', setnx, 'written', [null, S, S, S, S]],
  ['setnx-ttl-del deletes it', setnxTtlDel, 'written', [null, S, S, S, S]],
  ['token leaves it, and writes', token, 'written', [S, S, S, S, S]],
  ['token-checked leaves it, and does not write', tokenChecked, 'rejected', [S, S, S, S, S]],
  ['watchdog leaves it, and writes', watchdog, 'written', [S, S, S, S, S]],
  ['redlock leaves it, and writes', redlock, 'written', [S, S, S, S, S]],
  ['node-redlock leaves it, and writes', nodeRedlock, 'written', [S, S, S, S, S]],
  // Somebody has the lock and no larger fence yet: the database knows of nobody newer.
  ['fenced-write leaves it, and writes', fencedWrite, 'written', [S, S, S, S, S]],
  ['fenced-claim leaves it, and writes', fencedClaim, 'written', [S, S, S, S, S]],
])("a lock that became somebody else's meanwhile: %s", async (_name, variant, ending, left) => {
  const account = bank.freshAccount();
  const think = async () => {
    await bank.holdAs(S, account);
    return 1;
  };
  expect(await bank.update(variant, { account, think })).toBe(ending);
  expect(await bank.locksOf(account)).toEqual(left);
  expect(await bank.balanceOf(account)).toBe(ending === 'written' ? 1 : 0);
});

test('node-redlock asks each node once to release a lock that is no longer its own', async () => {
  const account = bank.freshAccount();
  const asked = bank.nodes.map((node) => vi.spyOn(node, 'evalsha'));
  const think = async () => {
    await bank.holdAs(S, account);
    for (const spy of asked) spy.mockClear();
    return 1;
  };
  try {
    await bank.update(nodeRedlock, { account, think });
    expect(asked.map((spy) => spy.mock.calls.length)).toEqual([1, 1, 1, 1, 1]);
  } finally {
    vi.restoreAllMocks();
  }
});

test('token-checked writes without its lock when it is lost between the check and the write', async () => {
  const account = bank.freshAccount();
  const through = (context: UpdateContext): UpdateContext => ({
    ...context,
    account: {
      ...context.account,
      async write(balance) {
        await bank.holdAs(S, account);
        await context.account.write(balance);
      },
    },
  });
  expect(await bank.update(tokenChecked, { account, through })).toBe('written');
  expect(await bank.balanceOf(account)).toBe(1);
});

/** How long the lock on the first node lives, in ms: -1 for ever, -2 not there. */
function lifeOf(account: number): Promise<number> {
  const { redis, lockKey } = bank.contextOf(account);
  return redis.pttl(lockKey);
}

test.each<[string, Update]>([
  ['setnx-ttl-del', setnxTtlDel],
  ['token', token],
  ['token-checked', tokenChecked],
  ['watchdog', watchdog],
  ['redlock', redlock],
  ['node-redlock', nodeRedlock],
  ['fenced-write', fencedWrite],
  ['fenced-claim', fencedClaim],
])("%s: a dead holder's lock expires after the TTL", async (_name, variant) => {
  const account = bank.freshAccount();
  let lifeMs = 0;
  const think = async () => {
    lifeMs = await lifeOf(account);
    return 1;
  };
  await bank.update(variant, { account, think });
  expect(lifeMs).toBeGreaterThan(0);
  expect(lifeMs).toBeLessThanOrEqual(bank.contextOf(account).settings.ttlMs);
});

test("setnx: a dead holder's lock never expires", async () => {
  const account = bank.freshAccount();
  let lifeMs = 0;
  const think = async () => {
    lifeMs = await lifeOf(account);
    return 1;
  };
  await bank.update(setnx, { account, think });
  expect(lifeMs).toBe(-1);
});

test('watchdog still holds its lock after three TTLs of thinking, and token no longer does', async () => {
  const ttlMs = 1000;
  await using own = await openBank(servers, { ttlMs });
  const heldAfterThinking = async (variant: Update) => {
    const account = own.freshAccount();
    let isHeld = false;
    const think = async () => {
      await delay(3 * ttlMs);
      isHeld = (await own.locksOf(account))[0] !== null;
      return 1;
    };
    expect(await own.update(variant, { account, think })).toBe('written');
    // Nobody extends it any more.
    expect((await own.locksOf(account))[0]).toBeNull();
    return isHeld;
  };
  expect(await Promise.all([heldAfterThinking(watchdog), heldAfterThinking(token)])).toEqual([true, false]);
});

test("watchdog does not touch the life of somebody else's lock, and its work goes on", async () => {
  const ttlMs = 300;
  await using own = await openBank(servers, { ttlMs });
  const account = own.freshAccount();
  const { redis, lockKey } = own.contextOf(account);
  let lifeMs = 0;
  const think = async () => {
    await own.holdAs(S, account);
    await delay(2 * ttlMs);
    lifeMs = await redis.pttl(lockKey);
    return 1;
  };
  expect(await own.update(watchdog, { account, think })).toBe('written');
  expect(lifeMs).toBeGreaterThan(ttlMs);
});
