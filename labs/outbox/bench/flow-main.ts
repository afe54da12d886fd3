/**
 * Measures the way of an order in this process: its first argument holds a Task as JSON, and it prints a FlowMeasurement.
 *
 * Shop, relay and consumer are here together, so that one clock sees the commit and the effect; at the rate of this
 * bench they leave most of a core free. Before the load, what the idle relay asks of Postgres is counted.
 * Invariant: orders are placed by the clock, whether or not the ones before were applied.
 * Read next: orders.ts, latency.ts.
 */
import { subscribe } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createConsumer } from '../src/consumer/app.ts';
import { createRelay } from '../src/relay/app.ts';
import { loadVariant } from '../src/variant-file.ts';
import { openOrders } from './orders.ts';
import { reportErrors } from './report-errors.ts';
import type { Place } from './stand.ts';

export interface FlowTask extends Place {
  variantFile: string;
  batchSize: number;
  pollIntervalMs: number;
  ratePerSecond: number;
  idleMs: number;
  warmUpMs: number;
  durationMs: number;
}

export interface FlowMeasurement {
  /** From the acknowledged commit of the order to the acknowledged commit of its effect. Below 0 if that was first. */
  p50Ms: number;
  p99Ms: number;
  orders: number;
  /** Orders that were not applied within a while after the last one. */
  missing: number;
  /** Statements that reach Postgres while there is no order. */
  idleQueriesPerSecond: number;
}

const CUSTOMERS = 100;
const CONNECTIONS = 20;
/** For what is still on its way, longer than the longest poll. */
const TAIL_MS = 1500;
const LOOK_MS = 20;

/** All statements of this process, from here on. */
function countQueries(): { count: number } {
  const counted = { count: 0 };
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    counted.count += 1;
    return Reflect.apply(query, this, given);
  } as typeof query;
  return counted;
}

async function measure(task: FlowTask): Promise<FlowMeasurement> {
  const { ratePerSecond, idleMs, warmUpMs, durationMs, dataName } = task;
  const queries = countQueries();
  const committedAtMs = new Map<number, number>();
  const appliedAtMs = new Map<number, number>();
  subscribe('outbox.applied', (message) => {
    const id = Number((message as { ids: string }).ids);
    // The first time; some variants repeat.
    if (!appliedAtMs.has(id)) appliedAtMs.set(id, performance.now());
  });

  await using opened = new AsyncDisposableStack();
  const variant = await loadVariant(task.variantFile);
  const orders = opened.use(await openOrders(variant, { ...task, customers: CUSTOMERS, connections: CONNECTIONS }));
  const settings = { batchSize: task.batchSize, pollIntervalMs: task.pollIntervalMs, relayIndex: 0, relays: 1 };
  const parts = { ...task, variant, logger: reportErrors };
  const relay = await createRelay({ ...parts, settings });
  opened.defer(() => relay.close());
  const consumer = await createConsumer({ ...parts, groupId: `${dataName}.view` });
  opened.defer(() => consumer.close());

  await delay(LOOK_MS); // the relay begins
  const queriesBefore = queries.count;
  const idleFromMs = performance.now();
  await delay(idleMs);
  const idleQueriesPerSecond = (queries.count - queriesBefore) / ((performance.now() - idleFromMs) / 1000);

  const place = async (id: number) => {
    const onCommitted = () => committedAtMs.set(id, performance.now());
    await orders.place({ id, customer: id % CUSTOMERS }, onCommitted);
  };
  const warmUp = Math.round((ratePerSecond * warmUpMs) / 1000);
  const count = warmUp + Math.round((ratePerSecond * durationMs) / 1000);
  const beganAtMs = performance.now();
  const placing: Promise<void>[] = [];
  for (let id = 0; id < count; id++) {
    const dueInMs = beganAtMs + (1000 * id) / ratePerSecond - performance.now();
    if (dueInMs > 0) await delay(dueInMs);
    placing.push(place(id));
  }
  await Promise.all(placing);
  const ids = [...committedAtMs.keys()].filter((id) => id >= warmUp);
  const endsAtMs = performance.now() + TAIL_MS;
  const missing = () => ids.filter((id) => !appliedAtMs.has(id)).length;
  while (missing() > 0 && performance.now() < endsAtMs) await delay(LOOK_MS);

  const latenciesMs = ids
    .filter((id) => appliedAtMs.has(id))
    .map((id) => (appliedAtMs.get(id) as number) - (committedAtMs.get(id) as number))
    .sort((a, b) => a - b);
  // By rank, and not by histogram: a latency may be below 0.
  const at = (share: number) => latenciesMs[Math.max(0, Math.ceil(share * latenciesMs.length) - 1)] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99), orders: ids.length, missing: missing(), idleQueriesPerSecond };
}

const measured = await measure(JSON.parse(process.argv[2] ?? '') as FlowTask);
process.stdout.write(JSON.stringify(measured), () => process.exit());
