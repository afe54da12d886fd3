/**
 * The first witness: who thought that it held an account, and when.
 *
 * A teller announces when it begins to act as a holder and when it stops, and the harness writes that down at that very
 * moment, on one clock for all processes. It says what the teller believed, not what was true at the server.
 * Invariant: pure. Read next: updates.ts (the second witness; the two are never merged).
 */
import type { Observation, Span } from '@backend-labs/experiment';
import { TELLERS, VICTIM } from './nodes.ts';

/** One teller's belief that it holds an account. */
export interface Hold {
  teller: string;
  account: number;
  operation: number;
  /** When its request reached the teller. */
  askedAtMs: number;
  fromMs: number;
  /** When it left, or died; the run's end if neither happened. */
  toMs: number;
  /** False if it never said that it left: it died, or the run ended first. */
  hasLeft: boolean;
  /** How long the lock said that it was still good for, where it said so. */
  validForMs: number | null;
  /** A fault kept its process stopped, blocked or dead at some time since it asked. */
  isDisturbed: boolean;
}

const isWithin = (atMs: number, { fromMs, toMs }: Span) => atMs >= fromMs && atMs < toMs;
const overlap = (a: Span, b: Span) => a.fromMs < b.toMs && b.fromMs < a.toMs;

/** By when the process of a service was dead: a dead holder holds nothing. */
function deathsOf(observation: Observation<unknown>, teller: string): number[] {
  return teller !== VICTIM
    ? []
    : observation.timeline.flatMap(({ fault, effectiveAtMs }) =>
        fault.startsWith('kill') && effectiveAtMs !== null ? [effectiveAtMs] : [],
      );
}

/** All holds, by when they began. */
export function holdsOf(observation: Observation<unknown>): Hold[] {
  return TELLERS.flatMap((teller) => {
    const service = observation.services[teller];
    if (service === undefined) return [];
    const leaves = service.records['redis-lock.leave'] ?? [];
    const asked = service.records['redis-lock.asked'] ?? [];
    const deaths = deathsOf(observation, teller);
    return (service.records['redis-lock.enter'] ?? []).map(({ atMs: fromMs, said }): Hold => {
      const left = leaves.find((leave) => leave.said.operation === said.operation && leave.atMs >= fromMs);
      const askedAtMs = asked.find((ask) => ask.said.operation === said.operation)?.atMs ?? fromMs;
      const died = deaths.find((atMs) => atMs >= fromMs);
      const toMs = Math.min(left?.atMs ?? observation.load.elapsedMs, died ?? Number.POSITIVE_INFINITY);
      const span = { fromMs, toMs };
      return {
        teller,
        account: Number(said.account),
        operation: Number(said.operation),
        askedAtMs,
        ...span,
        hasLeft: left !== undefined,
        validForMs: typeof said.validForMs === 'number' ? said.validForMs : null,
        // From when the teller began to ask for it: a grant may wait in a stopped process' socket, and be over when it
        // is read.
        isDisturbed: service.disturbed.some((one) => overlap(one, { fromMs: askedAtMs, toMs })),
      };
    });
  }).sort((a, b) => a.fromMs - b.fromMs);
}

/** Two holds of one account at the same time. `later` began while `earlier` had not ended. */
export interface DoubleHold {
  earlier: Hold;
  later: Hold;
}

/** Every pair of holds of one account that overlap. */
export function doubleHolds(holds: readonly Hold[]): DoubleHold[] {
  return [...Map.groupBy(holds, ({ account }) => account).values()].flatMap((ofAccount) =>
    ofAccount.flatMap((later, index) =>
      ofAccount.slice(0, index).flatMap((earlier) => (earlier.toMs > later.fromMs ? [{ earlier, later }] : [])),
    ),
  );
}

/** As a raw id, for whoever asks why. */
export function describe({ earlier, later }: DoubleHold): string {
  const who = ({ teller, operation }: Hold) => `${operation} at ${teller}`;
  const sinceMs = Math.round(later.fromMs - earlier.fromMs);
  return `account ${later.account}: ${who(later)} entered ${sinceMs} ms after ${who(earlier)}, which had not left`;
}

/** The holds that a fault came upon: begun before it, and not ended when it began. */
export function heldAt(holds: readonly Hold[], teller: string, atMs: number): Hold[] {
  return holds.filter((hold) => hold.teller === teller && hold.fromMs <= atMs && hold.toMs >= atMs);
}

/** The spans during which a fault of that name was in effect. */
export function spansOf(observation: Observation<unknown>, fault: string): Span[] {
  return observation.timeline
    .filter((entry) => entry.fault === fault && entry.effectiveAtMs !== null)
    .map(({ askedAtMs, healedAtMs }) => ({ fromMs: askedAtMs, toMs: healedAtMs ?? observation.load.elapsedMs }));
}

/** A hold that a fault came upon, and the first other one of the same account while it was stopped. */
export interface CutHold {
  hold: Hold;
  span: Span;
  second: Hold | null;
  /** Whether anybody else wanted the account between the lock's expiry and the end of the fault. */
  isWanted: boolean;
}

/** The victim's holds that faults of that name came upon. */
export function cutHolds(
  observation: Observation<{ ttlMs: number; contenders: number; accounts: number }>,
  fault: string,
): CutHold[] {
  const holds = holdsOf(observation);
  return spansOf(observation, fault).flatMap((span) =>
    heldAt(holds, VICTIM, span.fromMs).map((hold) => ({
      hold,
      span,
      second:
        holds.find(
          (other) =>
            other.account === hold.account &&
            other.operation !== hold.operation &&
            overlap(other, { fromMs: span.fromMs, toMs: Math.min(hold.toMs, span.toMs) }),
        ) ?? null,
      isWanted: isWanted(observation, hold, span),
    })),
  );
}

/** Somebody at the other teller waited for the account at some time after the lock had expired, had it had a TTL. */
function isWanted(
  observation: Observation<{ ttlMs: number; contenders: number; accounts: number }>,
  hold: Hold,
  span: Span,
): boolean {
  const { contenders, accounts, ttlMs } = observation.parameters;
  const { startedAtMs, endedAtMs } = observation.load.operations;
  const expired = { fromMs: hold.fromMs + ttlMs, toMs: span.toMs };
  if (expired.toMs <= expired.fromMs) return false;
  return startedAtMs.some((from, id) => {
    const isOfAccount = Math.floor(id / contenders) % accounts === hold.account;
    const isAtOther = TELLERS[id % TELLERS.length] !== hold.teller;
    if (!isOfAccount || !isAtOther || Number.isNaN(from)) return false;
    const end = endedAtMs[id] ?? Number.NaN;
    return overlap(expired, { fromMs: from, toMs: Number.isNaN(end) ? observation.load.elapsedMs : end });
  });
}

/** Requests that came while somebody else held their account: each is a chance to let a second one in. */
export function contendedRequests(observation: Observation<{ contenders: number; accounts: number }>): number {
  const { contenders, accounts } = observation.parameters;
  const byAccount = Map.groupBy(holdsOf(observation), ({ account }) => account);
  return observation.load.operations.startedAtMs.filter((at, id) =>
    (byAccount.get(Math.floor(id / contenders) % accounts) ?? []).some(
      (hold) => hold.operation !== id && isWithin(at, hold),
    ),
  ).length;
}
