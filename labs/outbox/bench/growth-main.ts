/**
 * Measures one relay over backlogs of several sizes in this process: its first argument holds a GrowthTask as JSON, and
 * it prints a GrowthMeasurement.
 *
 * All sizes stand ready at once, and take turns of some hundred milliseconds: a machine whose speed drifts within
 * seconds meets all of them alike, and what differs is the size. Each backlog is kept up: what was acknowledged is put
 * back at its end. Invariant: only the relay whose turn it is publishes.
 * Read next: growth.ts (who asks for it), turns.ts, carrier.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderPlaced } from '../src/contract.ts';
import { createPool } from '../src/postgres.ts';
import { ensureSchema } from '../src/schema.ts';
import { loadVariant } from '../src/variant-file.ts';
import { add } from './backlog.ts';
import { type CarrierOptions, openRelay } from './carrier.ts';
import type { Place } from './stand.ts';
import { Turns } from './turns.ts';

export interface GrowthTask extends Pick<CarrierOptions, 'batchSize' | 'pollIntervalMs' | 'rowsPerTransaction'> {
  /** A variant's. */
  file: string;
  /** In the order in which they take turns. */
  backlogs: { place: Place; events: number }[];
  warmUpRounds: number;
  rounds: number;
  windowMs: number;
}

export interface GrowthMeasurement {
  /** The time between two events, by round and by backlog. NaN (null in JSON) where nothing was to be measured. */
  usPerEvent: (number | null)[][];
}

const FIRST_LIMIT_MS = 20_000;

async function measure(task: GrowthTask): Promise<GrowthMeasurement> {
  const turns = new Turns();
  const variant = await loadVariant(task.file);
  const acknowledgedBy: ((events: number) => void)[] = [];
  const ready: (() => Promise<void>)[] = [];
  const failed = Promise.withResolvers<never>();
  // The longest first: who reads the log would have to read all that was written after it had begun.
  const longestFirst = [...task.backlogs.entries()].sort(([, a], [, b]) => b.events - a.events);
  for (const [index, { place, events }] of longestFirst) {
    const pool = createPool({ url: place.postgresUrl, connections: 1 });
    await ensureSchema(pool, 0);
    const around = (batch: readonly OrderPlaced[], publish: () => Promise<void>) =>
      turns.take(index, async () => {
        await publish();
        acknowledgedBy[index]?.(batch.length);
      });
    const carrier = await openRelay(variant, pool, { ...task, ...place, around });
    await carrier.fill(events);
    ready.push(carrier.start);
    let added = events;
    let adding: Promise<unknown> = Promise.resolve();
    turns.beforeNext(async () => void (await adding));
    acknowledgedBy[index] = (count) => {
      adding = add(pool, added, count).catch(failed.reject);
      added += count;
      turns.acknowledged(count);
    };
  }
  for (const start of ready) await start();
  const usPerEvent: number[][] = [];
  for (let round = -task.warmUpRounds; round < task.rounds; round++) {
    const costs: number[] = [];
    for (const index of task.backlogs.keys()) {
      const window = () => delay(task.windowMs);
      const late = delay(FIRST_LIMIT_MS, 'late', { ref: false });
      const cost = await Promise.race([turns.give(index, window), failed.promise, late]);
      if (cost === 'late') throw new Error('nothing was published');
      costs.push(cost as number);
    }
    if (round >= 0) usPerEvent.push(costs);
  }
  return { usPerEvent };
}

const measured = await measure(JSON.parse(process.argv[2] ?? '') as GrowthTask);
// Nothing is closed in order: its databases and its topics are thrown away next.
process.stdout.write(JSON.stringify(measured), () => process.exit());
