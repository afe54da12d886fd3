/**
 * What the sweeps have in common: kills at announced steps, and what has to survive them.
 *
 * Read next: kills.ts (what was under way), crash-sweep.ts and every-step.ts (the sweeps).
 */
import { killsAt, notFinishedAtKills, receivedAgain } from './kills.ts';
import { commonFacts, doubledOf, lostOf, neverHappens, type OutboxObservation } from './measures.ts';

export interface Step {
  fault: 'killShop' | 'killRelay' | 'killConsumer';
  service: string;
  event: string;
  /** The n-th time the process does this since its start. The kills of a step come one time later each. */
  first: number;
}

export function killsAtSteps(steps: readonly Step[], { kills, awayMs }: { kills: number; awayMs: number }) {
  return steps.flatMap(({ fault, service, event, first }) =>
    Array.from({ length: kills }, (_, index) => ({
      fault,
      when: { service, event, occurrence: first + index },
      healAfterMs: awayMs,
      // Who writes to two systems has no relay.
      mayNotCome: true,
    })),
  );
}

export const survival = {
  'loses nothing': neverHappens({
    description: 'Every committed order is published, whoever is killed',
    what: 'lost event',
    chance: 'an order that was under way when a process died, or was placed while one was away',
    ids: lostOf,
    chancesOf: (observation) => notFinishedAtKills(observation).length,
  }),
  'has its effect once': neverHappens({
    description: 'No event has its effect twice, however often it comes',
    what: 'effect that happened twice',
    chance: 'an event that the consumer received again',
    ids: doubledOf,
    chancesOf: (observation) => receivedAgain(observation).length,
  }),
};

/** The row of a variant, with the kills at each step. */
export function sweepFacts(observation: OutboxObservation, steps: readonly Step[]) {
  const kills = steps.map(({ fault, service, event }): [string, number] => [
    `kills of the ${service} at ${event.replace('outbox.', '')}`,
    killsAt(observation, fault, event).length,
  ]);
  return {
    ...commonFacts(observation),
    'received again': receivedAgain(observation).length,
    ...Object.fromEntries(kills),
  };
}
