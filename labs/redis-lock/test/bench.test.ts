/** The bench's pieces, with tiny counts: that they measure what they say. No time and no rate is compared with a number. */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contend } from '../bench/contend.ts';
import { withoutWork } from '../bench/empty-work.ts';
import { judgeToken } from '../bench/judged.ts';
import { benchLockAlone } from '../bench/lock-alone.ts';
import { type Plan, planOf } from '../bench/plan.ts';
import { selfTimes } from '../bench/self-time.ts';
import { openStand, type Stand } from '../bench/stand.ts';
import { benchOneAccount, benchUpdates } from '../bench/updates.ts';
import benchRedisLock from '../bench.ts';
import type { Update } from '../src/contract.ts';
import type { Contexts } from '../src/teller/update-context.ts';
import { type Servers, startBackends } from './servers.ts';
import { openBank } from './update-with.ts';

const log = () => {};
const plan: Plan = {
  levels: [1, 3],
  rounds: 1,
  warmUpMs: 10,
  durationMs: 30,
  benchmarkMs: 10,
  judged: { rounds: 1, warmUpMs: 10, durationMs: 30, benchmarkMs: 10 },
  locks: { token: 'src/variants/token.ts', 'pg-row': 'src/variants/pg-row.ts' },
  variants: { token: 'src/variants/token.ts', 'atomic-update': 'src/variants/atomic-update.ts' },
};

async function contextOf(signal: AbortSignal, say: (line: string) => void = log) {
  const folder = await mkdtemp(join(tmpdir(), 'redis-lock-bench-'));
  const stateFolder = resolve(import.meta.dirname, '../../../.lab');
  return {
    context: { quick: true, signal, log: say, folder, stateFolder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The child processes that are started while it lives. */
function startedChildren() {
  const children: ChildProcess[] = [];
  const seen = (message: unknown) => void children.push((message as { process: ChildProcess }).process);
  subscribe('child_process', seen);
  return { children, [Symbol.dispose]: () => void unsubscribe('child_process', seen) };
}

describe('./lab bench redis-lock', () => {
  it('has a row for each variant and peer, and says what is judged', async () => {
    await using made = await contextOf(new AbortController().signal);
    await using stand = await openStand(made.context, 3);
    const alone = await benchLockAlone(stand, plan, { log });
    const names = alone.rows.map(([name]) => name);
    expect(names).toEqual([
      expect.stringContaining('benchmark'),
      'one SET by ioredis',
      'one SELECT 1 by pg',
      'token',
      'pg-row',
    ]);
    const updates = await benchUpdates(stand, plan, { log });
    expect(updates.rows.map(([name]) => name)).toEqual(['token', 'atomic-update']);
    for (const { columns, rows } of [alone, updates]) for (const row of rows) expect(row).toHaveLength(columns.length);
    const figures = [...alone.rows.slice(1), ...updates.rows].flatMap((row) => row.slice(1, 6));
    for (const figure of figures) expect(figure).toBeGreaterThan(0);

    const one = await benchOneAccount(stand, plan, { log });
    expect(one.rows.map(([name]) => name)).toEqual(['token', 'atomic-update']);
    for (const [, , , least, median, most] of one.rows) {
      expect(least).toBeLessThanOrEqual(median as number);
      expect(median).toBeLessThanOrEqual(most as number);
      expect(most).toBeGreaterThan(0);
    }

    const { met, detail } = await judgeToken(stand, plan, { log });
    if (stand.benchmarkVersion === null) expect({ met, detail }).toEqual({ met: null, detail: stand.whyNot });
    else
      expect([typeof met, detail]).toEqual([
        'boolean',
        expect.stringMatching(/expected at least 50 %.*measured \d+ %/),
      ]);
  });

  it('judges nothing without redis-benchmark, and says why', async () => {
    const stand = { sets: async () => null, whyNot: 'it is not there' } as unknown as Stand;
    expect(await judgeToken(stand, planOf({ quick: true }), { log })).toMatchObject({
      met: null,
      detail: 'it is not there',
    });
  });

  it('ends all that it has started and rejects with the reason when it is interrupted', async () => {
    using started = startedChildren();
    const interruption = new AbortController();
    const interrupt = (line: string) => {
      if (line.startsWith('lock alone')) setTimeout(() => interruption.abort(new Error('enough')), 50);
    };
    await using made = await contextOf(interruption.signal, interrupt);
    await expect(benchRedisLock(made.context)).rejects.toThrow('enough');
    expect(started.children.length).toBeGreaterThan(6); // one Postgres, five Redis, and what was measured
    for (const { exitCode, signalCode, spawnfile } of started.children) {
      expect([spawnfile, exitCode, signalCode]).not.toEqual([spawnfile, null, null]);
    }
  });
});

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

describe('a closed loop of contenders', () => {
  const contexts = { contextFor: (request: unknown) => request } as unknown as Contexts;
  const common = { contexts, through: <T>(context: T) => context, contenders: 4, durationMs: 60 };

  it('gives each contender an account of its own, or all the same one, and has as many at once as contenders', async () => {
    const seen = new Set<number>();
    let running = 0;
    let most = 0;
    const update: Update = async (account) => {
      seen.add(account);
      most = Math.max(most, ++running);
      await delay(1);
      running -= 1;
      return 'written';
    };
    const { written, refused } = await contend({ ...common, update, sameAccount: false });
    expect([...seen].toSorted()).toEqual([0, 1, 2, 3]);
    expect([most, running, written.length, refused]).toEqual([4, 0, 4, 0]);
    expect(Math.min(...written)).toBeGreaterThan(0);
    seen.clear();
    await contend({ ...common, update, sameAccount: true });
    expect([...seen]).toEqual([0]);
  });

  it('counts apart what was not written, and whose turn it was', async () => {
    const update: Update = async (account) => {
      await delay(1);
      return account === 0 ? 'not-acquired' : 'written';
    };
    const { written, refused, cyclesPerSecond } = await contend({ ...common, update, sameAccount: false });
    expect(written.map((times) => times > 0)).toEqual([false, true, true, true]);
    expect(refused).toBeGreaterThan(0);
    expect(cyclesPerSecond).toBeGreaterThan(0);
  });

  it('tells those that still wait after its end to give up', async () => {
    const update: Update = async (_account, _think, { signal }) => {
      await delay(600_000, undefined, { signal }).catch(() => {});
      return 'not-acquired';
    };
    const { written, refused } = await contend({ ...common, update, sameAccount: true });
    expect([written, refused]).toEqual([[0, 0, 0, 0], 0]);
  });
});

it('a profile is summed up by function, without the time in which nothing ran and without folders', () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const nodes = [
    { id: 1, callFrame: frame('(idle)', '') },
    { id: 2, callFrame: frame('write', 'file:///home/me/labs/redis-lock/bench/contend.ts') },
    {
      id: 3,
      callFrame: frame('send', 'file:///a/node_modules/.pnpm/ioredis@6.0.0/node_modules/ioredis/built/Redis.js'),
    },
    // The same function, called from somewhere else.
    { id: 4, callFrame: frame('write', 'file:///home/me/labs/redis-lock/bench/contend.ts') },
  ];
  const summed = selfTimes({ nodes, samples: [1, 2, 3, 4], timeDeltas: [100, 20, 60, 20] });
  expect(summed).toEqual({
    idle: 0.5,
    functions: [
      { share: 0.6, name: 'send', where: 'ioredis/built/Redis.js:10' },
      { share: 0.4, name: 'write', where: 'labs/redis-lock/bench/contend.ts:10' },
    ],
  });
});
