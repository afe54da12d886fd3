/**
 * minority-down and majority-down: some of the Redis servers die for a while.
 *
 * What five nodes are for: with two of them dead a quorum is still there. With three dead there is none, and a lock
 * that is to exclude must then let nobody in. Read next: node-restarts-empty.ts (what a quorum forgets).
 */
import { atLeast, experiment, never, type Observation } from '@backend-labs/experiment';
import { holdsOf } from './holds.ts';
import { commonFacts, type LockObservation, plots, rounded } from './measures.ts';
import { standOn } from './stand.ts';
import { endingsOf, witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 100,
  durationMs: 3000,
  accounts: 40,
  contenders: 1,
  thinkMs: 30,
  ttlMs: 1000,
  retryDelayMs: 40,
  acquireTimeoutMs: 400,
  patienceMs: 3000,
  downAtMs: 1000,
  upAtMs: 2600,
};
type DownParameters = typeof parameters;
type DownObservation = Observation<DownParameters>;

/** After the kill, what was in flight before it must have ended. */
const settleMs = ({ thinkMs, acquireTimeoutMs }: DownParameters) => thinkMs + acquireTimeoutMs;

/** From when nothing of before is in flight any more until the nodes are started again, one of them first. */
function downSpan(observation: DownObservation, fault: string) {
  const entry = observation.timeline.find((one) => one.fault === fault && one.effectiveAtMs !== null);
  if (entry === undefined || entry.effectiveAtMs === null) return undefined;
  return {
    fromMs: entry.effectiveAtMs + settleMs(observation.parameters),
    toMs: entry.healAskedAtMs ?? observation.load.elapsedMs,
  };
}

/** Updates written a second in a span. */
function writtenPerSecond(observation: DownObservation, span: { fromMs: number; toMs: number }): number {
  const written = endingsOf(observation).filter(
    ({ ending, atMs }) => ending === 'written' && atMs >= span.fromMs && atMs < span.toMs,
  ).length;
  return (1000 * written) / (span.toMs - span.fromMs);
}

/** The rate while nodes are down, as a share of the rate of arrivals. */
function shareServed(observation: DownObservation, fault: string): number | null {
  const span = downSpan(observation, fault);
  return span === undefined ? null : writtenPerSecond(observation, span) / observation.parameters.ratePerSecond;
}

function enteredWhileDown(observation: DownObservation, fault: string) {
  const span = downSpan(observation, fault);
  return span && holdsOf(observation).filter(({ fromMs }) => fromMs >= span.fromMs && fromMs < span.toMs);
}

function askedWhileDown(observation: DownObservation, fault: string): number {
  const span = downSpan(observation, fault);
  return span === undefined
    ? 0
    : observation.load.operations.startedAtMs.filter((at) => at >= span.fromMs && at < span.toMs).length;
}

const stand = {
  ...standOn(),
  ...witnessed,
  parameters,
  quick: { durationMs: 2300, downAtMs: 600, upAtMs: 2000 },
  plots,
};

const factsOf = (fault: string) => (observation: DownObservation) => ({
  ...commonFacts(observation as unknown as LockObservation),
  'served while down (% of arrivals)': rounded(100 * (shareServed(observation, fault) ?? 0)),
  'entered while down': enteredWhileDown(observation, fault)?.length ?? null,
});

export const minorityDown = experiment({
  ...stand,
  question: 'Two of the five nodes die. Who goes on?',
  timeline: ({ downAtMs, upAtMs }: DownParameters) => [{ fault: 'minorityDown', atMs: downAtMs, healAtMs: upAtMs }],
  properties: {
    'goes on': atLeast<DownParameters>({
      description: 'While nodes are down, updates are written at the rate at which they arrive',
      kind: 'characteristic',
      unit: '× the rate of arrivals',
      bound: () => 0.9,
      measure: (observation) => shareServed(observation, 'minorityDown'),
    }),
  },
  claims: [
    {
      id: 'redlock-survives-a-minority',
      statement: 'Redlock goes on while two of its five nodes are dead.',
      property: 'goes on',
      variant: 'redlock',
      control: 'token',
    },
  ],
  facts: factsOf('minorityDown'),
});

export const majorityDown = experiment({
  ...stand,
  question: 'Three of the five nodes die. Is anybody let in?',
  timeline: ({ downAtMs, upAtMs }: DownParameters) => [{ fault: 'majorityDown', atMs: downAtMs, healAtMs: upAtMs }],
  properties: {
    'nobody enters': never<DownParameters>({
      description: 'While a majority of the nodes is down, nobody is let in',
      kind: 'characteristic',
      what: 'hold that began without a majority',
      chance: 'a request while the majority was down',
      find(observation) {
        const entered = enteredWhileDown(observation, 'majorityDown');
        return entered === undefined
          ? null
          : {
              ids: entered.map(({ operation, account }) => `account ${account}: ${operation}`),
              chances: askedWhileDown(observation, 'majorityDown'),
            };
      },
    }),
  },
  claims: [
    {
      id: 'redlock-needs-a-majority',
      statement: 'Redlock lets nobody in while three of its five nodes are dead.',
      property: 'nobody enters',
      variant: 'redlock',
      control: 'token',
    },
  ],
  facts: factsOf('majorityDown'),
});
