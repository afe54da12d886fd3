/**
 * contention: many want the same accounts, and nothing goes wrong.
 *
 * Groups of requests, spread over both tellers, want one account at nearly the same time.
 * Read next: holder-paused.ts (what is left of this when a holder stops).
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { contendedRequests, holdsOf } from './holds.ts';
import { commonFacts, type LockObservation, losesNothing, neverTwoAtOnce, plots } from './measures.ts';
import { type StandParameters, standOn } from './stand.ts';
import { endingsOf, witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 120,
  durationMs: 1500,
  accounts: 8,
  contenders: 10,
  thinkMs: 20,
  ttlMs: 2000,
  retryDelayMs: 6,
  acquireTimeoutMs: 500,
  patienceMs: 3000,
};

/** How much of its wait must have passed without any holder for a request to have given up on a free account. */
const FREE_SHARE = 0.5;

/** Requests that gave up although nobody held their account for most of the time they waited. */
function gaveUpOnFreeAccount(observation: LockObservation) {
  const holds = Map.groupBy(holdsOf(observation), ({ account }) => account);
  return endingsOf(observation).filter(({ operation, account, ending, atMs }) => {
    const askedAtMs = observation.load.operations.startedAtMs[operation];
    if (ending !== 'not-acquired' || askedAtMs === undefined) return false;
    // Nobody holds twice here, so the parts add up.
    const heldMs = (holds.get(account) ?? []).reduce(
      (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, atMs) - Math.max(fromMs, askedAtMs)),
      0,
    );
    return heldMs <= (1 - FREE_SHARE) * (atMs - askedAtMs);
  });
}

export const contention = experiment({
  ...standOn(),
  ...witnessed,
  question: 'Many want the same account and nothing fails. Who lets two in?',
  parameters,
  quick: { durationMs: 600 },
  timeline: () => [],
  properties: {
    'never two at once': neverTwoAtOnce,
    'loses nothing': losesNothing({
      description: 'No acknowledged update is lost while requests compete for accounts',
      chance: 'a request for an account that another one wanted as well',
      chancesOf: ({ load }) => load.counts.ok,
    }),
    'gives up on free accounts': atLeast<StandParameters>({
      description: 'Requests give up on an account although nobody has held it for most of the time they waited',
      kind: 'characteristic',
      unit: 'such request(s)',
      bound: () => 1,
      measure: (observation) => gaveUpOnFreeAccount(observation).length,
      evidence: (observation) =>
        gaveUpOnFreeAccount(observation).map(({ account, operation }) => `account ${account}: ${operation}`),
    }),
  },
  claims: [
    {
      id: 'token-excludes',
      statement: 'A lock with a token lets nobody in while somebody holds, as long as nothing goes wrong.',
      property: 'never two at once',
      variant: 'token',
      control: 'none',
    },
    {
      id: 'redlock-excludes',
      statement: 'Redlock lets nobody in while somebody holds, as long as nothing goes wrong.',
      property: 'never two at once',
      variant: 'redlock',
      control: 'none',
    },
    {
      id: 'atomic-update-needs-no-lock',
      statement: 'One atomic UPDATE loses nothing, without any lock.',
      property: 'loses nothing',
      variant: 'atomic-update',
      control: 'none',
    },
    {
      id: 'kept-partial-locks-block',
      statement: 'Without a release after a lost round, contenders for a quorum block each other.',
      property: 'gives up on free accounts',
      variant: 'node-redlock',
      control: 'redlock',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'requests that met a holder': contendedRequests(observation),
    'gave up on a free account': gaveUpOnFreeAccount(observation).length,
  }),
  plots,
});
