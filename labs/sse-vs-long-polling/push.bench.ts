/**
 * `./lab bench push`: what does it take to hold ten thousand subscribers, and to hand a message to each of them?
 *
 * The server is the lab's own code in a process of its own; subscribers are bare sockets in others, on the same cores.
 * Memory and delays with ten thousand of them, CPU time for a delivery with a thousand, beside ws and better-sse in the
 * same minutes. No figure is compared with one from elsewhere.
 * Read next: bench/many.ts, bench/memory.ts, bench/one-message.ts, bench/deliveries.ts.
 */
import type { BenchContext, BenchPart, BenchReport, BenchTable } from '@backend-labs/load';
import { benchDeliveries } from './bench/deliveries.ts';
import { measureMany } from './bench/many.ts';
import { judgeMemory, memoryTable } from './bench/memory.ts';
import { judgeArrival, oneMessageTable } from './bench/one-message.ts';
import { openFilesLimit, whyTooMany } from './bench/open-files.ts';
import { type Plan, planOf } from './bench/plan.ts';

export default async function benchPush(context: BenchContext): Promise<BenchReport> {
  const plan = planOf(context);
  const many = await benchMany(plan, context, await openFilesLimit());
  const [deliveries, cheap] = await benchDeliveries(plan, context);
  return { name: 'push', tables: [...many.tables, deliveries], parts: [...many.parts, ...cheap] };
}

/** `openFiles`: the most that a process may have open. With too few of them nothing is measured, and it says so. */
export async function benchMany(
  plan: Plan,
  context: Pick<BenchContext, 'log' | 'signal'>,
  openFiles: number,
): Promise<{ tables: BenchTable[]; parts: BenchPart[] }> {
  const why = whyTooMany(plan.many.first + plan.many.subscribers, openFiles);
  const measured = why === null ? await measureMany(plan, context) : new Map();
  const parts = [judgeMemory(measured, plan), judgeArrival(measured, plan)];
  if (why !== null) return { tables: [], parts: parts.map(({ name }) => ({ name, met: null, detail: why })) };
  return { tables: [memoryTable(measured, plan), oneMessageTable(measured, plan)], parts };
}
