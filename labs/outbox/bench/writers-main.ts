/**
 * Measures writers in this process: its first argument holds a Task as JSON, and it prints WriterMeasurement[].
 *
 * A closed loop: so many writers, each begins its next order when its last one was committed. Each has a connection and
 * a customer of its own, so that nobody waits for a row. With `statement` a writer does nothing but that, in one round
 * trip: as many commits as one process can ask for.
 * Read next: orders.ts, write-path.ts.
 */
import { percentilesOf } from '@backend-labs/load';
import { createPool } from '../src/postgres.ts';
import { ensureSchema } from '../src/schema.ts';
import { loadVariant } from '../src/variant-file.ts';
import { openOrders } from './orders.ts';
import type { Place } from './stand.ts';

export interface WritersTask extends Place {
  /** A variant's file, or the text of a query. */
  by: { file: string } | { statement: string };
  /** How many at once, one after the other. */
  writers: readonly number[];
  warmUpMs: number;
  durationMs: number;
}

export interface WriterMeasurement {
  writers: number;
  commitsPerSecond: number;
  p99Ms: number;
}

let orders = 0;

async function contend(
  write: (order: { id: number; customer: number }) => Promise<void>,
  { writers, durationMs }: { writers: number; durationMs: number },
): Promise<WriterMeasurement> {
  const tookMs: number[] = [];
  const beganAtMs = performance.now();
  const endsAtMs = beganAtMs + durationMs;
  async function writer(customer: number): Promise<void> {
    let startedAtMs = performance.now();
    while (startedAtMs < endsAtMs) {
      orders += 1;
      await write({ id: orders, customer });
      const endedAtMs = performance.now();
      tookMs.push(endedAtMs - startedAtMs);
      startedAtMs = endedAtMs;
    }
  }
  await Promise.all(Array.from({ length: writers }, (_, index) => writer(index)));
  const seconds = (performance.now() - beganAtMs) / 1000;
  return { writers, commitsPerSecond: tookMs.length / seconds, p99Ms: percentilesOf(tookMs).p99 };
}

async function openWriter({ by, ...task }: WritersTask, opened: AsyncDisposableStack) {
  const most = Math.max(...task.writers);
  if ('file' in by) {
    const all = opened.use(
      // One connection more, for the notifier.
      await openOrders(await loadVariant(by.file), { ...task, customers: most, connections: most + 1 }),
    );
    return (order: { id: number; customer: number }) => all.place(order);
  }
  const pool = createPool({ url: task.postgresUrl, connections: most });
  opened.defer(() => pool.end());
  await ensureSchema(pool, most);
  return async () => void (await pool.query(by.statement));
}

async function measure(task: WritersTask): Promise<WriterMeasurement[]> {
  const { writers, warmUpMs, durationMs } = task;
  await using opened = new AsyncDisposableStack();
  const write = await openWriter(task, opened);
  // With the most writers: code is compiled and connections are open.
  await contend(write, { writers: Math.max(...writers), durationMs: warmUpMs });
  const measured: WriterMeasurement[] = [];
  for (const level of writers) measured.push(await contend(write, { writers: level, durationMs }));
  return measured;
}

const measured = await measure(JSON.parse(process.argv[2] ?? '') as WritersTask);
process.stdout.write(JSON.stringify(measured), () => process.exit());
