/** The bench's pieces, with tiny counts: that they measure what they say. No time and no rate is compared with a number. */
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { benchContextOf, hasEnded, startedChildren } from '@backend-labs/testbed';
import { describe, expect, it } from 'vitest';
import { contend } from '../bench/contend.ts';
import { judge, judgeToken } from '../bench/judged.ts';
import { benchLockAlone } from '../bench/lock-alone.ts';
import { type Plan, planOf } from '../bench/plan.ts';
import { selfTimes } from '../bench/self-time.ts';
import { openStand, type Stand } from '../bench/stand.ts';
import { benchOneAccount, benchUpdates } from '../bench/updates.ts';
import benchRedisLock from '../bench.ts';
import type { Update } from '../src/contract.ts';
import type { Contexts } from '../src/teller/update-context.ts';

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

describe('./lab bench redis-lock', () => {
  it('has a row for each variant and peer, and says what is judged', async () => {
    await using made = await benchContextOf(new AbortController().signal);
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
    else expect(detail).toMatch(/expected at least 50 %.*measured \d+ %.* cycles\/s beside .* requests\/s/);
  });

  it('judges by the median of the rounds, and not at all while the machine is busy with something else', () => {
    const figures = { cyclesPerSecond: 3, requestsPerSecond: 9, cpuUs: 1, otherWork: 0.1 };
    expect(judge({ ...figures, shares: [0.1, 0.6, 0.8] })).toMatchObject({ met: true });
    const below = judge({ ...figures, shares: [0.1, 0.4, 0.8] });
    expect(below).toMatchObject({
      met: false,
      detail: expect.stringContaining('measured 40 % (rounds from 10 % to 80 %)'),
    });
    const busy = judge({ ...figures, otherWork: 0.9, shares: [0.6] });
    expect(busy).toMatchObject({ met: null, detail: expect.stringContaining('other work takes 90 %') });
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
    await using made = await benchContextOf(interruption.signal, interrupt);
    await expect(benchRedisLock(made.context)).rejects.toThrow('enough');
    expect(started.children.length).toBeGreaterThan(6); // one Postgres, five Redis, and what was measured
    // Of one that is left this never resolves. Node may hear of an end a moment after the bench has seen it.
    await Promise.all(started.children.map(hasEnded));
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

it('other work is what keeps the cores from being idle', async () => {
  const quiet = new OtherWork();
  await quiet.look(200);
  const spinning = cpus().map(() => new Worker('while (true);', { eval: true }));
  const busy = new OtherWork();
  await busy.look(500);
  await Promise.all(spinning.map((worker) => worker.terminate()));
  expect(quiet.share).toBeGreaterThanOrEqual(0);
  expect(quiet.share).toBeLessThanOrEqual(1);
  expect(busy.share).toBeGreaterThan(0.8);
  expect(busy.share).toBeLessThanOrEqual(1);
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
