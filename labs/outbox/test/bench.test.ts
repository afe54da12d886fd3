/** The bench's pieces, with tiny counts: that they measure what they say. No time and no rate is compared with a number. */
import type { ChildProcess } from 'node:child_process';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Acknowledged } from '../bench/acknowledged.ts';
import { eventsOf } from '../bench/backlog.ts';
import { benchGrowth } from '../bench/growth.ts';
import { inBatches } from '../bench/in-batches.ts';
import { judge } from '../bench/judged.ts';
import { benchLatency, benchPollCurve } from '../bench/latency.ts';
import { openOrders } from '../bench/orders.ts';
import { type Plan, planOf } from '../bench/plan.ts';
import type { PEERS, RelayMeasurement, RelayTask } from '../bench/relay-main.ts';
import { fileOf, openStand, type Place, type Stand } from '../bench/stand.ts';
import { benchThroughput } from '../bench/throughput.ts';
import { benchWritePath } from '../bench/write-path.ts';
import benchOutbox from '../bench.ts';
import type { OrderPlaced } from '../src/contract.ts';
import { createKafka } from '../src/kafka.ts';
import { createPool } from '../src/postgres.ts';
import { createShop } from '../src/shop/app.ts';
import { loadVariant } from '../src/variant-file.ts';

const log = () => {};
const relays = { 'skip-locked': 'src/variants/skip-locked.ts', 'cdc-pgoutput': 'src/variants/cdc-pgoutput.ts' };
const plan: Plan = {
  batchSize: 10,
  throughput: { rounds: 1, warmUpMs: 20, durationMs: 50, backlog: 8000, backlogOneByOne: 1000 },
  growth: { backlogs: [50, 100], rounds: 2, warmUpMs: 20, windows: 1, windowMs: 200 },
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

async function contextOf(signal: AbortSignal, say: (line: string) => void = log) {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-bench-'));
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

async function hasEnded(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** The ids that are in a topic, how often they came. */
async function published({ kafkaUrl, topic, dataName }: Place): Promise<Map<number, number>> {
  const kafka = createKafka({ url: kafkaUrl, clientId: 'test' });
  const admin = kafka.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  let left = offsets.reduce((sum, { high }) => sum + Number(high), 0);
  const ids = new Map<number, number>();
  if (left === 0) return ids;
  const consumer = kafka.consumer({ groupId: `${dataName}.test` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((done) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        const { id } = JSON.parse(String(message.value)) as OrderPlaced;
        ids.set(id, 1 + (ids.get(id) ?? 0));
        left -= 1;
        if (left === 0) done();
      },
    });
  });
  await consumer.disconnect();
  return ids;
}

describe('./lab bench outbox', () => {
  let stand: Stand;
  let made: Awaited<ReturnType<typeof contextOf>>;
  beforeAll(async () => {
    made = await contextOf(new AbortController().signal);
    stand = await openStand(made.context);
  });
  afterAll(async () => {
    await stand?.[Symbol.asyncDispose]();
    await made[Symbol.asyncDispose]();
  });

  const drained = async (carrier: RelayTask['carrier'], place: Place, backlog: number) =>
    stand.measure<RelayMeasurement>('relay', {
      ...place,
      ...{ carrier, batchSize: 10, pollIntervalMs: 20, rowsPerTransaction: 1, backlog, isKeptUp: false },
      ...{ warmUpMs: 20_000, windows: 1, windowMs: 1 },
    } satisfies RelayTask);

  it.each<[string, RelayTask['carrier']]>([
    ...Object.entries(planOf({ quick: true }).relays).map(
      ([name, file]) => [name, { file: fileOf(file) }] as [string, RelayTask['carrier']],
    ),
    ...(['graphile-worker, batched', 'graphile-worker, one by one', 'pg-boss'] as (keyof typeof PEERS)[]).map(
      (peer) => [peer, { peer }] as [string, RelayTask['carrier']],
    ),
  ])('counts each event of a backlog once when it is in Kafka (%s)', async (_, carrier) => {
    await using place = await stand.fresh();
    // The last batch is a smaller one.
    const { acknowledged } = await drained(carrier, place, 205);
    expect(acknowledged).toBe(205);
    const ids = await published(place);
    expect([...ids.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 205 }, (__, id) => id));
    expect(new Set(ids.values())).toEqual(new Set([1]));
  });

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

  it('places the same orders as the shop', async () => {
    const rowsBy = async (place: Place, by: (place: Place) => Promise<void>) => {
      await by(place);
      const pool = createPool({ url: place.postgresUrl, connections: 1 });
      const tables = ['SELECT * FROM orders', 'SELECT * FROM customer', 'SELECT position, customer, event FROM outbox'];
      const rows: unknown[] = [];
      for (const table of tables) rows.push((await pool.query(`${table} ORDER BY 1`)).rows);
      await pool.end();
      return rows;
    };
    const variant = await loadVariant(fileOf('src/variants/skip-locked.ts'));
    const orders = [1, 2, 3].map((id) => ({ id, customer: id % 2 }));
    await using ours = await stand.fresh();
    await using theirs = await stand.fresh();
    const byBench = await rowsBy(ours, async (place) => {
      await using opened = await openOrders(variant, { ...place, customers: 2, connections: 2 });
      let committed = 0;
      for (const order of orders) await opened.place(order, () => committed++);
      expect(committed).toBe(3);
    });
    const byShop = await rowsBy(theirs, async (place) => {
      const shop = await createShop({ ...place, variant, customers: 2, connections: 2, slowEvery: 0, slowMs: 0 });
      const { createServer } = await import('node:http');
      const server = createServer(shop.handle).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      for (const { id, customer } of orders) {
        const { status } = await fetch(`http://127.0.0.1:${port}/customers/${customer}/orders/${id}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ items: [{ sku: 'tea', quantity: 1 }] }),
        });
        expect(status).toBe(200);
      }
      server.closeAllConnections();
      server.close();
      await shop.close();
    });
    expect(byBench).toEqual(byShop);
  });
});

it('ends all that it has started and rejects with the reason when it is interrupted', async () => {
  using started = startedChildren();
  const interruption = new AbortController();
  const interrupt = (line: string) => {
    if (line.startsWith('throughput')) setTimeout(() => interruption.abort(new Error('enough')), 500);
  };
  await using made = await contextOf(interruption.signal, interrupt);
  await expect(benchOutbox(made.context)).rejects.toThrow('enough');
  expect(started.children.length).toBeGreaterThan(2); // Postgres, Kafka, and what was measured
  // Of one that is left this never resolves. Node may hear of an end a moment after the bench has seen it.
  await Promise.all(started.children.map(hasEnded));
});

it('judges by the median of the rounds, from below and from above, and not at all on a busy machine', () => {
  const common = { name: 'a', figures: '3 beside 9', otherWork: 0.1 };
  expect(judge({ ...common, atLeast: 1, ratios: [0.1, 1.1, 1.2] })).toMatchObject({ met: true });
  expect(judge({ ...common, atLeast: 1, ratios: [0.1, 0.9, 1.2] })).toMatchObject({
    met: false,
    detail: 'expected at least 1.00×, measured 0.90× (rounds from 0.10× to 1.20×): 3 beside 9',
  });
  expect(judge({ ...common, atMost: 0.7, ratios: [0.6] })).toMatchObject({ met: true });
  expect(judge({ ...common, atMost: 0.7, ratios: [0.8] })).toMatchObject({ met: false });
  const busy = judge({ ...common, atMost: 0.7, ratios: [0.6], otherWork: 0.9 });
  expect(busy).toMatchObject({ met: null, detail: expect.stringContaining('other work takes 90 %') });
});

it('other work is what keeps the cores from being idle', async () => {
  const spinning = cpus().map(() => new Worker('while (true);', { eval: true }));
  const busy = new OtherWork();
  await busy.look();
  await busy.look();
  await Promise.all(spinning.map((worker) => worker.terminate()));
  expect(busy.share).toBeGreaterThan(0.8);
  expect(busy.share).toBeLessThanOrEqual(1);
});

describe('acknowledged events', () => {
  const say = (count: number) => channel('outbox.published').publish({ ids: Array(count).fill(7).join(' ') });

  it('are counted with their batches, and their rate is from one acknowledgement to another', async () => {
    const batches: number[] = [];
    using acknowledged = new Acknowledged((events) => batches.push(events));
    say(3);
    const first = performance.now();
    await delay(30);
    say(1);
    say(5);
    const last = performance.now();
    expect([batches, acknowledged.count]).toEqual([[3, 1, 5], 9]);
    const rate = acknowledged.rateBetween(0, Number.POSITIVE_INFINITY);
    // The first batch is where the clock starts, and no part of the rate.
    expect(rate).toBeGreaterThanOrEqual(6 / ((last - first + 5) / 1000));
    expect(rate).toBeLessThanOrEqual(6 / 0.025);
    expect(acknowledged.rateBetween(last + 1, last + 2)).toBeNaN();
  });
});

describe('batches of what is handed over one by one', () => {
  it('go when they are full, the rest a moment later, and settle with their events', async () => {
    const sent: number[][] = [];
    const sends: PromiseWithResolvers<void>[] = [];
    const hand = inBatches((events) => {
      sent.push(events.map(({ id }) => id));
      sends.push(Promise.withResolvers<void>());
      return (sends.at(-1) as PromiseWithResolvers<void>).promise;
    }, 3);
    const settled: string[] = [];
    const handed = eventsOf(0, 7).map((event) =>
      hand(event).then(
        () => settled.push(`${event.id} sent`),
        () => settled.push(`${event.id} refused`),
      ),
    );
    expect(sent).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    sends[1]?.reject(new Error('no'));
    while (sent.length < 3) await delay(1);
    expect(sent[2]).toEqual([6]);
    expect(settled).toEqual(['3 refused', '4 refused', '5 refused']);
    sends[0]?.resolve();
    sends[2]?.resolve();
    await Promise.all(handed);
    expect(settled.toSorted()).toEqual([
      ...['0 sent', '1 sent', '2 sent', '3 refused', '4 refused', '5 refused', '6 sent'],
    ]);
  });
});
