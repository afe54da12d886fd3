import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Update } from '../src/contract.ts';
import pgAdvisory from '../src/variants/pg-advisory.ts';
import pgRow from '../src/variants/pg-row.ts';
import { type Servers, startBackends } from './servers.ts';
import { type Bank, heldThink, openBank } from './update-with.ts';

const BOTH: [string, Update][] = [
  ['pg-advisory', pgAdvisory],
  ['pg-row', pgRow],
];

let servers: Servers;
let bank: Bank;
beforeAll(async () => {
  servers = await startBackends({ postgres: 1, redis: 1 });
  bank = await openBank(servers);
});
afterAll(async () => {
  await bank?.[Symbol.asyncDispose]();
  await servers?.[Symbol.asyncDispose]();
});

test.each<[string, Update, string]>([
  ['pg-advisory', pgAdvisory, "l.locktype = 'advisory' AND l.objid = $1"],
  ['pg-row', pgRow, "l.relation = 'account'::regclass AND $1::int IS NOT NULL"],
])('%s: a holder whose connection is cut writes nothing, and the next one is let in', async (_name, variant, which) => {
  const account = bank.freshAccount();
  const { postgres } = bank.contextOf(account);
  let cut: number | null = 0;
  const think = async () => {
    const holders = `SELECT DISTINCT l.pid FROM pg_locks l WHERE ${which} AND l.pid <> pg_backend_pid()`;
    ({ rowCount: cut } = await postgres.query(`SELECT pg_terminate_backend(pid) FROM (${holders}) AS held`, [account]));
    return 1;
  };
  await expect(bank.update(variant, { account, think })).rejects.toThrow();
  expect(cut).toBe(1);
  expect(await bank.balanceOf(account)).toBe(0);
  expect(await bank.update(variant, { account })).toBe('written');
});

test.each(BOTH)(
  '%s: gives up by itself, and its connections go back to the pool as they came',
  async (_name, variant) => {
    // A pool of its own: no other variant's settings can be on these connections.
    await using own = await openBank(servers, { acquireTimeoutMs: 1000 });
    const account = own.freshAccount();
    const { postgres } = own.contextOf(account);
    const holder = heldThink();
    const held = own.update(variant, { account, think: holder.think });
    await holder.begun;
    expect(await own.update(variant, { account })).toBe('not-acquired');
    holder.goOn();
    expect(await held).toBe('written');
    // All at once, so that each is asked on another connection.
    const asked = Array.from({ length: postgres.totalCount }, () => postgres.query('SHOW lock_timeout'));
    const limits = (await Promise.all(asked)).map(({ rows }) => rows[0].lock_timeout);
    expect(limits.length).toBeGreaterThanOrEqual(2);
    expect(new Set(limits)).toEqual(new Set(['0']));
  },
);

test.each(BOTH)('%s: more waiters than the pool has connections all get an answer', async (_name, variant) => {
  await using own = await openBank(servers, { acquireTimeoutMs: 300 });
  const account = own.freshAccount();
  const holder = heldThink();
  const held = own.update(variant, { account, think: holder.think });
  await holder.begun;
  const waiters = Array.from({ length: 60 }, () => own.update(variant, { account }));
  const endings = new Set(await Promise.all(waiters));
  holder.goOn();
  expect([await held, ...endings]).toEqual(['written', 'not-acquired']);
});
