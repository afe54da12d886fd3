/**
 * All that one run of one variant measured, and how to read it.
 *
 * Invariant: every time is milliseconds after the load's start, on one clock for all processes.
 * Pure: tests make observations up (test/made-up.ts). Read next: properties.ts (what is asked of an observation).
 */
import type { LoadReport } from '@backend-labs/load';
import type { TimelineEntry } from './result/schema.ts';

/** A value that a process sampled, about every 10 ms. `atMs` ascends; a sample holds until the next one. */
export interface Gauge {
  atMs: number[];
  value: number[];
  /** Value × ms from the sample before to this one, exact, each change counted; NaN where nobody watched. */
  area?: number[];
}

/** What the harness saw of one service, from outside its code. */
export interface ServiceObservation {
  name: string;
  /** Requests that reached it, control and health routes left out. Kept in a file: survives a SIGKILL. */
  received: number;
  /** Requests it sent to another service of the lab, by that service's name. Survives a SIGKILL too. */
  sent: Record<string, { sent: number; refused: number; cut: number; abandoned: number }>;
  /** `http.inFlight` always, and what the lab asked to watch. */
  gauges: Record<string, Gauge>;
  /** Times of the announced steps that the lab asked to watch. */
  events: Record<string, number[]>;
  /** Announced steps with what they said, as the lab asked to keep them, in the order in which they happened. */
  records: Record<string, { atMs: number; said: WitnessRecord }[]>;
  /** Times at which its event loop was late by more than the sampling interval, and by how much. */
  stalls: { atMs: number; durationMs: number }[];
  /** Set if it ended on its own, that is not by a fault and not by the engine. */
  exit: { code: number | null; signal: string | null; atMs: number; lastLines: string[] } | null;
  /** While a fault, or a hold at an event, kept it stopped or dead: no doing of the machine, and not sampled. */
  disturbed: Span[];
}

/** What a witness or an announced step says: plain values by name. */
export type WitnessRecord = Readonly<Record<string, string | number | boolean | null>>;

export interface LedgerObservation {
  acknowledged: number;
  lost: string[];
  duplicate: string[];
  phantom: string[];
  reordered: string[];
}

export interface Observation<P = Record<string, number>> {
  variant: string;
  repeat: number;
  parameters: P;
  timeline: TimelineEntry[];
  load: LoadReport;
  services: Record<string, ServiceObservation>;
  ledger: LedgerObservation | null;
  /** What independent witnesses saw, by witness. */
  witnesses: Record<string, readonly WitnessRecord[]>;
  /** Why it did not run to its end, else null. With an error, the rest is what was measured until then. */
  error: string | null;
  /** Why it cannot be run here at all, else null: what it is about is skipped. */
  unavailable: string | null;
  /** How much more the wall clock advanced than the monotonic one: a suspended machine or a set clock. */
  wallClockSkewMs: number;
}

/** A span of time, ms after the load's start. */
export interface Span {
  fromMs: number;
  toMs: number;
}

/** The service of that name; a lab that asks for one that does not exist has a defect. */
export function serviceOf(observation: Observation<unknown>, name: string): ServiceObservation {
  const service = observation.services[name];
  if (service === undefined) throw new Error(`no service named ${name} in the observation of ${observation.variant}`);
  return service;
}

/** When a fault was in effect: from the moment it took effect until it was healed. Null if it never was. */
export function faultSpan(observation: Observation<unknown>, fault: string): Span | null {
  const entry = observation.timeline.find((candidate) => candidate.fault === fault);
  if (entry === undefined || entry.effectiveAtMs === null) return null;
  return { fromMs: entry.effectiveAtMs, toMs: entry.healedAtMs ?? observation.load.elapsedMs };
}

/**
 * The integral of a sampled value over a span, in value × ms. Between two samples it is their exact area where that is
 * known; at the span's ends, and without it, a sample holds until the next one.
 */
export function integral(gauge: Gauge, span: Span): number {
  let sum = 0;
  for (let i = 0; i < gauge.atMs.length; i++) {
    const sampledAtMs = gauge.atMs[i] as number;
    const nextAtMs = gauge.atMs[i + 1] ?? span.toMs;
    const from = Math.max(sampledAtMs, span.fromMs);
    const to = Math.min(nextAtMs, span.toMs);
    if (to <= from) continue;
    const area = from === sampledAtMs && to === nextAtMs ? (gauge.area?.[i + 1] ?? Number.NaN) : Number.NaN;
    sum += Number.isNaN(area) ? (gauge.value[i] as number) * (to - from) : area;
  }
  return sum;
}

/** The time average of a sampled value over a span; null when the span is empty or has no sample. */
export function mean(gauge: Gauge | undefined, span: Span): number | null {
  if (gauge === undefined || span.toMs <= span.fromMs) return null;
  if (!gauge.atMs.some((at) => at >= span.fromMs && at <= span.toMs)) return null;
  return integral(gauge, span) / (span.toMs - span.fromMs);
}

/**
 * The highest time average over consecutive buckets of a span: a peak that one late sample cannot make, which is why
 * a shorter bucket at the end is left out. A span shorter than a bucket is one. Null when no bucket has a sample.
 */
export function highestMean(gauge: Gauge | undefined, span: Span, bucketMs: number): number | null {
  const buckets = Math.max(1, Math.floor((span.toMs - span.fromMs) / bucketMs));
  let highest: number | null = null;
  for (let bucket = 0; bucket < buckets; bucket++) {
    const fromMs = span.fromMs + bucket * bucketMs;
    const value = mean(gauge, { fromMs, toMs: Math.min(fromMs + bucketMs, span.toMs) });
    if (value !== null && (highest === null || value > highest)) highest = value;
  }
  return highest;
}

/** The times of events inside a span. */
export function eventsIn(times: readonly number[] | undefined, span: Span): number[] {
  return (times ?? []).filter((at) => at >= span.fromMs && at < span.toMs);
}

/**
 * The first moment inside a span after which a stream of events pauses for at least `gapMs`: the last event before
 * the gap. Null if it never pauses. The end of the span ends a gap as an event does.
 */
export function firstGap(times: readonly number[] | undefined, span: Span, gapMs: number): number | null {
  const inside = eventsIn(times, span);
  for (let i = 0; i < inside.length; i++) {
    const next = inside[i + 1] ?? span.toMs;
    if (next - (inside[i] as number) >= gapMs) return inside[i] as number;
  }
  return null;
}
