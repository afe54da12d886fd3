/**
 * fan-out: two servers, and Redis between them. It dies and comes back; one of the servers finds it again later.
 *
 * Half of the subscribers are at a server that did not take the message itself. What Redis tells and does not keep, that
 * server must hear at the moment when it is told.
 * Read next: ../src/variants/sse-redis-pubsub.ts, ../src/variants/sse-redis-stream.ts.
 */
import { atLeast, experiment, never } from '@backend-labs/experiment';
import { arrivalsIn, idOf, missingOf, type PushObservation, repeatedOf } from './arrivals.ts';
import { commonFacts, missingIn, plots } from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 50,
  durationMs: 3500,
  subscribers: 20,
  cutAtMs: 500,
  killAtMs: 700,
  backAtMs: 1200,
  healAtMs: 2200,
};
type FanOutParameters = typeof parameters;

/** Of two subscribers one is at the server that is cut off. */
const AT_THE_SECOND = 0.5;
const TOLERANCE = 0.1;

/** Accepted while the second server was cut off, and Redis was there. */
function acceptedMeanwhile(observation: PushObservation): number {
  const at = (fault: string) => observation.timeline.find((entry) => entry.fault === fault);
  const [cut, kill] = [at('cutRedis'), at('killRedis')];
  if (cut?.effectiveAtMs == null || kill?.healedAtMs == null) return 0;
  const [fromMs, toMs] = [cut.effectiveAtMs, cut.healedAtMs ?? observation.load.elapsedMs];
  return arrivalsIn(observation).accepted.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).length;
}

export const fanOut = experiment({
  ...standWith({ redisLink: 'redis-link' }),
  needs: { redis: 1 },
  proxies: { 'redis-link': 'redis-1' },
  question: 'Redis dies and comes back, and one of two servers finds it later. What do its subscribers get?',
  parameters,
  quick: {},
  timeline: ({ cutAtMs, killAtMs, backAtMs, healAtMs }) => [
    { fault: 'cutRedis' as const, atMs: cutAtMs, healAtMs },
    { fault: 'killRedis' as const, atMs: killAtMs, healAtMs: backAtMs },
  ],
  properties: {
    'loses what it did not hear': atLeast<FanOutParameters>({
      description: 'Subscribers of the server that was cut off never get what was accepted meanwhile',
      kind: 'characteristic',
      unit: 'messages missed for each accepted meanwhile, a subscriber',
      formula: 'half of the subscribers',
      bound: () => AT_THE_SECOND * (1 - TOLERANCE),
      measure(observation) {
        const accepted = acceptedMeanwhile(observation);
        return accepted === 0 ? null : missingIn(observation).length / (accepted * observation.parameters.subscribers);
      },
    }),
    'loses nothing': never<StandParameters>({
      description: 'Each subscriber of either server gets each message once',
      kind: 'guarantee',
      what: 'message that a subscriber never got, or got twice',
      chance: 'a message that was accepted while the server of a subscriber was cut off',
      find(observation) {
        const arrivals = arrivalsIn(observation);
        return {
          ids: [...missingOf(arrivals), ...repeatedOf(arrivals)].map(idOf),
          chances: acceptedMeanwhile(observation) * observation.parameters.subscribers * AT_THE_SECOND,
        };
      },
    }),
  },
  claims: [
    {
      id: 'pubsub-loses-what-nobody-hears',
      statement: 'Redis Pub/Sub keeps nothing: a server that is cut off has never heard of it.',
      property: 'loses what it did not hear',
      variant: 'sse-redis-pubsub',
      control: 'sse-redis-stream',
    },
    {
      id: 'a-stream-keeps-what-nobody-hears',
      statement: 'A Redis stream keeps it, also through a crash of Redis with its log on disk.',
      property: 'loses nothing',
      variant: 'sse-redis-stream',
      control: 'sse-redis-pubsub',
    },
  ],
  facts: (observation) => ({
    'accepted while one server was cut off': acceptedMeanwhile(observation),
    ...commonFacts(observation),
  }),
  plots,
});
