/**
 * restart: the server dies, and another one starts in its place, with an empty memory.
 *
 * A deployment, a crash. Its first message is number 1 again. Whoever comes back with number 57 has seen another
 * history, and nobody can tell from the number alone.
 * Read next: ../src/ring.ts (the epoch), ../src/variants/sse-resume-no-epoch.ts.
 */
import { atLeast, atMost, eventsIn, experiment, faultSpan, never } from '@backend-labs/experiment';
import type { PushObservation } from './arrivals.ts';
import { commonFacts, keptInTheDark, plots } from './measures.ts';
import { LINK } from './names.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 40,
  durationMs: 3000,
  subscribers: 100,
  // Soon, and they take their time: most come back when the new server has said more than the old one had.
  killAtMs: 300,
  backAtMs: 600,
  reconnectMs: 1000,
  bucketMs: 50,
};
type RestartParameters = typeof parameters;

/** The most connections in one bucket, from the kill on. */
function peakOf(observation: PushObservation, bucketMs: number): number | null {
  const span = faultSpan(observation, 'killFeed');
  if (span === null) return null;
  const { load, services } = observation;
  const times = eventsIn(services[LINK]?.events['push.connected'], { fromMs: span.fromMs, toMs: load.elapsedMs });
  const buckets = Map.groupBy(times, (at) => Math.floor((at - span.fromMs) / bucketMs));
  return Math.max(0, ...[...buckets.values()].map((inside) => inside.length));
}

/** Random waits come in lumps, and who came too early comes again: so much more than the average may be in one bucket. */
const LUMP = 4;

export const restart = experiment({
  ...standWith(),
  question: 'The server dies, and starts again with an empty memory. Who notices that the history is another one?',
  parameters,
  quick: {},
  timeline: ({ killAtMs, backAtMs }) => [{ fault: 'killFeed' as const, atMs: killAtMs, healAtMs: backAtMs }],
  properties: {
    'misses and is not told': atLeast<StandParameters>({
      description: 'Subscribers miss messages of the new server, and nobody tells them',
      kind: 'characteristic',
      unit: 'subscriber(s) in the dark',
      formula: 'n / 2',
      bound: ({ subscribers }) => subscribers / 2,
      measure: (observation) => keptInTheDark(observation).length,
    }),
    'is told': never<StandParameters>({
      description: 'Whoever misses something is told so',
      kind: 'guarantee',
      what: 'subscriber who missed something and was not told',
      chance: 'a subscriber who came back to another server',
      find: (observation) =>
        faultSpan(observation, 'killFeed') === null
          ? null
          : {
              ids: keptInTheDark(observation).map((subscriber) => `subscriber ${subscriber}`),
              chances: observation.parameters.subscribers,
            },
    }),
    'comes back spread out': atMost<RestartParameters>({
      description: 'Subscribers do not all come back in the same moment',
      kind: 'guarantee',
      unit: 'connections in the fullest 50 ms',
      formula: '4 · n · 50 ms / r',
      bound: ({ subscribers, bucketMs, reconnectMs }) => (LUMP * subscribers * bucketMs) / reconnectMs,
      measure: (observation) => peakOf(observation, parameters.bucketMs),
    }),
  },
  claims: [
    {
      id: 'a-bare-cursor-misses-a-restart',
      statement: 'A number without an epoch belongs to no history: what the new server has said before is missed.',
      property: 'misses and is not told',
      variant: 'sse-resume-no-epoch',
      control: 'sse-resume',
    },
    {
      id: 'an-epoch-catches-a-restart',
      statement: 'With an epoch the server sees that it is another one, and says so.',
      property: 'is told',
      variant: 'sse-resume',
      control: 'sse-resume-no-epoch',
    },
    {
      id: 'jitter-flattens-the-storm',
      statement: 'With a random wait they come back spread out, and not in one wave.',
      property: 'comes back spread out',
      variant: 'sse-resume',
      control: 'sse',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'missed something, never told': keptInTheDark(observation).length,
    'connections in the fullest 50 ms': peakOf(observation, parameters.bucketMs),
  }),
  plots: [...plots, { series: 'link.push.connected', title: 'Connections', unit: 'per 250 ms' }],
});
