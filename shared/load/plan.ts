/**
 * What the generator is told, and what it tells back.
 *
 * Concept: an open model. Operations start at the times of an absolute schedule, whatever the system does.
 * Invariant: every intended operation has exactly one row in `operations`, finished or not.
 * Read next: schedule.ts (when operations start), generator.ts (the process that sends them).
 */

/** The ways an operation can end. A fallback's answer is `degraded`, never `ok`. */
export const OUTCOMES = ['ok', 'degraded', 'failed', 'rejected', 'timeout', 'lost'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type Arrivals = 'constant' | 'poisson';

/** An operation over HTTP, built in. `headers` are sent with every request, besides `operation-id`. */
export interface HttpOperation {
  kind: 'http';
  /**
   * Several are used in turn by operation id (`id % length`): a mix of operations, or replicas behind a client-side
   * round robin; their origins may differ. `{id}` in a path or query stands for the operation's id.
   */
  url: string | readonly string[];
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Any other operation: a module whose default export is an `OperationFactory`. `target` is passed to it (JSON). */
export interface ModuleOperation {
  kind: 'module';
  file: string;
  target: unknown;
}

export type OperationSpec = HttpOperation | ModuleOperation;

/** One operation module: `run` resolves to how it ended; a throw counts as `failed`, an aborted signal as `timeout`. */
export interface Operation {
  run(request: { id: number; signal: AbortSignal }): Promise<Outcome>;
  close(): Promise<void>;
}
export type OperationFactory = (target: unknown) => Promise<Operation>;

export interface LoadPlan {
  arrivals: Arrivals;
  /** Operations per second, > 0. */
  ratePerSecond: number;
  /** How long operations are started for. */
  durationMs: number;
  /** The client gives up this long after the actual start: outcome `timeout`. */
  timeoutMs: number;
  /** Seed of the schedule; the same seed gives the same start times on every machine. */
  seed: number;
  operation: OperationSpec;
  /** Trivial routes of the processes that take the load, asked beside it now and then; see round-trips.ts. */
  roundTripUrls?: readonly string[];
}

/** Marks a row that has no outcome yet when the run ended. */
export const UNFINISHED = 255;

/**
 * One row per intended operation, as columns; the row number is the operation's id.
 * Times are milliseconds after the run's start. `NaN`: it did not happen.
 */
export interface OperationColumns {
  intendedAtMs: Float64Array;
  startedAtMs: Float64Array;
  endedAtMs: Float64Array;
  /** Index into OUTCOMES, or UNFINISHED. */
  outcome: Uint8Array;
}

export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

export interface OperationCounts {
  intended: number;
  ok: number;
  degraded: number;
  failed: number;
  rejected: number;
  timeout: number;
  lost: number;
  inFlight: number;
}

/** Values in buckets of `bucketMs` after the run's start. Latency is null in a bucket where nothing ended. */
export interface LoadSeries {
  bucketMs: number;
  sent: number[];
  outcomes: Record<Outcome, number[]>;
  latencyP50Ms: (number | null)[];
  latencyP99Ms: (number | null)[];
}

/** One request to a trivial route, beside the load. */
export interface RoundTrip {
  /** When it was sent, after the run's start. */
  atMs: number;
  durationMs: number;
}

/** From when a service was found gone until it was back and the load's connections to it were open again. */
export interface Reconnect {
  /** After the run's start. */
  fromMs: number;
  toMs: number;
}

export interface LoadReport {
  /** The run's start on the shared monotonic clock (clock.ts). */
  startedAtMonotonicMs: number;
  /** From the start until the last operation ended or was given up. */
  elapsedMs: number;
  counts: OperationCounts;
  /** From the intended start. */
  latencyMs: Percentiles;
  /** From the actual start. */
  serviceMs: Percentiles;
  /** Actual minus intended start, all operations. */
  sendLagMs: { p50: number; p99: number; max: number };
  /** Event-loop delay beyond the timer's own resolution. */
  eventLoopDelayMs: { p50: number; p99: number; max: number };
  /** CPU time (user + system) of the generator's process during the run. */
  cpuMs: number;
  series: LoadSeries;
  /** Of the plan's `roundTripUrls`; empty without them. */
  roundTrips: RoundTrip[];
  /** Of the services that the plan's `roundTripUrls` are at. */
  reconnects: Reconnect[];
  /** Why operations did not end ok: error code or status, and how many. */
  reasons: Record<string, number>;
  operations: OperationColumns;
}
