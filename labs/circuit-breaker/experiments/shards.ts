/**
 * one-shard-down, twice: one shard of N fails every call, the others are healthy. With p below 1/N, and above it.
 *
 * One breaker over all shards sees a share of 1/N. Below that, p cuts off healthy shards; above it, the breaker never
 * opens, and the failing shard keeps getting all of its load. There is no p that is right; there are N breakers.
 * Source: "Will circuit breakers solve my problems?" (Marc Brooker).
 * Read next: ../src/variants/breaker-per-shard.ts.
 */
import { atLeast, atMost, eventsIn, experiment, faultSpan, never, type Observation } from '@backend-labs/experiment';
import { arrivals, asked, closedFor, percentOf, rounded, windowsIn } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

/** The shard that fails. */
const DOWN = 0;

const parameters = {
  ratePerSecond: 200,
  shards: 4,
  serviceMs: 20,
  timeoutMs: 500,
  windowMs: 1000,
  errorThreshold: 0.2,
  resetMs: 1000,
  failingShard: DOWN,
  failAtMs: 1300,
  healAtMs: 11_400,
  durationMs: 12_000,
};
type ShardParameters = typeof parameters;
type ShardObservation = Observation<ShardParameters>;

const quick = { windowMs: 500, resetMs: 500, failAtMs: 700, healAtMs: 5900, durationMs: 6200 };

const span = (observation: ShardObservation) => faultSpan(observation, 'shardDown');

/** The requests for items on healthy shards, while the one is down. */
function forHealthyShards(observation: ShardObservation) {
  const down = span(observation);
  return down && asked(observation, down).filter(({ id }) => id % observation.parameters.shards !== DOWN);
}

/** How many of the calls for the failing shard reached it, in percent. */
function reachedFailing(observation: ShardObservation): number | null {
  const down = span(observation);
  if (down === null) return null;
  const wanted = asked(observation, down).filter(({ id }) => id % observation.parameters.shards === DOWN);
  return (100 * eventsIn(arrivals(observation, DOWN), down).length) / wanted.length;
}

function healthyDegraded(observation: ShardObservation): number | null {
  const requests = forHealthyShards(observation);
  return requests && percentOf(requests, 'degraded');
}

/**
 * The least that one breaker turns away, if each first probe meets a healthy shard: as in brownout.ts, with e = 1/N. It
 * is closed for t = p·W·N + s at a time, and open for R in between.
 */
function luckyDegraded(given: ShardParameters): number {
  const { serviceMs, windowMs, errorThreshold, shards, resetMs, failAtMs, healAtMs } = given;
  const closedMs = errorThreshold * windowMs * shards + serviceMs;
  const downMs = healAtMs - failAtMs;
  return 100 * (1 - closedFor(downMs, closedMs, resetMs) / downMs);
}

/** A bucket of the window, and what is in flight, at each opening. */
const SLACK = 0.85;

const common = {
  ...stand,
  workload: (given: ShardParameters) => workloadOf(given, 5 * given.timeoutMs),
  timeline: ({ failAtMs, healAtMs }: ShardParameters) => [{ fault: 'shardDown' as const, atMs: failAtMs, healAtMs }],
  resolutionMs: ({ timeoutMs }: ShardParameters) => timeoutMs / 4,
  facts: (observation: ShardObservation) => ({
    'degraded for healthy shards (%)': rounded(healthyDegraded(observation)),
    'calls for the failing shard that reached it (%)': rounded(reachedFailing(observation)),
  }),
  plots: [{ series: 'load.degraded', title: 'Answers from a fallback', unit: 'per 250 ms' }],
};

export const oneShardDown = experiment({
  ...common,
  question: 'One shard of N is down, and p is below 1/N. Who is cut off?',
  parameters,
  quick,
  properties: {
    'healthy shards are cut off': atLeast<ShardParameters>({
      description: 'While one shard is down, requests for the healthy ones are answered by the fallback',
      kind: 'characteristic',
      unit: '% of the requests for healthy shards',
      formula: `${SLACK} · open/D, in turn closed for t = p·W·N + s and open for R`,
      bound: (given) => SLACK * luckyDegraded(given),
      measure: healthyDegraded,
    }),
    'healthy shards are served': never<ShardParameters>({
      description: 'While one shard is down, each request for a healthy one gets its quote',
      kind: 'guarantee',
      what: 'request for a healthy shard without a quote',
      chance: 'a window W of a healthy shard',
      find(observation) {
        const down = span(observation);
        const requests = forHealthyShards(observation);
        if (down === null || requests === null) return null;
        const unserved = requests.filter(({ outcome }) => outcome !== 'ok');
        return {
          ids: unserved.map(({ id, outcome }) => `request ${id}: ${outcome}`),
          chances: (observation.parameters.shards - 1) * windowsIn(observation, down),
        };
      },
    }),
  },
  claims: [
    {
      id: 'one-breaker-fails-healthy-shards',
      statement: 'With p = 20 % and one shard of four down, one breaker over all shards fails the healthy ones.',
      property: 'healthy shards are cut off',
      variant: 'breaker',
      control: 'breaker-per-shard',
    },
    {
      id: 'breaker-per-shard-spares-the-healthy',
      statement: 'A breaker a shard takes nothing from the healthy shards.',
      property: 'healthy shards are served',
      variant: 'breaker-per-shard',
      control: 'breaker',
    },
  ],
});

export const oneShardDownHighThreshold = experiment({
  ...common,
  question: 'One shard of N is down, and p is above 1/N. Who is protected?',
  // Short windows, so that many of them fit into the run: each is a chance to open.
  parameters: {
    ...parameters,
    errorThreshold: 0.5,
    windowMs: 320,
    failAtMs: 600,
    healAtMs: 10_500,
    durationMs: 11_000,
  },
  quick: { ratePerSecond: 400, windowMs: 160, resetMs: 500, failAtMs: 500, healAtMs: 5500, durationMs: 5800 },
  properties: {
    'never opens': never<ShardParameters>({
      description: 'While one shard is down, no request is answered by the fallback',
      kind: 'characteristic',
      what: 'request answered by the fallback',
      chance: 'a window W with a share of 1/N failed',
      find(observation) {
        const down = span(observation);
        if (down === null) return null;
        const turnedAway = asked(observation, down).filter(({ outcome }) => outcome === 'degraded');
        return { ids: turnedAway.map(({ id }) => `request ${id}`), chances: windowsIn(observation, down) };
      },
    }),
    'the failing shard is relieved': atMost<ShardParameters>({
      description: 'While a shard is down, its calls reach it for two windows at most, and then one in R',
      kind: 'guarantee',
      unit: '% of the calls for it',
      formula: '(2·W + D/R · N/λ) / D',
      bound({ ratePerSecond, shards, windowMs, resetMs, failAtMs, healAtMs }) {
        const downMs = healAtMs - failAtMs;
        const callsInDown = ((ratePerSecond / shards) * downMs) / 1000;
        return 100 * (2 * (windowMs / downMs) + downMs / resetMs / callsInDown);
      },
      measure: reachedFailing,
    }),
  },
  claims: [
    {
      id: 'one-breaker-never-trips',
      statement: 'With p = 50 % and one shard of four down, one breaker over all shards never opens.',
      property: 'never opens',
      variant: 'breaker',
      control: 'breaker-per-shard',
    },
    {
      id: 'breaker-per-shard-relieves-the-failing',
      statement: 'A breaker a shard keeps nearly all calls from the shard that is down.',
      property: 'the failing shard is relieved',
      variant: 'breaker-per-shard',
      control: 'breaker',
    },
  ],
});
