/**
 * What the claims of this lab measure.
 *
 * Invariant: pure; null when the situation did not come about, never a made-up zero. Read next: arrivals.ts.
 */
import {
  type ExperimentDefinition,
  eventsIn,
  faultSpan,
  never,
  type Property,
  type Span,
} from '@backend-labs/experiment';
import { type Arrival, arrivalsIn, idOf, missingOf, type PushObservation, repeatedOf } from './arrivals.ts';
import { FEED, LINK, SUBSCRIBERS } from './names.ts';
import type { StandParameters } from './stand.ts';

/** The load's own time. */
export const wholeRun = ({ load }: PushObservation): Span => ({ fromMs: 0, toMs: load.elapsedMs });

/** From when it was published until it arrived, ms, ascending; each arrival counts. */
export function delaysOf(observation: PushObservation): number[] {
  const { accepted, bySubscriber } = arrivalsIn(observation);
  const publishedAtMs = new Map(accepted.map(({ id, atMs }) => [id, atMs]));
  return [...bySubscriber.values()]
    .flat()
    .flatMap(({ id, atMs }) => {
      const fromMs = publishedAtMs.get(id);
      return fromMs === undefined ? [] : [atMs - fromMs];
    })
    .toSorted((a, b) => a - b);
}

/** Of ascending values; null for none. */
export const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;

/** The longest that a message waits for a poll: what the first second's polls carry is still of the warm-up. */
const SETTLED_AFTER_MS = 1000;

/**
 * A span in which the run has settled, of as many whole intervals between two messages as there are. It begins and ends
 * in the middle of one: no message is on its way there, but those that wait for a poll, and they do at both ends alike.
 */
function settledSpan({ load, parameters: { ratePerSecond } }: PushObservation): Span | null {
  const intervalMs = 1000 / ratePerSecond;
  const toMs = load.elapsedMs - intervalMs / 2;
  const intervals = Math.floor((toMs - SETTLED_AFTER_MS) / intervalMs);
  return intervals < 1 ? null : { fromMs: toMs - intervals * intervalMs, toMs };
}

/** What a message costs: so much of something in the settled span, for each message that arrived in it. */
function perArrival(observation: PushObservation, amountIn: (span: Span) => number | null): number | null {
  const span = settledSpan(observation);
  const amount = span === null ? null : amountIn(span);
  if (span === null || amount === null) return null;
  const arrived = [...arrivalsIn(observation).bySubscriber.values()].flat();
  const inside = arrived.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs).length;
  return inside === 0 ? null : amount / inside;
}

/** Requests that subscribers made, for each message that arrived. */
export function requestsPerMessage(observation: PushObservation): number | null {
  const requested = observation.services[SUBSCRIBERS]?.events['push.requested'] ?? [];
  return perArrival(observation, (span) => eventsIn(requested, span).length);
}

/** What the link had carried at that moment, both ways, between its last word before and its first word after. */
function carriedAt(observation: PushObservation, atMs: number): number | null {
  const said = observation.services[LINK]?.records['push.bytes'] ?? [];
  const [before, after] = [said.findLast((one) => one.atMs <= atMs), said.find((one) => one.atMs > atMs)];
  if (before === undefined || after === undefined) return null;
  const [low, high] = [before, after].map((one) => Number(one.said.toFeed) + Number(one.said.fromFeed)) as [
    number,
    number,
  ];
  return low + ((high - low) * (atMs - before.atMs)) / (after.atMs - before.atMs);
}

/** Bytes on the wire, both ways, for each message that arrived. */
export function bytesPerMessage(observation: PushObservation): number | null {
  return perArrival(observation, ({ fromMs, toMs }) => {
    const [before, after] = [carriedAt(observation, fromMs), carriedAt(observation, toMs)];
    return before === null || after === null ? null : after - before;
  });
}

/** Messages that were accepted while a fault lasted, as ids. Null if it never came. */
export function publishedDuring(observation: PushObservation, fault: string): Set<number> | null {
  const span = faultSpan(observation, fault);
  if (span === null) return null;
  const inside = arrivalsIn(observation).accepted.filter(({ atMs }) => atMs >= span.fromMs && atMs < span.toMs);
  return new Set(inside.map(({ id }) => id));
}

export const missingIn = (observation: PushObservation): Arrival[] => missingOf(arrivalsIn(observation));

/** Subscribers who miss something, and have not been told that they do. */
export function keptInTheDark(observation: PushObservation): number[] {
  const told = new Set(arrivalsIn(observation).told.map(({ subscriber }) => subscriber));
  return [...new Set(missingIn(observation).map(({ subscriber }) => subscriber))].filter((one) => !told.has(one));
}

/** Nobody misses anything, as often as a message was published in a fault that a subscriber sat through. */
export function losesNothing(options: {
  fault: string;
  description: string;
  chance: string;
}): Property<StandParameters> {
  return never<StandParameters>({
    description: options.description,
    kind: 'guarantee',
    what: 'message that a subscriber never got, or got twice',
    chance: options.chance,
    find(observation) {
      const during = publishedDuring(observation, options.fault);
      if (during === null) return null;
      const wrong = [...missingIn(observation), ...repeatedOf(arrivalsIn(observation))];
      const { subscribers, stalled } = observation.parameters;
      return { ids: wrong.map(idOf), chances: during.size * (subscribers + stalled) };
    },
  });
}

/** The feed's memory, MB (10⁶ bytes): the highest of a span. */
export function highestMemory(observation: PushObservation, { fromMs, toMs }: Span): number | null {
  const said = observation.services[FEED]?.records['push.memory'] ?? [];
  const inside = said
    .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
    .map((one) => Number(one.said.rssBytes) / 1e6);
  return inside.length === 0 ? null : Math.max(...inside);
}

const rounded = (value: number | null, digits = 1) =>
  value === null ? null : Math.round(value * 10 ** digits) / 10 ** digits;

/** What each experiment's table says of a variant's run. */
export function commonFacts(observation: PushObservation) {
  const delays = delaysOf(observation);
  return {
    'messages accepted': observation.ledger?.acknowledged ?? null,
    'never arrived': observation.ledger?.lost.length ?? null,
    'arrived twice': observation.ledger?.duplicate.length ?? null,
    'arrived after a later one': observation.ledger?.reordered.length ?? null,
    'requests a message': rounded(requestsPerMessage(observation), 2),
    'bytes a message': rounded(bytesPerMessage(observation), 0),
    'delay, median (ms)': rounded(quantile(delays, 0.5)),
    'delay, p99 (ms)': rounded(quantile(delays, 0.99)),
  };
}

export const plots: ExperimentDefinition<string, string, StandParameters>['plots'] = [
  { series: 'load.ok', title: 'Messages accepted', unit: 'per 250 ms' },
  { series: 'witness.arrived', title: 'Messages that arrived, all subscribers', unit: 'per 250 ms' },
];
