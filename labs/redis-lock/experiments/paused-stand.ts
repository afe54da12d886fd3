/**
 * What the experiments with a stopped holder have in common: the pauses, what is asked of a run, and its facts.
 *
 * Each pause is longer than the TTL, and many accounts are held at each; every one is a chance of its own.
 * Read next: holder-paused.ts (the claims), holds.ts and updates.ts (what the properties are made of).
 */
import { atLeast, never, type Observation } from '@backend-labs/experiment';
import { cutHolds, describe, holdsOf, spansOf } from './holds.ts';
import {
  cascades,
  caughtRequests,
  commonFacts,
  fewestJoined,
  inWords,
  type LockObservation,
  losesNothing,
  plots,
} from './measures.ts';
import { type StandParameters, standOn } from './stand.ts';
import { endingsOf, staleWrites, witnessed } from './updates.ts';

/** The fault of this experiment. */
const FAULT = 'pauseHolder';

const parameters = {
  ratePerSecond: 150,
  durationMs: 2850,
  accounts: 28,
  // A pair: the first goes to the teller that is stopped, the other one waits behind it. The next pair for the same
  // account comes while that one is in, so that a lock deleted by mistake is taken at once.
  contenders: 2,
  thinkMs: 130,
  ttlMs: 250,
  retryDelayMs: 30,
  acquireTimeoutMs: 500,
  patienceMs: 3000,
  pauseMs: 400,
  pauses: 4,
  firstPauseAtMs: 250,
  betweenPausesMs: 650,
};
export type PausedParameters = typeof parameters;

/** Pauses of the same length at the same distance. */
export function pausesOf({ pauses, firstPauseAtMs, betweenPausesMs, pauseMs }: PausedParameters) {
  return Array.from({ length: pauses }, (_, index) => {
    const atMs = firstPauseAtMs + index * betweenPausesMs;
    return { fault: FAULT, atMs, healAtMs: atMs + pauseMs } as const;
  });
}

const cut = (observation: Observation<StandParameters>) => cutHolds(observation, FAULT);
/** Holds that were stopped, and whose account somebody else wanted after the TTL. */
export const wanted = (observation: LockObservation) => cut(observation).filter(({ isWanted }) => isWanted);

export const pausedProperties = {
  'held twice in each pause': atLeast<StandParameters>({
    description: 'In each pause past the TTL, somebody else enters while the stopped holder has not left',
    kind: 'characteristic',
    unit: 'double hold(s) in the pause that had fewest',
    bound: () => 1,
    measure: (observation) => fewestJoined(observation, FAULT),
    evidence: (observation) =>
      cut(observation)
        .filter(({ second }) => second !== null)
        .map(inWords),
  }),
  'never held twice': never<StandParameters>({
    description: 'Nobody enters while a stopped holder has not left',
    kind: 'characteristic',
    what: 'second holder beside a stopped one',
    chance: 'a hold that was stopped past the TTL, of an account that somebody else wanted then',
    find: (observation) => ({
      ids: cut(observation)
        .filter(({ second }) => second !== null)
        .map(inWords),
      chances: wanted(observation).length,
    }),
  }),
  'mistakes go on': atLeast<StandParameters>({
    description: 'Two holders overlap of whom neither was stopped',
    kind: 'characteristic',
    unit: 'such overlap(s) a pause',
    bound: () => 1,
    measure: (observation) => cascades(observation).length / Math.max(1, spansOf(observation, FAULT).length),
    evidence: (observation) => cascades(observation).map(describe),
  }),
  'mistakes end': never<StandParameters>({
    description: 'No two holders overlap of whom neither was stopped',
    kind: 'characteristic',
    what: 'overlap of two holders who were not stopped',
    chance: 'a stopped hold that was joined by a second one, and then released',
    find: (observation) => ({
      ids: cascades(observation).map(describe),
      chances: cut(observation).filter(({ second }) => second !== null).length,
    }),
  }),
  'stale writes are refused': atLeast<StandParameters>({
    description: 'A holder that comes back too late is refused by the database',
    kind: 'characteristic',
    unit: 'refused write(s) a pause',
    bound: () => 1,
    measure(observation) {
      const refused = endingsOf(observation).filter(({ ending }) => ending === 'rejected').length;
      return refused / Math.max(1, spansOf(observation, FAULT).length);
    },
  }),
  'writes without the lock': atLeast<StandParameters>({
    description:
      'The database accepts writes of an operation whose lock the server had given to another, or let expire',
    kind: 'characteristic',
    unit: 'such write(s) a pause',
    bound: () => 1,
    measure: (observation) => staleWrites(observation).length / Math.max(1, spansOf(observation, FAULT).length),
    evidence: (observation) =>
      staleWrites(observation).map(({ account, operation }) => `account ${account}: write of ${operation}`),
  }),
  'loses nothing': losesNothing({
    description: 'No acknowledged update is lost when a process is stopped in the middle of one',
    chance: 'a request that was at the stopped process',
    chancesOf: (observation) => caughtRequests(observation, FAULT),
  }),
};

export const pausedFacts = (observation: LockObservation) => ({
  ...commonFacts(observation),
  'holds that were stopped': cut(observation).length,
  'of them joined by another': cut(observation).filter(({ second }) => second !== null).length,
  'overlaps of two that ran': cascades(observation).length,
  'writes without the lock': staleWrites(observation).length,
  'holders at most': mostAtOnce(observation),
});

/** The most holders of one account at the same time. */
function mostAtOnce(observation: LockObservation): number {
  const holds = holdsOf(observation);
  return holds.reduce((most, hold) => {
    const others = holds.filter(
      (other) => other.account === hold.account && other.fromMs <= hold.fromMs && other.toMs > hold.fromMs,
    );
    return Math.max(most, others.length);
  }, 0);
}

export const pausedStand = {
  ...standOn(),
  ...witnessed,
  parameters,
  // A pause less, and as many chances: who thinks longer is caught more often.
  quick: { durationMs: 2150, pauses: 3, thinkMs: 150, ttlMs: 280, pauseMs: 430, betweenPausesMs: 680, accounts: 32 },
  timeline: pausesOf,
  properties: pausedProperties,
  facts: pausedFacts,
  plots,
};
