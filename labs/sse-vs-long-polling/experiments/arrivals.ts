/**
 * The witnesses: what the source's feed has accepted, and what each subscriber got, by id.
 *
 * Neither asks the subject. Invariant: nothing is judged before all is over: each subscriber has everything, or nothing
 * has come for a while.
 * Read next: measures.ts (what the claims make of it).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type {
  LedgerContext,
  LedgerObservation,
  Observation,
  WitnessContext,
  WitnessRecord,
} from '@backend-labs/experiment';
import { isWarmUp, STALLED, SUBSCRIBERS, WARM_UP_FROM } from './names.ts';
import type { StandParameters } from './stand.ts';

/** A message that was accepted. `atMs`: when it was published. */
export interface Accepted {
  id: number;
  atMs: number;
}

/** One time that a subscriber got a message. */
export interface Arrival extends Accepted {
  subscriber: number;
}

/** The feed told a subscriber that it had missed something. */
export interface Told {
  subscriber: number;
  atMs: number;
}

/** When nothing is missing any more, a second copy may still be on its way. */
const ALL_THERE_MS = 100;
const LOOK_EVERY_MS = 50;

/** Asks a service. Throws on any answer but a good one. */
export async function ask<T>(url: string, path: string, signal: AbortSignal): Promise<T> {
  const response = await fetch(new URL(path, url), { signal });
  if (!response.ok) throw new Error(`GET ${path} was answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

function namesOf({ stalled }: StandParameters): string[] {
  return stalled === 0 ? [SUBSCRIBERS] : [SUBSCRIBERS, STALLED];
}

export async function witnesses(
  context: WitnessContext<StandParameters>,
): Promise<Record<'accepted' | 'arrived' | 'told', readonly WitnessRecord[]>> {
  const { urlOf, parameters, load, signal } = context;
  const fromMs = load.startedAtMonotonicMs;
  const all = (await ask<[id: number, atMs: number][]>(urlOf('source'), '/control/accepted', signal)).map(
    ([id, atMs]) => ({ id, atMs: atMs - fromMs }),
  );
  const accepted = all.filter(({ id }) => !isWarmUp(id));
  await untilOver(context, accepted.length);
  const of = async <T>(path: string) =>
    (await Promise.all(namesOf(parameters).map((name) => ask<T[]>(urlOf(name), path, signal)))).flat();
  const arrived = (await of<[subscriber: number, id: number, atMs: number]>('/control/received'))
    .map(([subscriber, id, atMs]) => ({ subscriber, id, atMs: atMs - fromMs }))
    .filter(({ id }) => !isWarmUp(id));
  const told = (await of<[subscriber: number, what: string, atMs: number]>('/control/told'))
    .map(([subscriber, , atMs]) => ({ subscriber, atMs: atMs - fromMs }))
    .filter(({ atMs }) => atMs >= 0);
  return { accepted, arrived, told };
}

async function untilOver({ urlOf, parameters, signal }: WitnessContext<StandParameters>, published: number) {
  let before = '';
  let limitMs = parameters.quietMs;
  for (let quietSinceMs = performance.now(); performance.now() - quietSinceMs < limitMs; ) {
    const counts = await Promise.all(
      namesOf(parameters).map((name) =>
        ask<{ received: number; least: number }>(urlOf(name), `/control/counts?below=${WARM_UP_FROM}`, signal),
      ),
    );
    limitMs = counts.every(({ least }) => least >= published) ? ALL_THERE_MS : parameters.quietMs;
    const now = JSON.stringify(counts);
    if (now !== before) quietSinceMs = performance.now();
    before = now;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

export interface Arrivals {
  accepted: readonly Accepted[];
  /** In the order in which they came, by subscriber. */
  bySubscriber: ReadonlyMap<number, readonly Arrival[]>;
  told: readonly Told[];
}

export function arrivalsOf(
  { witnesses: all }: { witnesses: Record<string, readonly WitnessRecord[]> },
  parameters: StandParameters,
): Arrivals {
  const of = (name: string) => (all[name] ?? []) as unknown;
  const arrived = Map.groupBy(of('arrived') as Arrival[], ({ subscriber }) => subscriber);
  const count = parameters.subscribers + parameters.stalled;
  return {
    accepted: of('accepted') as Accepted[],
    bySubscriber: new Map(Array.from({ length: count }, (_, index) => [index, arrived.get(index) ?? []])),
    told: of('told') as Told[],
  };
}

/** Which subscriber and which message. */
export const idOf = ({ subscriber, id }: { subscriber: number; id: number }) => `${subscriber}:${id}`;

/** What was accepted and did not come, by subscriber. */
export function missingOf({ accepted, bySubscriber }: Arrivals): Arrival[] {
  return [...bySubscriber].flatMap(([subscriber, arrived]) => {
    const there = new Set(arrived.map(({ id }) => id));
    return accepted.filter(({ id }) => !there.has(id)).map((one) => ({ ...one, subscriber }));
  });
}

/** What came once more. */
export function repeatedOf({ bySubscriber }: Arrivals): Arrival[] {
  return [...bySubscriber.values()].flatMap((arrived) => {
    const seen = new Set<number>();
    return arrived.filter(({ id }) => {
      const isAgain = seen.has(id);
      seen.add(id);
      return isAgain;
    });
  });
}

/** What came for the first time after a later one. */
export function overtakenOf({ bySubscriber }: Arrivals): Arrival[] {
  return [...bySubscriber.values()].flatMap((arrived) => {
    const seen = new Set<number>();
    let highest = -1;
    return arrived.filter(({ id }) => {
      const isFirst = !seen.has(id);
      seen.add(id);
      const isLate = isFirst && id < highest;
      highest = Math.max(highest, id);
      return isLate;
    });
  });
}

export async function ledger({
  witnesses: all,
  parameters,
}: LedgerContext<StandParameters>): Promise<LedgerObservation> {
  const arrivals = arrivalsOf({ witnesses: all }, parameters);
  const known = new Set(arrivals.accepted.map(({ id }) => id));
  const arrived = [...arrivals.bySubscriber.values()].flat();
  return {
    acknowledged: arrivals.accepted.length,
    lost: missingOf(arrivals).map(idOf),
    duplicate: repeatedOf(arrivals).map(idOf),
    phantom: arrived.filter(({ id }) => !known.has(id)).map(idOf),
    reordered: overtakenOf(arrivals).map(idOf),
  };
}

export type PushObservation = Observation<StandParameters>;
export const arrivalsIn = (observation: PushObservation) => arrivalsOf(observation, observation.parameters);
