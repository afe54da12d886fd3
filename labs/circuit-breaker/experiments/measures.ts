/**
 * What this lab measures, for all of its experiments.
 *
 * All of it is seen from outside: arrivals at the dependency, requests in flight at the gateway, answers at the
 * client. Nothing is read from a breaker's own state or statistics, so a policy of the reader's is judged by the same
 * means. Invariant: a span starts when the fault took effect, not when it was planned.
 */
import { eventsIn, firstGap, type Observation, type Span, serviceOf } from '@backend-labs/experiment';
import { OUTCOMES, type Outcome } from '@backend-labs/load';
import { quotesInTurn, type StandParameters } from './stand.ts';

type StandObservation = Observation<StandParameters>;

/** The tolerance of most predictions. */
export const TOLERANCE = 0.15;

/** λ over a time, as a number of requests. */
export const requestsIn = (ratePerSecond: number, durationMs: number) => (ratePerSecond * durationMs) / 1000;

/** Every span in which a fault was in effect, for a fault that comes more than once. */
export function faultSpans(observation: Observation<unknown>, fault: string): Span[] {
  return observation.timeline
    .filter((entry) => entry.fault === fault && entry.effectiveAtMs !== null)
    .map((entry) => ({
      fromMs: entry.effectiveAtMs as number,
      toMs: entry.healedAtMs ?? observation.load.elapsedMs,
    }));
}

/** Times at which calls arrived at the dependency, at one of its shards if given. */
export function arrivals(observation: StandObservation, shard?: number): number[] {
  const step = shard === undefined ? 'circuit-breaker.call-arrived' : `circuit-breaker.call-arrived.shard-${shard}`;
  return serviceOf(observation, 'dependency').events[step] ?? [];
}

/** One request of the client's. */
export interface Asked {
  id: number;
  /** Null: it had not ended when the run did. */
  outcome: Outcome | null;
}

/** The requests that were to be sent in a span, for a quote or for the unrelated endpoint. */
export function asked(observation: StandObservation, span: Span, what: 'quote' | 'catalogue' = 'quote'): Asked[] {
  const { intendedAtMs, outcome } = observation.load.operations;
  const turn = quotesInTurn(observation.parameters);
  const found: Asked[] = [];
  for (let id = 0; id < intendedAtMs.length; id++) {
    const at = intendedAtMs[id] as number;
    if (at < span.fromMs || at >= span.toMs) continue;
    const isCatalogue = turn !== null && id % (turn + 1) === turn;
    if (isCatalogue === (what === 'catalogue')) found.push({ id, outcome: OUTCOMES[outcome[id] as number] ?? null });
  }
  return found;
}

/** The share with that outcome, in percent; null when nothing was asked. */
export function percentOf(requests: readonly Asked[], outcome: Outcome): number | null {
  if (requests.length === 0) return null;
  return (100 * requests.filter((request) => request.outcome === outcome).length) / requests.length;
}

/**
 * When calls stopped arriving: the last arrival before the first pause of R/2. Closed, arrivals are 1/λ apart; open,
 * they are at least R apart. Null if they never stopped.
 */
export function openedAt(observation: StandObservation, span: Span, shard?: number): number | null {
  return firstGap(arrivals(observation, shard), span, observation.parameters.resetMs / 2);
}

/** How many times arrivals paused for R/2 or more inside a span: openings, and probes that failed. */
export function pauses(observation: StandObservation, span: Span): number {
  const times = [...eventsIn(arrivals(observation), span), span.toMs];
  const { resetMs } = observation.parameters;
  return times.filter((at, index) => index > 0 && at - (times[index - 1] as number) >= resetMs / 2).length;
}

/**
 * How many windows W fit into a span. The unit of chance for "it never opens": a breaker judges a window, and all
 * calls of one window share its fate.
 */
export function windowsIn(observation: StandObservation, span: Span): number {
  return Math.floor((span.toMs - span.fromMs) / observation.parameters.windowMs);
}

/** For how long something is closed that is in turn closed for a time and open for another, and begins closed. */
export function closedFor(durationMs: number, closedMs: number, openMs: number): number {
  const cycles = Math.floor(durationMs / (closedMs + openMs));
  const restMs = durationMs - cycles * (closedMs + openMs);
  return cycles * closedMs + Math.min(restMs, closedMs);
}

/** For a table: three significant digits, or nothing. */
export function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(3));
}
