/**
 * Measures one carrier in this process: its first argument holds a Task as JSON, and it prints a RelayMeasurement.
 *
 * The backlog is there before it starts, and is not added to.
 * Read next: carrier.ts, acknowledged.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { createKafka, openPublisher } from '../src/kafka.ts';
import { createPool } from '../src/postgres.ts';
import { ensureSchema } from '../src/schema.ts';
import { loadVariant } from '../src/variant-file.ts';
import { Acknowledged } from './acknowledged.ts';
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
  warmUpMs: number;
  durationMs: number;
}

export interface RelayMeasurement {
  /** Acknowledged by Kafka. NaN (null in JSON) if the backlog was empty before the warm-up's end. */
  eventsPerSecond: number | null;
  /** CPU time of this process for each event. */
  cpuUs: number;
  /** From the start on. */
  acknowledged: number;
}

const CONNECTIONS = 2;
const FIRST_LIMIT_MS = 20_000;

async function measure(task: RelayTask): Promise<RelayMeasurement> {
  const { backlog, warmUpMs, durationMs } = task;
  const pool = createPool({ url: task.postgresUrl, connections: CONNECTIONS });
  await ensureSchema(pool, 0);
  const carrier = await openCarrier(task, pool);
  await carrier.fill(backlog);

  const first = Promise.withResolvers<void>();
  const all = Promise.withResolvers<void>();
  using acknowledged = new Acknowledged(() => {
    first.resolve();
    if (acknowledged.count >= backlog) all.resolve();
  });
  await carrier.start();
  const limit = delay(FIRST_LIMIT_MS, 'late', { ref: false });
  if ((await Promise.race([first.promise, limit])) === 'late') throw new Error('nothing was published');
  await Promise.race([delay(warmUpMs), all.promise]);
  const beganAtMs = performance.now();
  const countBefore = acknowledged.count;
  const cpuBefore = process.cpuUsage();
  await Promise.race([delay(durationMs), all.promise]);
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    eventsPerSecond: acknowledged.rateBetween(beganAtMs, beganAtMs + durationMs),
    cpuUs: (user + system) / (acknowledged.count - countBefore),
    acknowledged: acknowledged.count,
  };
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
