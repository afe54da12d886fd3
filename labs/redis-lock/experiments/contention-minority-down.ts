/**
 * contention-minority-down: many want the same accounts, while two of the five nodes are dead.
 *
 * A quorum is all of the three that are left. Whoever gets only a part of them has lost the round, and so has everybody
 * else as long as that part stays taken.
 * Read next: ../src/variants/redlock.ts (the release after a lost round), nodes-down.ts.
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { parameters as contended } from './contention.ts';
import { contendedRequests } from './holds.ts';
import { commonFacts, gaveUpOnFreeAccount, plots } from './measures.ts';
import { standOn } from './stand.ts';
import { witnessed } from './updates.ts';

// Fewer tries a second: each of node-redlock's on a dead node is an error with its stack.
const parameters = { ...contended, retryDelayMs: 12, downAtMs: 100, upAtMs: 1500 };
type DownParameters = typeof parameters;

export const contentionMinorityDown = experiment({
  ...standOn(),
  ...witnessed,
  question: 'Many want the same account while two of five nodes are dead. Who stands in whose way?',
  parameters,
  quick: {},
  timeline: ({ downAtMs, upAtMs }) => [{ fault: 'minorityDown' as const, atMs: downAtMs, healAtMs: upAtMs }],
  properties: {
    'gives up on free accounts': atLeast<DownParameters>({
      description: 'Requests give up on an account although nobody has held it for most of the time they waited',
      kind: 'characteristic',
      unit: 'such request(s)',
      formula: 'all of one account',
      bound: ({ contenders }) => contenders,
      measure: (observation) => gaveUpOnFreeAccount(observation).length,
      evidence: (observation) =>
        gaveUpOnFreeAccount(observation).map(({ account, operation }) => `account ${account}: ${operation}`),
    }),
  },
  claims: [
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
