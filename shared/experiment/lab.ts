/**
 * What a lab is: data plus functions. `lab.ts` of a lab default-exports `defineLab({...})`.
 *
 * Invariant: reading one lab.ts tells the whole experiment: variants, workload, faults, claims with their controls.
 * A claim without a control, a fault without a heal, a variant that does not exist do not compile (and
 * define-lab.ts refuses them at run time, for files that nobody compiled).
 * Read next: properties.ts (what a claim can ask), define-lab.ts (the rules).
 */
import type { Arrivals, LoadReport, OperationSpec } from '@backend-labs/load';
import type { Needs, Server, TcpProxy } from '@backend-labs/stack';
import type { Hop } from './hop-balance.ts';
import type { LedgerObservation, Observation, ServiceObservation, WitnessRecord } from './observation.ts';
import type { Property } from './properties.ts';
import type { Plot } from './result/schema.ts';

export type { Needs } from '@backend-labs/stack';

/** Gives the base url of a service that is already listening. */
export type UrlOf = (service: string) => string;

/** The real servers of a run, as those see them who only use them. */
export interface ServerAccess {
  /**
   * Where to connect to a server (`redis-1`) or to a proxy in front of one. A Postgres url names a database that is
   * this run's own.
   */
  urlOf(name: string): string;
  /** Begins the name of whatever this run makes in a server that others use too: keys, topics, queues. [a-z0-9_] */
  dataName: string;
}

/** The servers as those see them who break them. What was taken hold of is replaced before the next variant's run. */
export interface ServerHandles {
  /** By its name, `redis-2`. Throws RangeError if there is none. */
  server(name: string): Server;
  /** By the name that the experiment gave it in `proxies`. */
  proxy(name: string): TcpProxy;
}

/** One way to build the thing. `file` is relative to the lab's folder and implements the lab's src/contract.ts. */
export interface VariantDefinition {
  file: string;
  summary: string;
}

/** What the harness watches in a service, by the names of the channels that the service announces steps on. */
export interface Watch {
  /** A gauge that goes up and down with two announced steps, sampled every 10 ms. */
  gauges?: Record<string, { up: string; down: string }>;
  /** Announced steps whose times are kept. */
  events?: readonly string[];
  /** Announced steps that are kept with what they say, written down at the very moment. For few and small ones. */
  records?: readonly string[];
}

export interface ServiceDefinition {
  name: string;
  /** The file node runs, relative to the lab's folder. */
  entry: string;
  environment?: (urlOf: UrlOf, servers: ServerAccess) => Record<string, string>;
  watch?: Watch;
}

/** What a fault can reach: the services by name, as urls and as processes, and the servers. */
export interface FaultContext extends ServerHandles {
  urlOf: UrlOf;
  servers: ServerAccess;
  parameters: Readonly<Record<string, number>>;
  signal: AbortSignal;
  /** Stops a process where it is (SIGSTOP); resolves when the system shows it stopped. */
  pause(service: string): Promise<void>;
  /** Lets a stopped process go on (SIGCONT). */
  resume(service: string): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(service: string): Promise<void>;
  /** Starts a killed service again on the same port; resolves when it answers. */
  restart(service: string): Promise<void>;
}

/** Something that can be injected and is always healed. Both resolve when the effect is observed, not when asked. */
export interface FaultDefinition {
  inject(context: FaultContext): Promise<void>;
  heal(context: FaultContext): Promise<void>;
  /** Services whose process this fault stops or kills: their stalls are not the machine's fault. */
  touches?: readonly string[];
}

/** A fault starts at a time, or when a service announces a step for the n-th time (it is held right there). */
export type TimelineDefinition<F extends string> =
  | { fault: F; atMs: number; healAtMs: number }
  | {
      fault: F;
      when: { service: string; event: string; occurrence?: number };
      healAfterMs: number;
      /** Some variants have no such step. The claims count what came; else a fault that never comes fails the run. */
      mayNotCome?: boolean;
    };

/** What is asked for once the load has ended, while services and servers still run. */
export interface WitnessContext<P> {
  urlOf: UrlOf;
  servers: ServerAccess;
  parameters: P;
  load: LoadReport;
  /** Turns a time on the wall clock, in ms, into ms after the load's start. */
  sinceStartMs: (wallClockMs: number) => number;
  signal: AbortSignal;
}

export interface LedgerContext<P> extends WitnessContext<P> {
  /** What `witnesses` brought. */
  witnesses: Record<string, readonly WitnessRecord[]>;
  services: Record<string, ServiceObservation>;
}

/** Before the services start. */
export interface PrepareContext<P> extends ServerHandles {
  servers: ServerAccess;
  parameters: P;
  signal: AbortSignal;
}

export interface WorkloadDefinition {
  arrivals: Arrivals;
  ratePerSecond: number;
  durationMs: number;
  timeoutMs: number;
}

/** Variant + property + control, as one sentence that a run can refute. */
export interface ClaimDefinition<V extends string, K extends string> {
  id: string;
  statement: string;
  property: K;
  variant: V;
  /** The variant on which the same property must fail. */
  control: V;
  /** Further variants the property compares with. */
  comparesWith?: readonly V[];
  /** Returns why this claim cannot be judged here (a server's version, a platform), else null. */
  skip?: (environment: { versions: Record<string, string>; platform: string }) => string | null;
}

/** A name that the experiment gives, and the server it is for. */
type ByName = Readonly<Record<string, string>>;

export interface ExperimentDefinition<V extends string, F extends string, P, K extends string = string> {
  question: string;
  /** The lab's own numbers, from which workload, timeline and predictions follow. Names carry the unit. */
  parameters: P;
  /** What the quick profile changes. */
  quick: Partial<P>;
  workload: (parameters: P) => WorkloadDefinition;
  operation: (context: { urlOf: UrlOf; servers: ServerAccess; parameters: P }) => OperationSpec;
  /** Servers that the lab needs for this experiment alone. Where one cannot be had its claims are skipped. */
  needs?: Needs;
  /** Proxies in front of servers, `{ link: 'redis-1' }`: who connects to `link` can be cut off from redis-1. */
  proxies?: ByName;
  /** Servers whose wall clock a fault of this experiment sets. */
  adjustableClocks?: readonly string[];
  /** Brings the servers into the state that the experiment starts from: replication, topics. */
  prepare?: (context: PrepareContext<P>) => Promise<void>;
  services: (context: { parameters: P; variantFile: string }) => readonly ServiceDefinition[];
  /**
   * Unmeasured calls before the load, so that no process compiles its code for the first time while it is measured.
   * Resolves when the last one is answered.
   */
  warmUp?: (context: { urlOf: UrlOf; parameters: P; signal: AbortSignal }) => Promise<void>;
  /** How long the warm-up may take; 5 s if left out. */
  warmUpLimitMs?: number;
  /**
   * Who sends to whom; `load` is the generator. Several from it are replicas, which are counted together. Each hop is
   * checked: sent = received + refused + cut.
   */
  hops: readonly Hop[];
  timeline: (parameters: P) => readonly TimelineDefinition<F>[];
  /** What others than the subject and its clients saw, by witness, for the properties to judge. */
  witnesses?: (context: WitnessContext<P>) => Promise<Record<string, readonly WitnessRecord[]>>;
  /**
   * Reconciles what was acknowledged with what really happened, by id, after the load has ended and while the
   * services still run. It must ask someone else than who acknowledged.
   */
  ledger?: (context: LedgerContext<P>) => Promise<LedgerObservation>;
  properties: Record<K, Property<P>>;
  claims: readonly ClaimDefinition<V, K>[];
  /** Named numbers of a variant's run, as its row in the table. */
  facts: (observation: Observation<P>) => Record<string, number | string | null>;
  /** Series to keep in the result and to draw; series.ts says how they are named. */
  plots: readonly Plot[];
  /** How late a send, a fault or a sample may be before the run says nothing about times this short. */
  resolutionMs: (parameters: P) => number;
}

export interface LabDefinition<V extends string = string, F extends string = string> {
  name: string;
  question: string;
  /** For each of its experiments: without them nothing of the lab runs. */
  needs: Needs;
  variants: Record<V, VariantDefinition>;
  faults: Record<F, FaultDefinition>;
  // The experiments of one lab may have different parameters, so the element type is erased here; `experiment()`
  // checks each one against its own.
  experiments: Record<string, ExperimentDefinition<V, F, Record<string, number>>>;
  /** What `run` does without a choice; all by default. */
  runByDefault?: readonly string[];
  /** What `run --quick` does without a choice; the same as `run` by default. It is to end within 45 s when warm. */
  runByQuick?: readonly string[];
  /** The claim that stands for the lab in the table of labs. */
  headlineClaim: string;
}
