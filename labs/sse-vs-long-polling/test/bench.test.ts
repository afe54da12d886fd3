/** The bench's tables, with tiny counts: they say what was measured. No time or size is compared with a number. */
import { benchContextOf, hasEnded, startedChildren } from '@backend-labs/testbed';
import { describe, expect, it } from 'vitest';
import { benchDeliveries } from '../bench/deliveries.ts';
import { measureMany } from '../bench/many.ts';
import { judgeMemory, memoryTable } from '../bench/memory.ts';
import { judgeArrival, oneMessageTable } from '../bench/one-message.ts';
import { type Plan, planOf } from '../bench/plan.ts';
import { SERVERS } from '../bench/servers.ts';
import benchPush, { benchMany } from '../push.bench.ts';

const context = { log: () => {}, signal: new AbortController().signal };
const plan: Plan = {
  servers: SERVERS,
  textBytes: 100,
  arriveLimitMs: 15_000,
  many: {
    of: Object.keys(SERVERS),
    ...{ first: 3, subscribers: 6, clientProcesses: 2, rounds: 1, warmUpMessages: 1, messages: 2 },
  },
  deliveries: {
    of: ['sse-resume', 'ws', 'better-sse'],
    ...{ subscribers: 5, rounds: 2, warmUpMessages: 1, messages: 4, everyMs: 5 },
  },
};

/** Another server where sse-resume is. */
const withServer = (file: string, arriveLimitMs = plan.arriveLimitMs): Plan => ({
  ...plan,
  arriveLimitMs,
  servers: { ...SERVERS, 'sse-resume': { file: `test/bench-servers/${file}`, kind: 'stream' } },
  many: { ...plan.many, of: ['sse-resume'] },
});

describe('./lab bench push', () => {
  it('has a row for each server in both tables, and each subscriber of each got each message', async () => {
    const { tables, parts } = await benchMany(plan, context, Number.POSITIVE_INFINITY);
    for (const { columns, rows } of tables) {
      expect(rows.map(([name]) => name)).toEqual(Object.keys(SERVERS));
      for (const row of rows) expect(row).toHaveLength(columns.length);
    }
    for (const [name, p50, p99, last, messages, missing] of tables[1]?.rows ?? []) {
      for (const delay of [p50, p99, last]) expect(delay).toBeGreaterThan(0);
      expect(p50).toBeLessThanOrEqual(last as number);
      expect([messages, missing], String(name)).toEqual([name === 'long-poll-cursor' ? 1 : 2, 0]);
    }
    expect(parts[0]).toMatchObject({ name: 'sse-resume: memory of an idle subscriber' });
    expect(parts[1]).toEqual({
      name: 'one message reaches each of 9',
      met: true,
      detail: 'each subscriber of each server got each message once',
    });
  });

  it('counts what each delivery costs beside ws and better-sse, and that none is missing', async () => {
    const [{ columns, rows }, parts] = await benchDeliveries(plan, context);
    expect(rows.map(([name]) => name)).toEqual(['sse-resume', 'ws', 'better-sse']);
    for (const row of rows) expect(row).toHaveLength(columns.length);
    for (const [, cpuUs, , , bytes, deliveries, missing] of rows) {
      expect(cpuUs).toBeGreaterThan(0);
      expect(bytes).toBeGreaterThan(plan.textBytes);
      expect([deliveries, missing]).toEqual([2 * 4 * 5, 0]);
    }
    expect(rows[1]?.at(-1)).toBe('1.00×');
    expect(parts.map(({ name }) => name)).toEqual([
      'sse-resume beside ws: CPU of a delivery',
      'sse-resume beside better-sse: CPU of a delivery',
    ]);
    expect(parts.map(({ detail }) => /expected .*?×, measured/.exec(detail)?.[0])).toEqual([
      'expected at most 1.05×, measured',
      'expected below 1.00×, measured',
    ]);
  });

  it('does not pass a server that keeps 64 KB for each connection, and sees where they are', async () => {
    const many = { ...plan.many, of: ['sse-resume'], first: 10, subscribers: 200, messages: 1 };
    const wasteful = { ...withServer('keeps-64-kb.ts'), many };
    const measured = await measureMany(wasteful, context);
    expect(judgeMemory(measured, wasteful).met).toBe(false);
    const ours = memoryTable(await measureMany({ ...plan, many }, context), { ...plan, many });
    const theirs = memoryTable(measured, wasteful);
    const kept = (column: string) => {
      const at = theirs.columns.indexOf(column);
      return (theirs.rows[0]?.[at] as number) - (ours.rows[0]?.[at] as number);
    };
    // Each has been written to, so the system had to give it.
    expect(kept('RSS')).toBeGreaterThan(65_536 / 2);
    expect(kept('outside of the heap')).toBeGreaterThan(0.9 * 65_536);
    expect(kept('heap in use')).toBeLessThan(65_536 / 2);
  });

  it.each([
    ['does not get', 'forgets-some.ts', /^delivered: sse-resume 9 of 18$/],
    ['gets twice', 'says-it-twice.ts', /^delivered: sse-resume (1[1-9]|[2-9]\d) of 18$/],
  ])('does not pass a message that a subscriber %s', async (_, file, detail) => {
    // It waits as long for what never comes.
    const short = withServer(file, 300);
    const measured = await measureMany(short, context);
    expect(judgeArrival(measured, short)).toEqual({
      name: 'one message reaches each of 9',
      met: false,
      detail: expect.stringMatching(detail),
    });
    expect(oneMessageTable(measured, short).rows[0]?.at(-1)).toBe(file === 'forgets-some.ts' ? 9 : 0);
  });

  it('does not compare what deliveries cost when some of them never came', async () => {
    const [table, parts] = await benchDeliveries(withServer('forgets-some.ts', 300), context);
    expect(table.rows.map((row) => row.at(-2))).toEqual([3 * 5, 0, 0]);
    for (const { met, detail } of parts) {
      expect(met).toBe(false);
      expect(detail).toMatch(/^15 deliveries are missing/);
    }
  });

  it('skips the ten thousand where a process may not open as many files, and says how many it takes', async () => {
    const { tables, parts } = await benchMany(planOf({ quick: true }), context, 1024);
    expect(tables).toEqual([]);
    expect(parts.map(({ met }) => met)).toEqual([null, null]);
    for (const { detail } of parts) expect(detail).toMatch(/^10100 connections .* 1024 are allowed here: allow 10300/);
  });

  it('fails with what the server says that could not start', async () => {
    await expect(measureMany(withServer('nowhere.ts'), context)).rejects.toThrow(
      /server-main.*ended[\s\S]*nowhere\.ts/,
    );
  });
});

it('ends all that it has started and rejects with the reason when it is interrupted', async () => {
  using started = startedChildren();
  const interruption = new AbortController();
  await using made = await benchContextOf(interruption.signal, () => {
    setTimeout(() => interruption.abort(new Error('enough')), 500);
  });
  await expect(benchPush(made.context)).rejects.toThrow('enough');
  expect(started.children.length).toBeGreaterThan(1); // a server and its clients
  // Of one that is left this never resolves. Node may hear of an end a moment after the bench has seen it.
  await Promise.all(started.children.map(hasEnded));
});
