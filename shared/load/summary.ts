/**
 * What a report says about the rows of a run. Computed after the run, so that the hot path only stores timestamps.
 *
 * Invariant: latency counts from the intended start, service time from the actual one. Pure.
 */
import { countOutcomes } from './columns.ts';
import { LatencyHistogram, percentilesOf } from './percentiles.ts';
import { type LoadReport, type LoadSeries, type OperationColumns, OUTCOMES, type Outcome, UNFINISHED } from './plan.ts';

export const BUCKET_MS = 250;

type Summary = Pick<LoadReport, 'counts' | 'latencyMs' | 'serviceMs' | 'sendLagMs' | 'series'>;

/** Summarises the rows of a run that lasted `elapsedMs`. */
export function summarise(columns: OperationColumns, elapsedMs: number): Summary {
  const { intendedAtMs, startedAtMs, endedAtMs } = columns;
  const { p50, p99, max } = percentilesOf(difference(startedAtMs, intendedAtMs));
  return {
    counts: countOutcomes(columns),
    latencyMs: percentilesOf(difference(endedAtMs, intendedAtMs)),
    serviceMs: percentilesOf(difference(endedAtMs, startedAtMs)),
    sendLagMs: { p50, p99, max },
    series: seriesOf(columns, elapsedMs),
  };
}

function difference(later: Float64Array, earlier: Float64Array): Float64Array {
  return later.map((value, row) => value - (earlier[row] as number));
}

/** Sends by actual start; outcomes and latency by end. */
function seriesOf(columns: OperationColumns, elapsedMs: number): LoadSeries {
  const { intendedAtMs, startedAtMs, endedAtMs, outcome } = columns;
  const length = Math.max(1, Math.ceil(elapsedMs / BUCKET_MS));
  const zeros = () => new Array<number>(length).fill(0);
  const bucketOf = (atMs: number) => Math.min(length - 1, Math.floor(atMs / BUCKET_MS));
  const sent = zeros();
  const outcomes = Object.fromEntries(OUTCOMES.map((name) => [name, zeros()])) as Record<Outcome, number[]>;
  const latencies: number[][] = Array.from({ length }, () => []);
  for (let row = 0; row < outcome.length; row++) {
    const startedAt = startedAtMs[row] as number;
    if (!Number.isNaN(startedAt)) increment(sent, bucketOf(startedAt));
    if (outcome[row] === UNFINISHED) continue;
    const endedAt = endedAtMs[row] as number;
    increment(outcomes[OUTCOMES[outcome[row] as number] as Outcome], bucketOf(endedAt));
    (latencies[bucketOf(endedAt)] as number[]).push(endedAt - (intendedAtMs[row] as number));
  }
  const latencyP50Ms: (number | null)[] = [];
  const latencyP99Ms: (number | null)[] = [];
  const histogram = new LatencyHistogram();
  for (const bucket of latencies) {
    histogram.clear();
    for (const latency of bucket) histogram.add(latency);
    latencyP50Ms.push(bucket.length === 0 ? null : histogram.at(50));
    latencyP99Ms.push(bucket.length === 0 ? null : histogram.at(99));
  }
  return { bucketMs: BUCKET_MS, sent, outcomes, latencyP50Ms, latencyP99Ms };
}

function increment(values: number[], index: number): void {
  values[index] = (values[index] as number) + 1;
}
