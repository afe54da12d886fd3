/**
 * `./lab bench circuit-breaker`: what does a policy cost when nothing is wrong, and what does a failure cost opossum?
 *
 * The policies' own cost: the dependency is a function that answers at once, so there is no network and no waiting in
 * any figure. opossum with percentiles and cockatiel stand beside the lab's variants.
 * Read next: bench/healthy-path.ts, bench/failing-path.ts.
 */
import type { BenchContext, BenchReport } from '@backend-labs/load';
import { benchFailingPath } from './bench/failing-path.ts';
import { benchHealthyPath } from './bench/healthy-path.ts';

export default async function benchCircuitBreaker(context: BenchContext): Promise<BenchReport> {
  const healthy = await benchHealthyPath(context);
  const failing = await benchFailingPath(context);
  const [cheap, withoutCollection] = healthy.parts;
  return {
    name: 'circuit-breaker',
    tables: [healthy.table, failing.table],
    parts: [cheap, failing.part, withoutCollection],
  };
}
