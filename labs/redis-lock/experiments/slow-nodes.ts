/**
 * slow-nodes: three of the five nodes answer nothing for longer than the TTL, and then answer all at once.
 *
 * Whoever does not look at the clock after the answers takes a lock that is already over.
 * Read next: ../src/variants/node-redlock.ts beside redlock.ts.
 */
import { atLeast, experiment, never, type Observation } from '@backend-labs/experiment';
import { type Hold, holdsOf, spansOf } from './holds.ts';
import { commonFacts, type LockObservation, plots } from './measures.ts';
import { standOn } from './stand.ts';
import { witnessed } from './updates.ts';

const parameters = {
  ratePerSecond: 60,
  durationMs: 2600,
  accounts: 60,
  contenders: 1,
  thinkMs: 20,
  ttlMs: 500,
  retryDelayMs: 50,
  acquireTimeoutMs: 1200,
  patienceMs: 5000,
  stopAtMs: 500,
  resumeAtMs: 1300,
};
type SlowParameters = typeof parameters;

/** Holds that began after their lock was over, as the lock itself says. */
const expired = (observation: Observation<SlowParameters>): Hold[] =>
  holdsOf(observation).filter(({ validForMs }) => validForMs !== null && validForMs <= 0);

const evidence = (observation: Observation<SlowParameters>) =>
  expired(observation).map(
    ({ account, operation, validForMs }) =>
      `account ${account}: ${operation} entered with ${Math.round(validForMs ?? 0)} ms left`,
  );

export const slowNodes = experiment({
  ...standOn(),
  ...witnessed,
  question: 'A majority of the nodes answers later than the TTL. Who takes a lock that is over?',
  parameters,
  quick: {},
  timeline: ({ stopAtMs, resumeAtMs }: SlowParameters) => [
    { fault: 'majorityStopped', atMs: stopAtMs, healAtMs: resumeAtMs },
  ],
  properties: {
    'takes expired locks': atLeast<SlowParameters>({
      description: 'Requests enter with a lock whose validity is already over',
      kind: 'characteristic',
      unit: 'hold(s) that began expired',
      bound: () => 1,
      measure: (observation) => expired(observation).length,
      evidence,
    }),
    'takes no expired lock': never<SlowParameters>({
      description: 'Nobody enters with a lock whose validity is already over',
      kind: 'characteristic',
      what: 'hold that began expired',
      chance: 'a request while the majority was stopped',
      find(observation) {
        const [span] = spansOf(observation, 'majorityStopped');
        if (span === undefined) return null;
        const asked = observation.load.operations.startedAtMs.filter((at) => at >= span.fromMs && at < span.toMs);
        return { ids: evidence(observation), chances: asked.length };
      },
    }),
  },
  claims: [
    {
      id: 'node-redlock-takes-expired-locks',
      statement: 'Redlock from npm hands over locks whose validity is already negative.',
      property: 'takes expired locks',
      variant: 'node-redlock',
      control: 'redlock',
    },
    {
      id: 'redlock-looks-at-the-clock',
      statement: 'A Redlock that looks at the clock after the answers hands over none.',
      property: 'takes no expired lock',
      variant: 'redlock',
      control: 'node-redlock',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation as unknown as LockObservation),
    'holds that began expired': expired(observation).length,
  }),
  plots,
});
