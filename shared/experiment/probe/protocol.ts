/**
 * What the engine tells the probe (one environment variable) and what the probe tells the engine (JSON lines, fd 3).
 *
 * Invariant: all times are the machine's monotonic clock in ms; the engine turns them into ms after the load's start.
 */
export const PROBE_VARIABLE = 'BACKEND_LABS_PROBE';
/** The inherited pipe on which the probe writes. Written synchronously: what was written survives a SIGKILL. */
export const PROBE_FD = 3;
/** Announced by shared/service when a service accepts connections: `{ url }`. */
export const LISTENING_CHANNEL = 'service.listening';
/** Requests below these paths are not part of the experiment. */
export const IGNORED_PATHS = ['/health', '/control'] as const;
export const SAMPLE_INTERVAL_MS = 10;

/** Per destination, in the order of COUNTERS, after the one slot for `received`. */
export const COUNTERS = ['sent', 'refused', 'cut', 'abandoned'] as const;
export type CounterName = (typeof COUNTERS)[number];

export interface ProbeConfiguration {
  service: string;
  /** Eight bytes a counter, little-endian doubles: received, then COUNTERS for each destination. */
  counterFile: string;
  /** Origins ("http://127.0.0.1:1234") of the services this one may call, by position in the counter file. */
  destinations: string[];
  gauges: Record<string, { up: string; down: string }>;
  events: string[];
  /** Announced steps that are told of with their message, at once. */
  records: string[];
  /** Stop right there when the event is announced for the n-th time after `armedFile` has appeared. */
  holds: { event: string; occurrence: number }[];
  /** Made when the load starts: what is announced before, by a warm-up, does not count towards a hold. */
  armedFile: string;
}

export type ProbeMessage =
  | { type: 'listening'; url: string }
  /** `areas`: value × ms from the sample before to this one. Left out where nobody could watch in between. */
  | { type: 'samples'; atMs: number[]; gauges: Record<string, number[]>; areas?: Record<string, number[]> }
  | { type: 'events'; event: string; atMs: number[] }
  | { type: 'record'; event: string; atMs: number; said: Record<string, string | number | boolean | null> }
  | { type: 'stall'; atMs: number; durationMs: number }
  | { type: 'held'; event: string; occurrence: number; atMs: number };
