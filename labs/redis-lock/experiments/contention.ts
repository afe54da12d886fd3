/**
 * contention: many want the same accounts, and nothing goes wrong.
 *
 * Groups of requests, spread over both tellers, want one account at nearly the same time.
 * Read next: contention-minority-down.ts (the same with two nodes less), holder-paused.ts (a holder stops).
 */
import { experiment } from '@backend-labs/experiment';
import { contendedRequests } from './holds.ts';
import { commonFacts, gaveUpOnFreeAccount, losesNothing, neverTwoAtOnce, plots } from './measures.ts';
import { standOn } from './stand.ts';
import { witnessed } from './updates.ts';

export const parameters = {
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
      id: 'node-redlock-excludes',
      statement: 'So does the Redlock from npm.',
      property: 'never two at once',
      variant: 'node-redlock',
      control: 'none',
    },
    {
      id: 'atomic-update-needs-no-lock',
      statement: 'One atomic UPDATE loses nothing, without any lock.',
      property: 'loses nothing',
      variant: 'atomic-update',
      control: 'none',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'requests that met a holder': contendedRequests(observation),
    'gave up on a free account': gaveUpOnFreeAccount(observation).length,
  }),
  plots,
});
