/**
 * contention: many want the same accounts, and nothing goes wrong.
 *
 * Groups of requests, spread over both tellers, want one account at nearly the same time.
 * Read next: holder-paused.ts (what is left of this when a holder stops).
 */
import { atMost, experiment } from '@backend-labs/experiment';
import { contendedRequests } from './holds.ts';
import { commonFacts, type LockObservation, losesNothing, neverTwoAtOnce, plots } from './measures.ts';
import { type StandParameters, standOn } from './stand.ts';
import { witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 120,
  durationMs: 2400,
  accounts: 4,
  contenders: 10,
  thinkMs: 10,
  ttlMs: 2000,
  retryDelayMs: 6,
  acquireTimeoutMs: 500,
  patienceMs: 3000,
};

/** Of all requests, how many were written. */
function shareWritten({ load }: LockObservation): number | null {
  return load.counts.intended === 0 ? null : load.counts.ok / load.counts.intended;
}

export const contention = experiment({
  ...standOn(),
  ...witnessed,
  question: 'Many want the same account and nothing fails. Who lets two in?',
  parameters,
  quick: { durationMs: 1200 },
  timeline: () => [],
  properties: {
    'never two at once': neverTwoAtOnce,
    'loses nothing': losesNothing({
      description: 'No acknowledged update is lost while requests compete for accounts',
      chance: 'a request for an account that another one wanted as well',
      chancesOf: ({ load }) => load.counts.ok,
    }),
    'serves fewer than the lock that releases': atMost<StandParameters>({
      description: 'Of the requests, fewer are served than by the same lock which releases what it won in a lost round',
      kind: 'characteristic',
      unit: '× what redlock serves',
      bound: () => 0.8,
      measure(observation, { other }) {
        const own = shareWritten(observation);
        const redlock = other('redlock');
        const served = redlock === undefined ? null : shareWritten(redlock);
        return own === null || served === null || served === 0 ? null : own / served;
      },
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
      property: 'serves fewer than the lock that releases',
      variant: 'node-redlock',
      control: 'token',
      comparesWith: ['redlock'],
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'requests that met a holder': contendedRequests(observation),
  }),
  plots,
});
