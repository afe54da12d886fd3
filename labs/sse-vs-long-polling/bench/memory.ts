/**
 * What an idle subscriber takes in the server's process.
 *
 * RSS is what the system counts for the process: code, heap and buffers, also what V8 has reserved and does not use.
 * Half of it or more may be garbage of the handshake, which says when V8 last collected and nothing about a connection;
 * so the server is asked to collect before both readings. What the kernel keeps for a socket is in no process.
 * The young generation is where V8 makes new objects. It grows while connections come quickly and stays: a sum for the
 * process, not for each of them, and it is counted here nevertheless.
 * Read next: many.ts.
 */
import type { BenchPart, BenchTable } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import type { ManyMeasured } from './many.ts';
import type { Plan } from './plan.ts';
import type { MemoryReading } from './server-main.ts';
import { OURS } from './servers.ts';

/** 16 KB, of 1000 bytes. */
export const MOST_RSS_BYTES = 16_000;

type Measured = ReadonlyMap<string, readonly ManyMeasured[]>;

/** For each subscriber beyond the first few, in bytes; the median of the rounds. */
function each(rounds: readonly ManyMeasured[], subscribers: number, of: keyof MemoryReading, asIs = false): number {
  return medianOf(rounds.map((one) => ((asIs ? one.asIs : one.after)[of] - one.before[of]) / subscribers));
}

export function memoryTable(measured: Measured, { many: { subscribers, first, rounds } }: Plan): BenchTable {
  return {
    title:
      `Memory of the server's process for each idle subscriber, in bytes: with ${subscribers} more than with ${first}, ` +
      `divided by ${subscribers}; garbage is collected before both readings, but for the column that says not; ` +
      `the median of ${rounds} processes, Node ${process.version}`,
    columns: ['server', 'RSS', 'RSS, not collected', 'heap in use', 'young generation', 'outside of the heap'],
    rows: [...measured].map(([name, all]) => [
      name,
      rounded(each(all, subscribers, 'rss')),
      rounded(each(all, subscribers, 'rss', true)),
      ...(['heap', 'young', 'external'] as const).map((of) => rounded(each(all, subscribers, of))),
    ]),
  };
}

export function judgeMemory(measured: Measured, { many: { subscribers } }: Plan): BenchPart {
  const bytes = each(measured.get(OURS) ?? [], subscribers, 'rss');
  const kb = (value: number) => (value / 1000).toFixed(1);
  return {
    name: `${OURS}: memory of an idle subscriber`,
    met: bytes <= MOST_RSS_BYTES,
    detail:
      `expected at most ${kb(MOST_RSS_BYTES)} KB (of 1000 bytes) of RSS with ${subscribers} subscribers on one process, ` +
      `measured ${kb(bytes)} KB`,
  };
}
