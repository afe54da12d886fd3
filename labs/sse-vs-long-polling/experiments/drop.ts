/**
 * drop: every connection is cut at the same moment, and nobody gets through for two seconds.
 *
 * A lift, a tunnel, a laptop's lid. The feed goes on. All come back to the same server, which has lost nothing.
 * Read next: restart.ts (the server is another one).
 */
import { atLeast, atMost, experiment } from '@backend-labs/experiment';
import type { PushObservation } from './arrivals.ts';
import { commonFacts, keptInTheDark, losesNothing, missingIn, plots, publishedDuring } from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = { ...usual, durationMs: 3200, quietMs: 600, cutAtMs: 500, healAtMs: 2500 };

const TOLERANCE = 0.1;

/** Messages missed for each that was published while nobody was connected, a subscriber. */
function shareLost(observation: PushObservation): number | null {
  const during = publishedDuring(observation, 'cutLink');
  if (during === null || during.size === 0) return null;
  return missingIn(observation).length / (during.size * observation.parameters.subscribers);
}

const facts = (observation: PushObservation) => ({
  'published in the cut': publishedDuring(observation, 'cutLink')?.size ?? null,
  ...commonFacts(observation),
  'missed something, never told': keptInTheDark(observation).length,
});

const timeline = ({ cutAtMs, healAtMs }: { cutAtMs: number; healAtMs: number }) => [
  { fault: 'cutLink' as const, atMs: cutAtMs, healAtMs },
];

export const drop = experiment({
  ...standWith(),
  question: 'Every connection is cut for two seconds. What has each subscriber got in the end?',
  parameters,
  quick: {},
  timeline,
  properties: {
    'loses the window': atLeast<StandParameters>({
      description: 'What is published while a subscriber is away never reaches it',
      kind: 'characteristic',
      unit: 'messages missed for each published in the cut',
      bound: () => 1 - TOLERANCE,
      measure: shareLost,
    }),
    'loses nothing': losesNothing({
      fault: 'cutLink',
      description: 'Each subscriber gets each message once, whatever was published while it was away',
      chance: 'a message that was published while a subscriber was away',
    }),
  },
  claims: [
    {
      id: 'bare-sse-loses-the-window',
      statement: 'Server-sent events without ids lose what is published while a subscriber is away.',
      property: 'loses the window',
      variant: 'sse',
      control: 'sse-resume',
    },
    {
      id: 'bare-websocket-loses-the-window',
      statement: 'So does a WebSocket.',
      property: 'loses the window',
      variant: 'websocket',
      control: 'sse-resume',
    },
    {
      id: 'sse-resume-loses-nothing',
      statement: 'With ids and a ring of messages, who comes back gets what it has missed.',
      property: 'loses nothing',
      variant: 'sse-resume',
      control: 'sse',
    },
    {
      id: 'websocket-resume-loses-nothing',
      statement: 'A WebSocket can do the same; it has to bring its own cursor.',
      property: 'loses nothing',
      variant: 'websocket-resume',
      control: 'websocket',
    },
    {
      id: 'a-cursor-loses-nothing',
      statement: 'A long poll with a cursor needs nothing else to come back.',
      property: 'loses nothing',
      variant: 'long-poll-cursor',
      control: 'sse',
    },
  ],
  facts,
  plots,
});

/** A tenth of what is published meanwhile: 20 a second, for two seconds. */
const SMALL_RING = 4;

export const dropBeyondTheRing = experiment({
  ...standWith(),
  question: 'They are away for longer than the server remembers. Does anybody tell them?',
  parameters: { ...parameters, ringSize: SMALL_RING },
  quick: {},
  timeline,
  properties: {
    'says what is lost': atMost<StandParameters>({
      description: 'Whoever misses something has been told so',
      kind: 'guarantee',
      unit: 'subscriber(s) who were not told',
      bound: () => 0,
      measure: (observation) => (missingIn(observation).length === 0 ? null : keptInTheDark(observation).length),
    }),
  },
  claims: [
    {
      id: 'sse-resume-says-what-is-lost',
      statement: 'Beyond the ring messages are lost, and the feed says so.',
      property: 'says what is lost',
      variant: 'sse-resume',
      control: 'sse',
    },
    {
      id: 'websocket-resume-says-what-is-lost',
      statement: 'So does a WebSocket with a cursor.',
      property: 'says what is lost',
      variant: 'websocket-resume',
      control: 'websocket',
    },
  ],
  facts,
  plots,
});
