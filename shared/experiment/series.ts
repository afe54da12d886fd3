/**
 * The series a result keeps of one variant's run, in the load's buckets. Pure.
 *
 * Names: `load.ok`, `load.degraded` … (operations per bucket), `load.p50`, `load.p99` (latency, ms), and of what the lab
 * watches `service.gauge` (mean per bucket), `service.event` (times per bucket, also of an event whose records are
 * kept), `service.event.field` (mean per bucket of a number that the records say), `witness.name` (that witness'
 * records per bucket, by their `atMs`).
 */
import { OUTCOMES } from '@backend-labs/load';
import { eventsIn, mean, type Observation, type ServiceObservation, type Span } from './observation.ts';
import type { VariantResult } from './result/schema.ts';
import { meanOf } from './statistics.ts';

/** Rounds to what a plot can show: four significant digits. */
function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4));
}

/** The load's own series, and those of `wanted` that this run has. */
export function seriesOf(observation: Observation<unknown>, wanted: readonly string[]): VariantResult['series'] {
  const { series } = observation.load;
  const values: Record<string, (number | null)[]> = {};
  for (const outcome of OUTCOMES) {
    if (series.outcomes[outcome].some((count) => count > 0)) values[`load.${outcome}`] = series.outcomes[outcome];
  }
  values['load.p50'] = series.latencyP50Ms.map(rounded);
  values['load.p99'] = series.latencyP99Ms.map(rounded);
  const buckets = series.sent.length;
  for (const name of wanted) {
    const perBucket = sampler(observation, name);
    if (perBucket === null) continue;
    values[name] = Array.from({ length: buckets }, (_, bucket) =>
      rounded(perBucket({ fromMs: bucket * series.bucketMs, toMs: (bucket + 1) * series.bucketMs })),
    );
  }
  return { bucketMs: series.bucketMs, values };
}

/** How to read one span of a watched series; null if this run has no such series. */
function sampler(observation: Observation<unknown>, name: string): ((span: Span) => number | null) | null {
  if (name.startsWith('witness.')) {
    const records = observation.witnesses[name.slice('witness.'.length)];
    return records === undefined ? null : counted(records.map(({ atMs }) => Number(atMs)));
  }
  const service = Object.values(observation.services).find((one) => name.startsWith(`${one.name}.`));
  if (service === undefined) return null;
  const watched = name.slice(service.name.length + 1);
  const gauge = service.gauges[watched];
  if (gauge !== undefined) return (span) => mean(gauge, span);
  const events = service.events[watched] ?? service.records[watched]?.map(({ atMs }) => atMs);
  if (events !== undefined) return counted(events);
  const said = Object.entries(service.records).find(([event]) => watched.startsWith(`${event}.`));
  return said === undefined ? null : meanSaid(said[1], watched.slice(said[0].length + 1));
}

const counted = (atMs: readonly number[]) => (span: Span) => eventsIn(atMs, span).length;

/** Null in a span in which nothing was said, or no number. */
function meanSaid(records: ServiceObservation['records'][string], field: string) {
  return (span: Span): number | null => {
    const inside = records.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs);
    const values = inside.flatMap(({ said }) => (typeof said[field] === 'number' ? [said[field]] : []));
    return meanOf(values);
  };
}
