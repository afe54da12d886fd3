/**
 * holder-killed: the process that holds locks dies, and with it whoever would have released them.
 *
 * How long is an account closed? Until the TTL is over, until somebody notices a closed connection, or for ever.
 * Read next: holder-paused.ts (a dead process is the easy case: it does not come back).
 */
import { atMost, experiment, never, type Observation } from '@backend-labs/experiment';
import { type Hold, holdsOf, spansOf } from './holds.ts';
import { commonFacts, plots, rounded } from './measures.ts';
import { VICTIM } from './nodes.ts';
import { type StandParameters, standOn } from './stand.ts';
import { witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 220,
  durationMs: 5150,
  // Enough that nobody waits for more than one other: each who waits is a session that ends at the kill as well.
  accounts: 120,
  contenders: 2,
  // Long, so that many accounts are held at the kill: each is a chance of its own.
  thinkMs: 300,
  ttlMs: 800,
  retryDelayMs: 40,
  acquireTimeoutMs: 1200,
  patienceMs: 4000,
  // Whoever waits for a lock in Postgres waits with a connection.
  connections: 70,
  // When all connections are open.
  killAtMs: 1000,
  /** Nobody may have been let in for so many TTLs before it counts as never. */
  neverTtls: 5,
};
type KilledParameters = typeof parameters;
type KilledObservation = Observation<KilledParameters>;

interface Handover {
  hold: Hold;
  /** From the kill until the next one entered; null if nobody did before the run's end. */
  afterMs: number | null;
  /** How long that one had waited by then, of the time since the kill. */
  waitedMs: number | null;
}

/** What became of each account that the dead process held: it had entered, and never left. */
function handovers(observation: KilledObservation): Handover[] {
  const [span] = spansOf(observation, 'killHolder');
  if (span === undefined) return [];
  const holds = holdsOf(observation);
  const ofTheDead = holds.filter(
    ({ teller, hasLeft, fromMs, toMs }) => teller === VICTIM && !hasLeft && fromMs <= toMs && toMs < span.toMs,
  );
  return ofTheDead.map((hold) => {
    const next = holds.find((other) => other.account === hold.account && other.fromMs > hold.toMs);
    if (next === undefined) return { hold, afterMs: null, waitedMs: null };
    return {
      hold,
      afterMs: next.fromMs - span.fromMs,
      waitedMs: next.fromMs - Math.max(span.fromMs, next.askedAtMs),
    };
  });
}

/** The longest wait for an account of the dead, ms; an account that nobody got counts as endless. */
function longest(observation: KilledObservation): number | null {
  const all = handovers(observation);
  if (all.length === 0) return null;
  return Math.max(...all.map(({ waitedMs }) => waitedMs ?? observation.load.elapsedMs));
}

const evidence = (observation: KilledObservation) =>
  handovers(observation).map(
    ({ hold, waitedMs }) =>
      `account ${hold.account}: ${waitedMs === null ? 'nobody' : `after a wait of ${Math.round(waitedMs)} ms`}`,
  );

/** How late anything here may be; handovers are compared with bounds that allow for it. */
const RESOLUTION_MS = 100;

export const holderKilled = experiment({
  ...standOn(),
  ...witnessed,
  question: 'The holder dies. When does the next one get in?',
  parameters,
  quick: { durationMs: 3550, neverTtls: 3 },
  timeline: ({ killAtMs, durationMs }: KilledParameters) => [
    { fault: 'killHolder', atMs: killAtMs, healAtMs: durationMs - 50 },
  ],
  resolutionMs: () => RESOLUTION_MS,
  properties: {
    'handed over by the TTL': atMost<KilledParameters>({
      description:
        'Every account that the dead process held is entered again when the TTL is over and a waiter has tried',
      kind: 'characteristic',
      unit: 'ms',
      formula: 'TTL + longest wait between two tries + resolution',
      bound: ({ ttlMs, retryDelayMs }) => ttlMs + retryDelayMs + RESOLUTION_MS,
      measure: longest,
      evidence,
    }),
    'handed over at once': atMost<KilledParameters>({
      description: 'Every account that the dead process held is entered again in a quarter of the TTL',
      kind: 'characteristic',
      unit: 'ms',
      formula: 'TTL / 4',
      bound: ({ ttlMs }) => ttlMs / 4,
      measure: longest,
      evidence,
    }),
    'held for ever': never<KilledParameters>({
      description: 'No account that the dead process held is entered again within neverTtls · TTL',
      kind: 'characteristic',
      what: 'handover within neverTtls · TTL',
      chance: 'an account that the dead process held',
      find(observation) {
        const all = handovers(observation);
        const { neverTtls, ttlMs } = observation.parameters;
        const taken = all.filter(({ afterMs }) => afterMs !== null && afterMs <= neverTtls * ttlMs);
        return {
          ids: taken.map(({ hold, afterMs }) => `account ${hold.account} after ${Math.round(afterMs ?? 0)} ms`),
          chances: all.length,
        };
      },
    }),
  },
  claims: [
    {
      id: 'setnx-outlives-its-holder',
      statement: 'A lock without a TTL stays with the dead.',
      property: 'held for ever',
      variant: 'setnx',
      control: 'token',
    },
    {
      id: 'token-is-handed-over',
      statement: 'With a TTL the next one gets in after the TTL and one more try.',
      property: 'handed over by the TTL',
      variant: 'token',
      control: 'setnx',
    },
    {
      id: 'watchdog-is-handed-over',
      statement: 'A watchdog dies with its holder: the next one gets in after the TTL and one more try.',
      property: 'handed over by the TTL',
      variant: 'watchdog',
      control: 'setnx',
    },
    {
      id: 'session-lock-is-handed-over-at-once',
      statement: 'A session lock goes with its connection: the next one gets in at once.',
      property: 'handed over at once',
      variant: 'pg-advisory',
      control: 'token',
    },
  ],
  facts(observation) {
    const all = handovers(observation);
    const times = all.flatMap(({ waitedMs }) => waitedMs ?? []).sort((a, b) => a - b);
    return {
      ...commonFacts(observation as unknown as Observation<StandParameters>),
      'accounts held by the dead': all.length,
      'of them never entered again': all.length - times.length,
      'handover, median (ms)': times.length === 0 ? null : rounded(times[Math.floor(times.length / 2)] as number),
      'handover, longest (ms)': times.length === 0 ? null : rounded(times.at(-1) as number),
    };
  },
  plots,
});
