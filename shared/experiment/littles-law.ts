/**
 * Little's law as a self-check: do the client and the services that take its load agree on how much was in flight?
 *
 * The sources share no code and no process. Pure. Read next: self-checks.ts.
 */
import { type LoadReport, littlesLawSum } from '@backend-labs/load';
import { entriesOf, type Hop } from './hop-balance.ts';
import { integral, type Observation, type Span } from './observation.ts';
import type { SelfCheck } from './result/schema.ts';
import { furtherMeanUpperBound95, readable } from './statistics.ts';

/** Two sources of the same integral may differ by this fraction. */
const LITTLE_TOLERANCE = 0.05;
/** With fewer operations one alone is more than the tolerance, and the mean of the round trips says little of its own. */
const FEWEST_OPERATIONS = 1 / LITTLE_TOLERANCE;

/**
 * L = λW, as areas: in flight as the entry services sampled it, all of them together, against the times that the
 * client measured, in operation-seconds over the same window.
 *
 * While a fault keeps an entry service stopped or dead, requests wait in the system's queue, which the client counts
 * and the service cannot; that time is left out on both sides, and for all entry services, since the client does not
 * know which of them kept an operation waiting. So is what it takes to read what had queued up, and, after a restart,
 * until the load's connections are open again: a service takes new ones one by one. One that loses its connections
 * without a fault has no such excuse.
 *
 * An operation lasts longer at the client than in the service, by what a round trip takes outside of it. For calls of
 * a millisecond that is more than the tolerance. How much it can be, the client has measured beside the load, on a
 * route that the service does not count (load/round-trips.ts): so much less, at the upper bound of the mean of as many,
 * the services may have had in flight. Of a few operations only the upper side is checked: the mean of some tens of round trips says
 * nothing of what four single ones took, on processes that have had nothing to do for a second.
 */
export function littlesLaw({
  observation,
  hops,
  resolutionMs,
}: {
  observation: Observation<unknown>;
  hops: readonly Hop[];
  resolutionMs: number;
}): SelfCheck {
  const entries = entriesOf(hops).map((name) => observation.services[name]);
  const gauges = entries.flatMap((entry) => entry?.gauges['http.inFlight'] ?? []);
  // One that was not sampled at all makes the sum of the others mean nothing.
  const isSampled = entries.length > 0 && gauges.length === entries.length;
  const disturbed = entries.flatMap((entry) => entry?.disturbed ?? []);
  const { operations, elapsedMs, reconnects } = observation.load;
  const untilRead = disturbed.map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + resolutionMs }));
  const afterFaults = reconnects.filter((one) => disturbed.some((fault) => overlap(one, fault)));
  const spans = outsideOfAll([...untilRead, ...afterFaults], elapsedMs);
  const total = (area: (span: Span) => number) => spans.reduce((sum, span) => sum + area(span), 0) / 1000;
  const atClient = total((span) => littlesLawSum(operations, span.fromMs, span.toMs));
  const measured = isSampled ? total((span) => gauges.reduce((sum, gauge) => sum + integral(gauge, span), 0)) : 0;
  const outside = outsideOf(observation.load, spans);
  const tolerance = LITTLE_TOLERANCE * atClient;
  // However short the operations are beside the round trips: a service that had some was busy for some time.
  const sawSome = measured > 0 || atClient === 0;
  const isFew = operations.startedAtMs.length > 0 && operations.startedAtMs.length < FEWEST_OPERATIONS;
  const least = isFew ? 0 : atClient - outside.total - tolerance;
  const ok = isSampled && sawSome && measured >= least && measured <= atClient + tolerance;
  const expected = isFew
    ? `at most ${rounded(atClient)}; for a lower bound there are too few operations`
    : outside.total === 0
      ? rounded(atClient)
      : `${rounded(atClient)} less at most ${outside.operations} × ${readable(outside.meanMs)} ms outside`;
  return { name: "Little's law", ok, expected, measured: rounded(measured) };
}

/** What the operations that began inside the spans took outside of the services, in operation-seconds. */
function outsideOf({ roundTrips, operations }: LoadReport, spans: readonly Span[]) {
  const isInside = (at: number) => spans.some(({ fromMs, toMs }) => at >= fromMs && at < toMs);
  // One that met a stopped service would tell how long it was stopped.
  const trips = roundTrips.filter(({ atMs, durationMs }) => isInside(atMs) && isInside(atMs + durationMs));
  const count = operations.startedAtMs.filter(isInside).length;
  if (count === 0) return { meanMs: 0, operations: 0, total: 0 };
  // Some tens of readings, few of them long: their mean may well be below the operations' own.
  const meanMs = furtherMeanUpperBound95(
    trips.map(({ durationMs }) => durationMs),
    count,
  );
  return { meanMs, operations: count, total: (count * meanMs) / 1000 };
}

/** What is left of the window without these spans, which may overlap. */
function outsideOfAll(spans: readonly Span[], elapsedMs: number): Span[] {
  const left: Span[] = [];
  let fromMs = 0;
  for (const span of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (span.fromMs > fromMs) left.push({ fromMs, toMs: Math.min(span.fromMs, elapsedMs) });
    fromMs = Math.max(fromMs, span.toMs);
  }
  if (fromMs < elapsedMs) left.push({ fromMs, toMs: elapsedMs });
  return left;
}

const overlap = (one: Span, other: Span) => one.fromMs < other.toMs && other.fromMs < one.toMs;

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
