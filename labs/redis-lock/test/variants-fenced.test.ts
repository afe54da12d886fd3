import { listening } from '@backend-labs/testbed';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Ending, Update } from '../src/contract.ts';
import fencedClaim from '../src/variants/fenced-claim.ts';
import fencedWrite from '../src/variants/fenced-write.ts';
import token from '../src/variants/token.ts';
import { type Servers, startBackends } from './servers.ts';
import { type Bank, heldThink, openBank } from './update-with.ts';

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

const A_ADDS = 1;
const B_ADDS = 10;

/** A reads and thinks; its lock expires; B takes it, reads and thinks. Then they go on in the given order. */
async function overtaken(variant: Update, order: 'A then B' | 'B then A') {
  const account = bank.freshAccount();
  const { redis, lockKey } = bank.contextOf(account);
  const thinking = { A: heldThink(A_ADDS), B: heldThink(B_ADDS) };
  const A = bank.update(variant, { account, think: thinking.A.think });
  await thinking.A.begun;
  await redis.del(lockKey);
  const B = bank.update(variant, { account, think: thinking.B.think });
  await thinking.B.begun;
  const endings: Ending[] = [];
  for (const [name, update] of order === 'A then B'
    ? ([
        ['A', A],
        ['B', B],
      ] as const)
    : ([
        ['B', B],
        ['A', A],
      ] as const)) {
    thinking[name].goOn();
    endings.push(await update);
  }
  return { endings, balance: await bank.balanceOf(account) };
}

test.each<[string, Update, { endings: Ending[]; balance: number }]>([
  ['token writes over what the newer one wrote', token, { endings: ['written', 'written'], balance: A_ADDS }],
  ['fenced-write is rejected', fencedWrite, { endings: ['written', 'rejected'], balance: B_ADDS }],
  ['fenced-claim is rejected', fencedClaim, { endings: ['written', 'rejected'], balance: B_ADDS }],
])('a paused holder that wakes up after the newer one has written: %s', async (_name, variant, expected) => {
  expect(await overtaken(variant, 'B then A')).toEqual(expected);
});

test.each<[string, Update, { endings: Ending[]; balance: number }]>([
  ['token is lost', token, { endings: ['written', 'written'], balance: B_ADDS }],
  ['fenced-write is acknowledged and lost', fencedWrite, { endings: ['written', 'written'], balance: B_ADDS }],
  ['fenced-claim is rejected', fencedClaim, { endings: ['rejected', 'written'], balance: B_ADDS }],
])('a paused holder that wakes up while the newer one still thinks: %s', async (_name, variant, expected) => {
  expect(await overtaken(variant, 'A then B')).toEqual(expected);
});

test.each([
  ['fenced-write', fencedWrite],
  ['fenced-claim', fencedClaim],
])('%s: each grant has a larger fence than all before, and the row keeps the largest', async (_name, variant) => {
  const account = bank.freshAccount();
  const { postgres } = bank.contextOf(account);
  const fences: number[] = [];
  for (let update = 0; update < 3; update++) {
    await bank.update(variant, { account });
    const { rows } = await postgres.query<{ fence: string }>('SELECT fence FROM account WHERE id = $1', [account]);
    fences.push(Number(rows[0]?.fence));
  }
  expect(fences).toEqual([1, 2, 3]);
});

test.each([
  ['fenced-write', fencedWrite],
  ['fenced-claim', fencedClaim],
])('%s: a counter that Redis has lost lets nobody write until it has caught up', async (_name, variant) => {
  const account = bank.freshAccount();
  const { redis, lockKey } = bank.contextOf(account);
  await bank.update(variant, { account });
  await bank.update(variant, { account });
  await redis.del(`${lockKey}:fence`);
  const endings: Ending[] = [];
  for (let update = 0; update < 3; update++) endings.push(await bank.update(variant, { account }));
  expect(endings).toEqual(['rejected', 'rejected', 'written']);
  expect(await bank.balanceOf(account)).toBe(3);
});

test.each([
  ['fenced-write', fencedWrite],
  ['fenced-claim', fencedClaim],
])('%s: announces its write, once, while it holds', async (_name, variant) => {
  const account = bank.freshAccount();
  using steps = listening('redis-lock.enter', 'redis-lock.writing', 'redis-lock.leave');
  await bank.update(variant, { account });
  const own = steps.heard.filter(({ said }) => said.account === account);
  expect(own.map(({ channel }) => channel)).toEqual(['redis-lock.enter', 'redis-lock.writing', 'redis-lock.leave']);
});
