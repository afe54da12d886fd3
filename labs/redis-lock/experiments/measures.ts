/**
 * What the claims of this lab measure, from both witnesses.
 *
 * Invariant: pure; null when the situation did not come about, never a made-up zero. Read next: holds.ts, updates.ts.
 */
import { type ExperimentDefinition, never, type Observation, type Property } from '@backend-labs/experiment';
import { type CutHold, contendedRequests, cutHolds, describe, doubleHolds, holdsOf, spansOf } from './holds.ts';
import { TELLERS, VICTIM } from './nodes.ts';
import type { StandParameters } from './stand.ts';
import { endingsOf, overwritten, writesOf } from './updates.ts';

export type LockObservation = Observation<StandParameters>;

/** In each span of a fault, how many of the holds that it came upon were joined by a second one. The fewest of all. */
export function fewestJoined(observation: LockObservation, fault: string): number | null {
  const cut = cutHolds(observation, fault);
  const joined = spansOf(observation, fault).map(
    ({ fromMs }) => cut.filter(({ span, second }) => span.fromMs === fromMs && second !== null).length,
  );
  return joined.length === 0 ? null : Math.min(...joined);
}

export function inWords({ hold, second }: CutHold): string {
  return `account ${hold.account}: ${second?.operation} held while ${hold.operation} of the stopped ${hold.teller} had not left`;
}

/**
 * Overlaps of two holds of which no fault had come upon either: one mistake that leads to the next. Who simply took
 * longer than the TTL is left out: that is a slow machine's doing, not another holder's.
 */
export function cascades(observation: LockObservation) {
  const { ttlMs, thinkMs } = observation.parameters;
  const youngMs = (ttlMs + thinkMs) / 2;
  return doubleHolds(holdsOf(observation)).filter(
    ({ earlier, later }) => !earlier.isDisturbed && !later.isDisturbed && later.fromMs - earlier.fromMs < youngMs,
  );
}

/** Acknowledged updates that are gone at the end, as raw ids, with who overwrote them. */
export function lostIds(observation: LockObservation): string[] {
  const byWhom = new Map(overwritten(writesOf(observation.witnesses)).map(({ lost, by }) => [lost.operation, by]));
  return (observation.ledger?.lost ?? []).map((id) => {
    const by = byWhom.get(Number(id));
    return by === undefined
      ? `${id} was acknowledged and never written`
      : `account ${by.account}: the update of ${id} is overwritten by ${by.operation}`;
  });
}

/** No acknowledged update is missing at the end; `chancesOf` says how often one could have been. */
export function losesNothing(options: {
  description: string;
  chance: string;
  chancesOf: (observation: LockObservation) => number;
}): Property<StandParameters> {
  return never<StandParameters>({
    description: options.description,
    kind: 'guarantee',
    what: 'lost update',
    chance: options.chance,
    find: (observation) => ({ ids: lostIds(observation), chances: options.chancesOf(observation) }),
  });
}

/** Nobody enters an account in which somebody is, whatever else happens in the run. */
export const neverTwoAtOnce = never<StandParameters>({
  description: 'Nobody enters while somebody else holds',
  kind: 'characteristic',
  what: 'overlap of two holds',
  chance: 'a request that came while its account was held',
  find: (observation) => ({
    ids: doubleHolds(holdsOf(observation)).map(describe),
    chances: contendedRequests(observation),
  }),
});

/** Operations that were at the stopped teller when a fault of that name began, whether they held anything or not. */
export function caughtRequests(observation: LockObservation, fault: string): number {
  const { startedAtMs, endedAtMs } = observation.load.operations;
  const isVictims = (id: number) => TELLERS[id % TELLERS.length] === VICTIM;
  const isThere = (id: number, atMs: number) =>
    (startedAtMs[id] as number) < atMs && !((endedAtMs[id] ?? Number.NaN) <= atMs);
  return spansOf(observation, fault).reduce(
    (sum, { fromMs }) => sum + startedAtMs.filter((_, id) => isVictims(id) && isThere(id, fromMs)).length,
    0,
  );
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The row of a variant in the table of every experiment. */
export function commonFacts(observation: LockObservation): Record<string, number | string | null> {
  const { counts } = observation.load;
  const acknowledged = observation.ledger?.acknowledged ?? 0;
  return {
    written: counts.ok,
    'not acquired or rejected': counts.rejected,
    'double holds': doubleHolds(holdsOf(observation)).length,
    'lost updates': observation.ledger === null ? null : observation.ledger.lost.length,
    'lost (% of acknowledged)':
      observation.ledger === null || acknowledged === 0
        ? null
        : rounded((100 * observation.ledger.lost.length) / acknowledged),
  };
}

/** One chart for every experiment: what was written, over time. */
export const plots: ExperimentDefinition<string, string, StandParameters>['plots'] = [
  { series: 'load.ok', title: 'Updates written', unit: 'per 250 ms' },
];

/** How much of its wait must have passed without any holder for a request to have given up on a free account. */
const FREE_SHARE = 0.5;

/** Requests that gave up although nobody held their account for most of the time they waited. */
export function gaveUpOnFreeAccount(observation: LockObservation) {
  const holds = Map.groupBy(holdsOf(observation), ({ account }) => account);
  return endingsOf(observation).filter(({ operation, account, ending, atMs }) => {
    const askedAtMs = observation.load.operations.startedAtMs[operation];
    if (ending !== 'not-acquired' || askedAtMs === undefined) return false;
    // Nobody holds twice here, so the parts add up.
    const heldMs = (holds.get(account) ?? []).reduce(
      (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, atMs) - Math.max(fromMs, askedAtMs)),
      0,
    );
    return heldMs <= (1 - FREE_SHARE) * (atMs - askedAtMs);
  });
}
