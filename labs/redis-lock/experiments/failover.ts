/**
 * failover: the primary dies before its replica knows of the locks, and the replica takes over.
 *
 * Redis replicates after it has answered. Here the link is cut first, so that locks are granted which the replica
 * provably does not know; then the primary is killed and the replica promoted under the same address.
 * Read next: minority-down.ts (Redlock's answer to this), ../../../docs/notes/redis.md.
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { replicate } from './faults.ts';
import { describe, doubleHolds, holdsOf, spansOf } from './holds.ts';
import { commonFacts, type LockObservation, losesNothing, plots } from './measures.ts';
import { standOn } from './stand.ts';
import { witnessed } from './updates.ts';

const parameters = {
  // More requests than the accounts can serve: at any time each is held, and soon somebody else asks for it.
  ratePerSecond: 180,
  durationMs: 2600,
  accounts: 48,
  contenders: 2,
  thinkMs: 600,
  ttlMs: 900,
  retryDelayMs: 40,
  acquireTimeoutMs: 300,
  patienceMs: 4000,
  // So long before the failover that what the replica knew has expired: it would close its accounts.
  cutAtMs: 400,
  failoverAtMs: 1500,
};
type FailoverParameters = typeof parameters;

/** Pairs of which one had entered before the failover and the other after it. */
function grantedTwice(observation: LockObservation) {
  const [span] = spansOf(observation, 'failover');
  if (span === undefined) return null;
  return doubleHolds(holdsOf(observation)).filter(
    ({ earlier, later }) => earlier.fromMs < span.fromMs && later.fromMs > span.fromMs,
  );
}

/** Requests that came after the failover for an account whose holder of before it had not left. */
function temptedRequests(observation: LockObservation): number {
  const entry = observation.timeline.find(({ fault }) => fault === 'failover');
  const promotedAtMs = entry?.effectiveAtMs ?? null;
  if (entry === undefined || promotedAtMs === null) return 0;
  const { contenders, accounts } = observation.parameters;
  const held = holdsOf(observation).filter(({ fromMs, toMs }) => fromMs < entry.askedAtMs && toMs > promotedAtMs);
  return observation.load.operations.startedAtMs.filter((at, id) =>
    held.some(
      ({ account, toMs }) => Math.floor(id / contenders) % accounts === account && at > promotedAtMs && at < toMs,
    ),
  ).length;
}

export const failover = experiment({
  ...standOn({ firstNode: 'primary' }),
  ...witnessed,
  question: 'The primary dies and its replica does not know the locks. Who is let in?',
  parameters,
  quick: {},
  proxies: { primary: 'redis-1', replication: 'redis-1' },
  prepare: replicate,
  timeline: ({ cutAtMs, failoverAtMs, durationMs }: FailoverParameters) => [
    { fault: 'cutReplication', atMs: cutAtMs, healAtMs: durationMs },
    { fault: 'failover', atMs: failoverAtMs, healAtMs: durationMs },
  ],
  properties: {
    'granted twice': atLeast<FailoverParameters>({
      description: 'After the failover, somebody enters whose predecessor has not left',
      kind: 'characteristic',
      unit: 'double hold(s) across the failover',
      bound: () => 1,
      measure: (observation) => grantedTwice(observation)?.length ?? null,
      evidence: (observation) => (grantedTwice(observation) ?? []).map(describe),
    }),
    'loses nothing': losesNothing({
      description: 'No acknowledged update is lost when a failover forgets the locks',
      chance: 'a request that came after the failover, before the holder from before it had left',
      chancesOf: temptedRequests,
    }),
  },
  claims: [
    {
      id: 'failover-grants-twice',
      statement: 'An asynchronous failover gives the same lock to a second one.',
      property: 'granted twice',
      variant: 'token',
      control: 'pg-advisory',
    },
    {
      id: 'fenced-claim-survives-a-failover',
      statement: 'With a fence claimed on entry nothing is lost, although its counter went back with the failover.',
      property: 'loses nothing',
      variant: 'fenced-claim',
      control: 'token',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation as unknown as LockObservation),
    'requests beside a holder from before': temptedRequests(observation),
    'double holds across the failover': grantedTwice(observation)?.length ?? null,
  }),
  plots,
});
