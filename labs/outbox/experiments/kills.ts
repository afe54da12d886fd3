/**
 * What was under way when a process was killed.
 *
 * From what the processes had announced by then, which the harness wrote down before the next line ran.
 * Invariant: pure; null when there was no kill. Read next: crash-sweep.ts (what is claimed of it), sets.ts.
 */
import type { Observation, Span } from '@backend-labs/experiment';
import { repeated } from './ledger.ts';
import { lostOf, type OutboxObservation } from './measures.ts';
import { CONSUMER, isWarmUp, SHOP } from './names.ts';
import { setsOf } from './sets.ts';

/** From the kill until the process was back; at one step only, if it is given. */
export function killsAt(observation: Observation<unknown>, fault: string, step?: string): Span[] {
  return observation.timeline
    .filter(
      (entry) =>
        entry.fault === fault &&
        entry.effectiveAtMs !== null &&
        (step === undefined || entry.trigger.includes(` announces ${step},`)),
    )
    .map(({ askedAtMs, healedAtMs }) => ({ fromMs: askedAtMs, toMs: healedAtMs ?? observation.load.elapsedMs }));
}

interface Announced {
  atMs: number;
  ids: number[];
}

/** What a service announced on a channel, without the warm-up. */
export function announced(observation: Observation<unknown>, service: string, event: string): Announced[] {
  return (observation.services[service]?.records[event] ?? []).map(({ atMs, said }) => ({
    atMs,
    ids: String(said.ids)
      .split(' ')
      // None at all is not the order 0.
      .filter((id) => id !== '')
      .map(Number)
      .filter((id) => !isWarmUp(id)),
  }));
}

const idsOf = (all: readonly Announced[]) => new Set(all.flatMap(({ ids }) => ids));

/**
 * Orders that are committed, and of which the shop never learned that they were published. Of those that it had not
 * begun to send, each has to be lost; of those that were on their way, each may be; of all others, none.
 */
export function betweenTheWrites(observation: OutboxObservation): { mistaken: number[] } | null {
  if (killsAt(observation, 'killShop').length === 0) return null;
  const begun = idsOf(announced(observation, SHOP, 'outbox.publishing'));
  const done = idsOf(announced(observation, SHOP, 'outbox.published'));
  const lost = new Set(lostOf(observation).map(Number));
  const mistaken = setsOf(observation.witnesses).committed.filter(({ id }) =>
    begun.has(id) ? lost.has(id) && done.has(id) : !lost.has(id),
  );
  return { mistaken: mistaken.map(({ id }) => id) };
}

/** Orders that were not applied yet at a kill, of any process, or were placed before the killed one was back. */
export function notFinishedAtKills(observation: OutboxObservation): number[] {
  const { committed, applied } = setsOf(observation.witnesses);
  const appliedAtMs = new Map(applied.map(({ id, atMs }) => [id, atMs]));
  const kills = ['killShop', 'killRelay', 'killConsumer'].flatMap((fault) => killsAt(observation, fault));
  return committed
    .filter(({ id }) => {
      const fromMs = observation.load.operations.startedAtMs[id] ?? Number.NaN;
      const toMs = appliedAtMs.get(id) ?? Number.POSITIVE_INFINITY;
      return kills.some((kill) => fromMs < kill.toMs && toMs > kill.fromMs);
    })
    .map(({ id }) => id);
}

/** Events that were published twice and were not in the batch that the relay had taken last before one of its kills. */
export function doneTwiceOutsideOfTheBatch(
  observation: OutboxObservation,
  fault: string,
): { ids: string[]; chances: number } | null {
  const kills = killsAt(observation, fault);
  if (kills.length === 0) return null;
  const claims = announced(observation, 'relay', 'outbox.claimed');
  const inHand = new Set(kills.flatMap(({ fromMs }) => claims.findLast(({ atMs }) => atMs <= fromMs)?.ids ?? []));
  const lastKillMs = Math.max(...kills.map(({ fromMs }) => fromMs));
  const { published } = setsOf(observation.witnesses);
  return {
    ids: repeated(published)
      .filter((id) => !inHand.has(id))
      .map((id) => `order ${id}`),
    chances: new Set(published.filter(({ atMs }) => atMs <= lastKillMs).map(({ id }) => id)).size,
  };
}

/** Events that the consumer got more than once. */
export function receivedAgain(observation: Observation<unknown>): number[] {
  const received = announced(observation, CONSUMER, 'outbox.received');
  return repeated(received.flatMap(({ ids }) => ids.map((id) => ({ id }))));
}
