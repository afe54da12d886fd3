/** What the bench leaves out of an update is its work, and nothing of its lock. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withoutWork } from '../bench/empty-work.ts';
import { planOf } from '../bench/plan.ts';
import type { Update } from '../src/contract.ts';
import { type Servers, startBackends } from './servers.ts';
import { openBank } from './update-with.ts';

describe('an update without work', () => {
  const locks = planOf({ quick: true }).locks;
  let servers: Servers;
  beforeAll(async () => {
    servers = await startBackends({ postgres: 1, redis: 5 });
  });
  afterAll(() => servers[Symbol.asyncDispose]());
  const variantIn = async (file: string) => {
    const module = await import(pathToFileURL(resolve(import.meta.dirname, '..', file)).href);
    return (module as { default: Update }).default;
  };

  it.each(Object.entries(locks))('by %s is written, releases its lock and leaves the balance', async (_name, file) => {
    await using bank = await openBank(servers);
    const account = bank.freshAccount();
    const update = await variantIn(file);
    expect(await bank.update(update, { account, through: withoutWork })).toBe('written');
    expect(await bank.balanceOf(account)).toBe(0);
    expect(await bank.locksOf(account)).toEqual([null, null, null, null, null]);
    // The same with its work.
    expect(await bank.update(update, { account })).toBe('written');
    expect(await bank.balanceOf(account)).toBe(1);
  });

  it.each(['setnx', 'token', 'redlock', 'fenced-claim'])('by %s still waits for who holds', async (name) => {
    await using bank = await openBank(servers, { acquireTimeoutMs: 50 });
    const account = bank.freshAccount();
    await bank.holdAs('somebody', account);
    const update = await variantIn(locks[name] as string);
    expect(await bank.update(update, { account, through: withoutWork })).toBe('not-acquired');
  });

  it('by pg-row still waits for the row', async () => {
    await using bank = await openBank(servers, { acquireTimeoutMs: 50 });
    const account = bank.freshAccount();
    const { postgres } = bank.contextOf(account);
    const holder = await postgres.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('SELECT FROM account WHERE id = $1 FOR UPDATE', [account]);
      const update = await variantIn(locks['pg-row'] as string);
      expect(await bank.update(update, { account, through: withoutWork })).toBe('not-acquired');
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
  });
});
