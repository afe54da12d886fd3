/**
 * Measures one carrier in this process: its first argument holds a Task as JSON, and it prints a RelayMeasurement.
 *
 * The backlog is there before it starts. A carrier whose backlog is kept up gets as many new events as were
 * acknowledged, from another connection: how much it costs to take an event out of so many.
 * Read next: carrier.ts, acknowledged.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { createKafka, openPublisher } from '../src/kafka.ts';
import { createPool } from '../src/postgres.ts';
import { ensureSchema } from '../src/schema.ts';
import { loadVariant } from '../src/variant-file.ts';
import { Acknowledged } from './acknowledged.ts';
import { add } from './backlog.ts';
import { type Carrier, type CarrierOptions, openRelay } from './carrier.ts';
import { openBatched, openOneByOne } from './peers/graphile-worker.ts';
import { openPgBoss } from './peers/pg-boss.ts';

export const PEERS = {
  'graphile-worker, batched': openBatched,
  'graphile-worker, one by one': openOneByOne,
  'pg-boss': openPgBoss,
};

export interface RelayTask extends CarrierOptions {
  /** A variant's file, or the name of a peer. */
  carrier: { file: string } | { peer: keyof typeof PEERS };
  backlog: number;
  isKeptUp: boolean;
  warmUpMs: number;
  windows: number;
  windowMs: number;
}

export interface RelayMeasurement {
  /** Acknowledged by Kafka, in each window. */
  eventsPerSecond: number[];
  /** CPU time of this process for each event. */
  cpuUs: number;
  /** From the start on. */
  acknowledged: number;
}

const CONNECTIONS = 2;
const FIRST_LIMIT_MS = 20_000;

async function measure(task: RelayTask): Promise<RelayMeasurement> {
  const { backlog, isKeptUp, warmUpMs, windows, windowMs } = task;
  const pool = createPool({ url: task.postgresUrl, connections: CONNECTIONS });
  await ensureSchema(pool, 0);
  const carrier = await openCarrier(task, pool);
  await carrier.fill(backlog);

  const first = Promise.withResolvers<void>();
  const all = Promise.withResolvers<void>();
  let added = backlog;
  let adding: Promise<unknown> = Promise.resolve();
  using acknowledged = new Acknowledged((events) => {
    first.resolve();
    if (isKeptUp) {
      adding = add(pool, added, events).catch(all.reject);
      added += events;
    } else if (acknowledged.count >= backlog) all.resolve();
  });
  await carrier.start();
  const limit = delay(FIRST_LIMIT_MS, 'late', { ref: false });
  if ((await Promise.race([first.promise, limit])) === 'late') throw new Error('nothing was published');
  await Promise.race([delay(warmUpMs), all.promise]);
  const beganAtMs = performance.now();
  const countBefore = acknowledged.count;
  const cpuBefore = process.cpuUsage();
  await Promise.race([delay(windows * windowMs), all.promise]);
  const { user, system } = process.cpuUsage(cpuBefore);
  const measured = {
    eventsPerSecond: Array.from({ length: windows }, (_, window) => {
      const fromMs = beganAtMs + window * windowMs;
      return acknowledged.rateBetween(fromMs, fromMs + windowMs);
    }).filter((rate) => !Number.isNaN(rate)),
    cpuUs: (user + system) / (acknowledged.count - countBefore),
    acknowledged: acknowledged.count,
  };
  await adding;
  return measured;
}

async function openCarrier(task: RelayTask, pool: Pool): Promise<Carrier> {
  if ('file' in task.carrier) return openRelay(await loadVariant(task.carrier.file), pool, task);
  const publisher = await openPublisher(createKafka({ url: task.kafkaUrl, clientId: 'relay' }), task.topic);
  return PEERS[task.carrier.peer]({ ...task, publish: publisher.publish });
}

const measured = await measure(JSON.parse(process.argv[2] ?? '') as RelayTask);
// Nothing is closed in order: a job queue would take seconds to give back what it has fetched, and its database and
// its topic are thrown away next.
process.stdout.write(JSON.stringify(measured), () => process.exit());
