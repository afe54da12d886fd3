/**
 * What a call that fails costs `breaker`, by how many calls its window holds, with opossum's percentiles and without.
 *
 * After each failure opossum sums up its window to decide whether to open. With percentiles (its default) that joins
 * and sorts the latencies of all calls in the window: the busier the gateway, the dearer each failure, in the moment
 * in which all calls fail.
 * Read next: failing-main.ts.
 */
import { join } from 'node:path';
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { measureInChild } from '@backend-labs/load/bench/child';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import type { FailingMeasurement, FailingTask } from './failing-main.ts';

const FAILING = join(import.meta.dirname, 'failing-main.ts');
const WINDOWS = [100, 1000, 10_000];
const LEAST_RATIO = 10;

export async function benchFailingPath({ quick, signal, log }: BenchContext) {
  log('failing path: windows of 100 to 10,000 calls');
  const task: FailingTask = { windows: WINDOWS, rounds: quick ? 8 : 40 };
  const measured = await measureInChild<FailingMeasurement[]>(FAILING, task, { signal });
  const costs = WINDOWS.map((samples) => {
    const of = (percentiles: boolean) =>
      medianOf(
        measured.filter((one) => one.samples === samples && one.percentiles === percentiles).flatMap(({ us }) => us),
      );
    return { samples, onUs: of(true), offUs: of(false), ratio: of(true) / of(false) };
  });
  const table: BenchTable = {
    title:
      "Cost of a call that fails, µs, closed loop, one call at a time: `breaker` with opossum's percentiles on and off",
    columns: ['calls in the window', 'on', 'off', 'on / off'],
    rows: costs.map(({ samples, onUs, offUs, ratio }) => [String(samples), ...[onUs, offUs, ratio].map(rounded)]),
  };
  const fullest = costs.at(-1) as (typeof costs)[number];
  const part: BenchPart = {
    name: '(b) without percentiles a failure is cheaper',
    met: fullest.ratio >= LEAST_RATIO,
    detail: `with ${fullest.samples} calls in the window ${rounded(fullest.ratio)} times; wanted at least ${LEAST_RATIO} times`,
  };
  return { table, part };
}
