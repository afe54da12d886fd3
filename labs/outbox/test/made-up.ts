/**
 * Made-up runs of this lab, as small as a test needs them: what was committed, published, applied and buried, what the
 * processes announced, who was killed when, and what the observer saw.
 *
 * Order n is of customer n % 10 and was sent at 10 × n ms, unless the test says otherwise; the run ends at 1000 ms.
 */
import type { LedgerObservation, Observation, ServiceObservation, WitnessRecord } from '@backend-labs/experiment';
import { loadReportOf } from '@backend-labs/testbed';
import { reconcile } from '../experiments/ledger.ts';
import type { Look } from '../experiments/observed.ts';
import { type Applied, type Committed, type DeadLetter, type Published, setsOf } from '../experiments/sets.ts';
import { type StandParameters, usual } from '../experiments/stand.ts';

export const RUN_ENDS_MS = 1000;
/** An order of the warm-up. */
export const WARM_UP = 1_000_000_000;

/** `service` said on `event`, at `atMs`, that it is about these orders. */
export interface MadeUpStep {
  service: string;
  event: string;
  atMs: number;
  ids: number[];
}

export interface MadeUpKill {
  fault: string;
  atMs: number;
  /** Null: it stayed away. */
  backAtMs: number | null;
  /** False: it was asked for and never happened. */
  isEffective?: boolean;
}

export interface MadeUp {
  committed?: Committed[];
  published?: Published[];
  applied?: Applied[];
  buried?: DeadLetter[];
  steps?: MadeUpStep[];
  kills?: MadeUpKill[];
  looks?: Look[];
  /** How many orders the load sent: 0, 1, 2 and so on. */
  sent?: number;
}

export function order(id: number, customer = id % 10, version = id): Committed {
  return { id, customer, version };
}

export const orders = (...ids: number[]) => ids.map((id) => order(id));

export function published(id: number, atMs = 10 * id + 5, of: Committed = order(id)): Published {
  return { ...of, partition: 0, offset: 0, atMs };
}

export function applied(id: number, atMs = 10 * id + 8, of: Committed = order(id)): Applied {
  return { ...of, seq: 0, atMs };
}

export const look = (atMs: number, seen: Partial<Look> = {}): Look => ({
  atMs,
  deadRows: 0,
  oldestXminAge: null,
  pollPages: null,
  keptBytes: null,
  walStatus: null,
  ...seen,
});

export function madeUp(run: MadeUp): Observation<StandParameters> & { ledger: LedgerObservation } {
  const { steps = [], kills = [], looks = [], sent = 20 } = run;
  const { committed = [], published: sentOn = [], applied: done = [], buried = [] } = run;
  const witnesses = { committed, published: sentOn, applied: done, buried } as unknown as Record<
    string,
    WitnessRecord[]
  >;
  const services = ['shop', 'relay', 'relay-1', 'relay-2', 'consumer'].map((name): [string, ServiceObservation] => [
    name,
    serviceOf(name, steps),
  ]);
  return {
    variant: 'skip-locked',
    repeat: 1,
    parameters: usual,
    timeline: kills.map(({ fault, atMs, backAtMs, isEffective = true }) => ({
      fault,
      trigger: `at ${atMs} ms`,
      askedAtMs: atMs,
      effectiveAtMs: isEffective ? atMs + 3 : null,
      healAskedAtMs: backAtMs,
      healedAtMs: backAtMs,
    })),
    load: loadReportOf(
      Array.from({ length: sent }, (_, id) => ({ operation: id, fromMs: 10 * id })),
      RUN_ENDS_MS,
    ),
    services: { ...Object.fromEntries(services), ...(looks.length === 0 ? {} : { observer: observerOf(looks) }) },
    ledger: reconcile(setsOf(witnesses)),
    witnesses,
    error: null,
    unavailable: null,
    wallClockSkewMs: 0,
  };
}

function serviceOf(name: string, steps: readonly MadeUpStep[]): ServiceObservation {
  const records: ServiceObservation['records'] = {};
  for (const { event, atMs, ids } of steps.filter(({ service }) => service === name)) {
    records[event] ??= [];
    records[event].push({ atMs, said: { ids: ids.join(' ') } });
  }
  return { name, received: 0, sent: {}, gauges: {}, events: {}, records, stalls: [], exit: null, disturbed: [] };
}

function observerOf(looks: readonly Look[]): ServiceObservation {
  const records = { 'outbox.observed': looks.map(({ atMs, ...said }) => ({ atMs, said })) };
  return { ...serviceOf('observer', []), records };
}
