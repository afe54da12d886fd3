/**
 * Made-up runs of this lab, as small as a test needs them: who thought that it held, what was written, what was granted.
 *
 * Two contenders an account, ten accounts: operations 0 and 1 want account 0, operations 2 and 3 want account 1, and so
 * on. Even ones are at teller-1, which faults stop; odd ones at teller-2. TTL 100 ms, think 40 ms; the run ends at
 * 1000 ms.
 */
import type { Observation, ServiceObservation } from '@backend-labs/experiment';
import { loadReportOf, type MadeUpRequest } from '@backend-labs/testbed';
import type { StandParameters } from '../experiments/stand.ts';
import type { Grant, Write } from '../experiments/updates.ts';

const PARAMETERS: StandParameters = {
  ratePerSecond: 100,
  durationMs: 1000,
  accounts: 10,
  contenders: 2,
  thinkMs: 40,
  ttlMs: 100,
  retryDelayMs: 10,
  acquireTimeoutMs: 200,
  patienceMs: 1000,
};
export const RUN_ENDS_MS = 1000;
/** An operation of the warm-up. It has an account like any other. */
export const WARM_UP = 1_000_000_000;

const accountOf = (operation: number) => Math.floor(operation / PARAMETERS.contenders) % PARAMETERS.accounts;
const tellerOf = (operation: number) => (operation % 2 === 0 ? 'teller-1' : 'teller-2');

/** `operation` announced that it holds, and that it no longer does; without `toMs` it never did. */
export interface MadeUpHold {
  operation: number;
  fromMs: number;
  toMs?: number;
}

/** A fault that stopped or killed teller-1. It is asked for at `fromMs`, and seen to work 3 ms later. */
export interface MadeUpFault {
  fault: string;
  fromMs: number;
  toMs: number;
}

export interface MadeUp {
  holds?: MadeUpHold[];
  requests?: MadeUpRequest[];
  faults?: MadeUpFault[];
  writes?: Write[];
  grants?: Grant[];
}

export function madeUp({ holds = [], requests = [], faults = [], writes = [], grants = [] }: MadeUp) {
  const run: Observation<StandParameters> = {
    variant: 'token',
    repeat: 1,
    parameters: PARAMETERS,
    timeline: faults.map(({ fault, fromMs, toMs }) => ({
      fault,
      trigger: `at ${fromMs} ms`,
      askedAtMs: fromMs,
      effectiveAtMs: fromMs + 3,
      healAskedAtMs: toMs,
      healedAtMs: toMs,
    })),
    load: loadReportOf(requests, RUN_ENDS_MS),
    services: {
      'teller-1': teller('teller-1', holds, faults),
      'teller-2': teller('teller-2', holds, []),
    },
    ledger: null,
    witnesses: { history: writes.map((write) => ({ ...write })), grants: grants.map((grant) => ({ ...grant })) },
    error: null,
    unavailable: null,
    wallClockSkewMs: 0,
  };
  return run;
}

/** Writes in the order in which they were accepted: who, and the balance that it left. One each 10 ms. */
export function writes(...all: [operation: number, after: number][]): Write[] {
  return all.map(([operation, after], index) => ({
    seq: index + 1,
    account: accountOf(operation),
    operation,
    before: after - 1,
    after,
    atMs: 10 * (index + 1),
  }));
}

export function writeAt(atMs: number, operation: number): Write {
  return { seq: 1, account: accountOf(operation), operation, before: 0, after: 1, atMs };
}

/** What a node gave to an operation. */
export function grant(operation: number, fromMs: number, untilMs: number, node = 0): Grant {
  return { node, account: accountOf(operation), operation, fromMs, untilMs };
}

function teller(name: string, holds: readonly MadeUpHold[], faults: readonly MadeUpFault[]): ServiceObservation {
  const own = holds.filter(({ operation }) => tellerOf(operation) === name);
  const record = (operation: number, atMs: number) => ({ atMs, said: { operation, account: accountOf(operation) } });
  return {
    name,
    received: own.length,
    sent: {},
    gauges: {},
    events: {},
    records: {
      'redis-lock.enter': own.map(({ operation, fromMs }) => record(operation, fromMs)),
      'redis-lock.leave': own.flatMap(({ operation, toMs }) => (toMs === undefined ? [] : [record(operation, toMs)])),
    },
    stalls: [],
    exit: null,
    disturbed: faults.map(({ fromMs, toMs }) => ({ fromMs, toMs })),
  };
}
