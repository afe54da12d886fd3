/**
 * One message to all: how long after its publication the typical subscriber has it, and how long the last.
 *
 * It is written to one connection after the other, so the last one has it when all others have theirs: that is what is
 * measured, and no waiting in a queue. Clients are on the same cores and take their part of the time.
 * Read next: many.ts.
 */
import { type BenchPart, type BenchTable, percentilesOf } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import type { ManyMeasured } from './many.ts';
import type { Plan } from './plan.ts';

type Measured = ReadonlyMap<string, readonly ManyMeasured[]>;

export function oneMessageTable(measured: Measured, { many, textBytes }: Plan): BenchTable {
  return {
    title:
      `One message with a text of ${textBytes} bytes to ${many.first + many.subscribers} subscribers, ms from its ` +
      'publication until a subscriber has it; medians over messages',
    columns: ['server', 'p50', 'p99', 'last', 'messages', 'missing'],
    rows: [...measured].map(([name, rounds]) => {
      const all = rounds.flatMap(({ delivered }) => delivered);
      const percentiles = all.map(({ delaysMs }) => percentilesOf(delaysMs));
      const of = (which: 'p50' | 'p99' | 'max') => rounded(medianOf(percentiles.map((one) => one[which])));
      return [name, of('p50'), of('p99'), of('max'), all.length, all.reduce((sum, { missing }) => sum + missing, 0)];
    }),
  };
}

/** Of all servers: with fewer subscribers than it says, memory and delays are of something else. */
export function judgeArrival(measured: Measured, { many }: Plan): BenchPart {
  const subscribers = many.first + many.subscribers;
  const short = [...measured].flatMap(([name, rounds]) => {
    const all = rounds.flatMap(({ delivered }) => delivered);
    const isShort = all.some(({ missing, deliveries }) => missing > 0 || deliveries !== subscribers);
    const came = all.reduce((sum, { deliveries }) => sum + deliveries, 0);
    return isShort ? [`${name} ${came} of ${subscribers * all.length}`] : [];
  });
  return {
    name: `one message reaches each of ${subscribers}`,
    met: short.length === 0,
    detail:
      short.length === 0 ? 'each subscriber of each server got each message once' : `delivered: ${short.join(', ')}`,
  };
}
