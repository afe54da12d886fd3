import { setTimeout as delay } from 'node:timers/promises';
import { listening } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Update } from '../src/contract.ts';
import atomicUpdate from '../src/variants/atomic-update.ts';
import compareAndSet from '../src/variants/compare-and-set.ts';
import fencedClaim from '../src/variants/fenced-claim.ts';
import fencedWrite from '../src/variants/fenced-write.ts';
import nodeRedlock from '../src/variants/node-redlock.ts';
import none from '../src/variants/none.ts';
import pgAdvisory from '../src/variants/pg-advisory.ts';
import pgRow from '../src/variants/pg-row.ts';
import redlock from '../src/variants/redlock.ts';
import setnx from '../src/variants/setnx.ts';
import setnxTtlDel from '../src/variants/setnx-ttl-del.ts';
import token from '../src/variants/token.ts';
import tokenChecked from '../src/variants/token-checked.ts';
import watchdog from '../src/variants/watchdog.ts';
import { type Servers, startBackends } from './servers.ts';
import { type Bank, heldThink, openBank } from './update-with.ts';

const REDIS_LOCKS: [string, Update][] = [
  ['setnx', setnx],
  ['setnx-ttl-del', setnxTtlDel],
  ['token', token],
  ['token-checked', tokenChecked],
  ['watchdog', watchdog],
  ['redlock', redlock],
  ['node-redlock', nodeRedlock],
  ['fenced-write', fencedWrite],
  ['fenced-claim', fencedClaim],
];
const LOCKS: [string, Update][] = [...REDIS_LOCKS, ['pg-advisory', pgAdvisory], ['pg-row', pgRow]];
const LOSING_NOTHING: [string, Update][] = [
  ...LOCKS,
  ['atomic-update', atomicUpdate],
  ['compare-and-set', compareAndSet],
];
const ALL: [string, Update][] = [['none', none], ...LOSING_NOTHING];

let servers: Servers;
let bank: Bank;
let impatient: Bank;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 5 });
  bank = await openBank(servers);
  impatient = await openBank(servers, { acquireTimeoutMs: 300 });
});
afterAll(async () => {
  await bank?.[Symbol.asyncDispose]();
  await impatient?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

/** Two at once: each thinks until the other one thinks too, or for so long that it would have. */
async function twoAtOnce(variant: Update) {
  const account = bank.freshAccount();
  const both = Promise.withResolvers<void>();
  let thinking = 0;
  const think = async () => {
    if (++thinking === 2) both.resolve();
    await Promise.race([both.promise, delay(300)]);
    return 1;
  };
  using steps = listening('redis-lock.enter', 'redis-lock.leave');
  const endings = await Promise.all([
    bank.update(variant, { account, think }),
    bank.update(variant, { account, think }),
  ]);
  const held = steps.heard.filter(({ said }) => said.account === account).map(({ channel }) => channel.split('.')[1]);
  return { endings, balance: await bank.balanceOf(account), held };
}

test.each(ALL)('%s: one alone is written, and leaves no lock behind', async (_name, variant) => {
  const account = bank.freshAccount();
  expect(await bank.update(variant, { account, think: async () => 7 })).toBe('written');
  expect(await bank.balanceOf(account)).toBe(7);
  expect(await bank.locksOf(account)).toEqual([null, null, null, null, null]);
  // The next one is let in at once: nothing is held in the database either.
  expect(await bank.update(variant, { account })).toBe('written');
});

test.each(ALL)('%s: the database keeps which operation has written', async (_name, variant) => {
  const account = bank.freshAccount();
  let operation: number | undefined;
  const through = (context: Parameters<Update>[2]) => {
    operation = context.operation;
    return context;
  };
  await bank.update(variant, { account, through });
  const { rows } = await bank
    .contextOf(account)
    .postgres.query('SELECT operation, before, after FROM history WHERE account = $1', [account]);
  expect(rows).toEqual([{ operation, before: '0', after: '1' }]);
});

test('none: of two at once, both acknowledged, one is lost', async () => {
  const { endings, balance } = await twoAtOnce(none);
  expect(endings).toEqual(['written', 'written']);
  expect(balance).toBe(1);
});

test.each(LOSING_NOTHING)('%s: of two at once, both acknowledged, none is lost', async (_name, variant) => {
  const { endings, balance } = await twoAtOnce(variant);
  expect(endings).toEqual(['written', 'written']);
  expect(balance).toBe(2);
});

test.each(LOCKS)('%s: of two at once the second enters after the first has left', async (_name, variant) => {
  expect((await twoAtOnce(variant)).held).toEqual(['enter', 'leave', 'enter', 'leave']);
});

test('none: two at once both believe that they are alone', async () => {
  expect((await twoAtOnce(none)).held).toEqual(['enter', 'enter', 'leave', 'leave']);
});

test.each(ALL)('%s: two accounts do not hinder each other', async (_name, variant) => {
  const [one, other] = [heldThink(), heldThink()];
  const first = bank.update(variant, { account: bank.freshAccount(), think: one.think });
  await one.begun;
  const second = bank.update(variant, { account: bank.freshAccount(), think: other.think });
  await other.begun;
  one.goOn();
  other.goOn();
  expect(await Promise.all([first, second])).toEqual(['written', 'written']);
});

describe('while somebody else holds the lock', () => {
  test.each(LOCKS)('%s: it is not acquired, and nothing is thought or written', async (_name, variant) => {
    const account = impatient.freshAccount();
    const holder = heldThink();
    const held = impatient.update(variant, { account, think: holder.think });
    await holder.begun;
    let thought = 0;
    const late = await impatient.update(variant, { account, think: async () => ++thought });
    expect([late, thought, await impatient.balanceOf(account)]).toEqual(['not-acquired', 0, 0]);
    holder.goOn();
    expect(await held).toBe('written');
    expect(await impatient.balanceOf(account)).toBe(1);
    expect(await impatient.update(variant, { account })).toBe('written');
  });

  test.each(REDIS_LOCKS)('%s: a caller that goes away ends the wait', async (_name, variant) => {
    const account = bank.freshAccount();
    const caller = new AbortController();
    await bank.holdAs('somebody', account);
    const waiting = bank.update(variant, { account, signal: caller.signal });
    await delay(50);
    caller.abort();
    expect(await Promise.race([waiting, delay(5000, 'still waiting')])).toBe('not-acquired');
    expect(await bank.locksOf(account)).toEqual(Array(5).fill('somebody'));
  });

  test('compare-and-set: it gives up when each of its tries finds another version', async () => {
    const account = impatient.freshAccount();
    let others = 0;
    const think = async () => {
      if ((await impatient.update(atomicUpdate, { account })) === 'written') others++;
      return 1;
    };
    expect(await impatient.update(compareAndSet, { account, think })).toBe('not-acquired');
    expect(others).toBeGreaterThan(1);
    expect(await impatient.balanceOf(account)).toBe(others);
  });
});

test.each(LOCKS)('%s: work that fails says so, writes nothing and frees the lock', async (_name, variant) => {
  const account = bank.freshAccount();
  const failing = bank.update(variant, { account, think: () => Promise.reject(new Error('no idea')) });
  await expect(failing).rejects.toThrow('no idea');
  expect(await bank.locksOf(account)).toEqual([null, null, null, null, null]);
  expect(await bank.update(variant, { account })).toBe('written');
  expect(await bank.balanceOf(account)).toBe(1);
});
