/** The bench's tables, with tiny counts: they say what was measured. No time or rate is compared with a number. */
import { benchContextOf, hasEnded, startedChildren } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchGrowth, MOST_GROWTH } from '../bench/growth.ts';
import { benchLatency, benchPollCurve } from '../bench/latency.ts';
import type { Plan } from '../bench/plan.ts';
import type { Stand } from '../bench/stand.ts';
import { benchThroughput } from '../bench/throughput.ts';
import { benchWritePath } from '../bench/write-path.ts';
import benchOutbox from '../bench.ts';
import { openStandOfItsOwn } from './bench-context.ts';

const log = () => {};
const relays = { 'skip-locked': 'src/variants/skip-locked.ts', 'cdc-pgoutput': 'src/variants/cdc-pgoutput.ts' };
const plan: Plan = {
  batchSize: 10,
  throughput: { rounds: 1, warmUpMs: 20, durationMs: 50, backlog: 8000, backlogOneByOne: 1000 },
  growth: { backlogs: [50, 100], warmUpRounds: 1, rounds: 3, windowMs: 100 },
  latency: {
    ratePerSecond: 50,
    idleMs: 100,
    warmUpMs: 40,
    durationMs: 200,
    pollIntervalMs: 20,
    pollIntervalsMs: [5, 200],
  },
  writePath: { writers: [1, 3], rounds: 1, warmUpMs: 20, durationMs: 50 },
  relays,
  variants: {
    ...relays,
    'skip-locked-notify': 'src/variants/skip-locked-notify.ts',
    'notify-in-every-tx': 'src/variants/notify-in-every-tx.ts',
  },
};

describe('./lab bench outbox', () => {
  let owned: AsyncDisposableStack | undefined;
  let stand: Stand;
  beforeAll(async () => {
    ({ stand, owned } = await openStandOfItsOwn());
  });
  afterAll(() => owned?.disposeAsync());

  it('has a row for each carrier, and judges each relay beside the batched peer', async () => {
    const [table, parts] = await benchThroughput(stand, plan, { log });
    expect(table.rows.map(([name]) => name)).toEqual([
      ...['skip-locked', 'cdc-pgoutput', 'graphile-worker, batched', 'graphile-worker, one by one', 'pg-boss'],
    ]);
    for (const row of table.rows) {
      expect(row).toHaveLength(table.columns.length);
      for (const figure of [row[1], row[5]]) expect(figure).toBeGreaterThan(0);
    }
    expect(table.rows[2]?.[4]).toBe('1.00×');
    expect(parts.map(({ name }) => name)).toEqual(
      ['skip-locked', 'cdc-pgoutput'].map((name) => `${name} beside graphile-worker, batched`),
    );
    for (const { detail } of parts) expect(detail).toMatch(/expected at least 1\.00×, measured \d.* events\/s/);
  });

  it('keeps a backlog up, and judges the dearest event by the cheapest', async () => {
    const [{ columns, rows }, parts] = await benchGrowth(stand, plan, { log });
    expect(rows.map(([name]) => name)).toEqual(Object.keys(relays));
    for (const row of rows) expect(row).toHaveLength(columns.length);
    for (const [, fewer, more] of rows) for (const cost of [fewer, more]) expect(cost).toBeGreaterThan(0);
    for (const { detail } of parts) expect(detail).toMatch(/expected at most 1\.20×, measured [1-9]/);
  });

  it('does not pass a relay whose events cost more, the more of them wait', async () => {
    const counting = { 'counts-what-waits': 'test/mutants/altered/counts-what-waits.ts' };
    const growth = { ...plan.growth, backlogs: [100, 50_000] };
    const [, parts] = await benchGrowth(stand, { ...plan, relays: counting, growth }, { log });
    // Not `met`: nothing is judged while this machine has other work, and tests run side by side.
    const growths = parts.map(({ detail }) => Number(/measured ([\d.]+)×/.exec(detail)?.[1]));
    expect(growths).toHaveLength(1);
    for (const one of growths) expect(one).toBeGreaterThan(MOST_GROWTH);
  });

  it('says of each variant how late and how talkative it is, and loses no order on the way', async () => {
    const { rows, columns } = await benchLatency(stand, plan, { log });
    expect(rows.map(([name]) => name)).toEqual(Object.keys(plan.variants));
    for (const row of rows) expect(row).toHaveLength(columns.length);
    for (const [, p50, p99, orders, missing] of rows) {
      expect(p50).toBeLessThanOrEqual(p99 as number);
      expect([orders, missing]).toEqual([10, 0]);
    }
    const idle = new Map(rows.map((row) => [row[0], row.at(-1) as number]));
    expect(idle.get('skip-locked')).toBeGreaterThan(idle.get('cdc-pgoutput') as number);
  });

  it('shows that a longer poll interval is later and quieter, and only quieter for who is woken', async () => {
    const { rows } = await benchPollCurve(stand, plan, { log });
    expect(rows.map(([name, interval]) => `${name} ${interval}`)).toEqual([
      ...['skip-locked 5', 'skip-locked 200', 'skip-locked-notify 5', 'skip-locked-notify 200'],
    ]);
    const [often, seldom, wokenOften, wokenSeldom] = rows.map((row) => ({
      p50: row[2] as number,
      idle: row.at(-1) as number,
    }));
    expect(seldom?.p50).toBeGreaterThan(often?.p50 as number);
    expect(seldom?.p50).toBeGreaterThan(wokenSeldom?.p50 as number);
    expect(seldom?.idle).toBeLessThan(often?.idle as number);
    expect(wokenSeldom?.idle).toBeLessThan(wokenOften?.idle as number);
  });

  it('has a row for each kind of transaction, and judges NOTIFY inside of it', async () => {
    const [{ columns, rows }, parts] = await benchWritePath(stand, plan, { log });
    for (const row of rows) expect(row).toHaveLength(columns.length);
    expect(rows).toHaveLength(6);
    // What the others are compared with.
    expect([rows[0]?.[3], rows[4]?.[3]]).toEqual(['100 %', '100 %']);
    for (const [, one, , , several] of rows) for (const rate of [one, several]) expect(rate).toBeGreaterThan(0);
    expect(parts.map(({ detail }) => detail)).toEqual([expect.stringMatching(/expected at most 0\.70×, measured \d/)]);
  });
});

it('ends all that it has started and rejects with the reason when it is interrupted', async () => {
  using started = startedChildren();
  const interruption = new AbortController();
  const interrupt = (line: string) => {
    if (line.startsWith('throughput')) setTimeout(() => interruption.abort(new Error('enough')), 500);
  };
  await using made = await benchContextOf(interruption.signal, interrupt);
  await expect(benchOutbox(made.context)).rejects.toThrow('enough');
  expect(started.children.length).toBeGreaterThan(2); // Postgres, Kafka, and what was measured
  // Of one that is left this never resolves. Node may hear of an end a moment after the bench has seen it.
  await Promise.all(started.children.map(hasEnded));
});
