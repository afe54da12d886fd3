/**
 * steady: messages come at a constant rate, and nothing goes wrong.
 *
 * The same feed at four rates: what does each way cost for a message, and how long does a message take?
 * Read next: phase.ts (why a poll's delay is not always half of its interval), drop.ts.
 */
import { atMost, experiment, near } from '@backend-labs/experiment';
import { bytesPerMessage, commonFacts, delaysOf, plots, quantile, requestsPerMessage } from './measures.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

type SteadyParameters = StandParameters & { pollMs: number };

/** Of the interval: half of what a poll makes a message wait on average. */
const AT_ONCE_SHARE = 0.25;
/** Nearly all of them: subscribers who poll each wait for as long as their phase wants, and half of a few may be lucky. */
const NINE_IN_TEN = 0.9;
const BYTES_TOLERANCE = 0.1;
const REQUESTS_TOLERANCE = 0.1;
/** What is around a message of a hundred bytes. */
const FRAMING_TOLERANCE = 0.25;

function bytesOfAStream(tolerance: number) {
  return near<SteadyParameters>({
    description: 'It takes as many bytes for a message as a stream does',
    kind: 'characteristic',
    unit: '× the bytes of sse-resume',
    formula: '1',
    tolerance,
    predict: () => 1,
    measure(observation, { other }) {
      const stream = other('sse-resume');
      const [own, streams] = [bytesPerMessage(observation), stream === undefined ? null : bytesPerMessage(stream)];
      return own === null || streams === null ? null : own / streams;
    },
    absentMeans: 'no message',
  });
}

/** The claims ask for the long interval; `short-poll-100ms` has a tenth of it. */
const properties = {
  'arrives at once': atMost<SteadyParameters>({
    description: 'Nine messages in ten arrive long before the next poll would have come by',
    kind: 'characteristic',
    unit: 'ms',
    formula: 'p / 4',
    bound: ({ pollMs }) => AT_ONCE_SHARE * pollMs,
    measure: (observation) => quantile(delaysOf(observation), NINE_IN_TEN),
  }),
  'requests follow from the interval': near<SteadyParameters>({
    description: 'Requests a message are what the rate and the interval give',
    kind: 'characteristic',
    unit: 'requests a message',
    formula: '1 / (λ · p)',
    tolerance: REQUESTS_TOLERANCE,
    predict: ({ ratePerSecond, pollMs }) => 1000 / (ratePerSecond * pollMs),
    measure: requestsPerMessage,
    absentMeans: 'no message',
  }),
  'as many bytes as a stream': bytesOfAStream(BYTES_TOLERANCE),
  'nearly as many bytes as a stream': bytesOfAStream(FRAMING_TOLERANCE),
};

/** Beside those of the claims, so that each of these is in the picture at each rate. */
const CROSSING = ['short-poll-100ms', 'long-poll-cursor', 'sse-resume', 'websocket-resume'] as const;

/** With few messages in a run each counts for more in the self-checks, and all subscribers get up with it. */
const FEW = { subscribers: 20, durationMs: 3500 };

function steadyAt(ratePerSecond: number, { subscribers = usual.subscribers, durationMs = 2500 } = {}) {
  return {
    ...standWith(),
    parameters: { ...usual, ratePerSecond, subscribers, durationMs, pollMs: 1000 },
    quick: {},
    timeline: () => [],
    properties,
    facts: commonFacts,
    plots,
  };
}

export const steady1 = experiment({
  ...steadyAt(1, FEW),
  question: 'One message a second. What does each way cost, and how long does a message take?',
  claims: [
    {
      id: 'polls-outnumber-messages',
      statement: 'Polling asks once for each interval: at one message a second, once for a message.',
      property: 'requests follow from the interval',
      variant: 'short-poll-1s',
      control: 'short-poll-100ms',
    },
    {
      id: 'a-stream-does-not-wait',
      statement: 'A stream brings a message when it is there, and not when somebody asks.',
      property: 'arrives at once',
      variant: 'sse-resume',
      control: 'short-poll-1s',
    },
    {
      id: 'a-held-poll-does-not-wait',
      statement: 'Nor does a poll that the server holds until there is something to say.',
      property: 'arrives at once',
      variant: 'long-poll-cursor',
      control: 'short-poll-1s',
    },
    {
      id: 'a-socket-does-not-wait',
      statement: 'Nor does a WebSocket.',
      property: 'arrives at once',
      variant: 'websocket-resume',
      control: 'short-poll-1s',
    },
  ],
});

export const steady5 = experiment({
  ...steadyAt(5, FEW),
  question: 'Five messages a second. What does each way cost, and how long does a message take?',
  claims: [
    {
      id: 'http2-streams-do-not-wait',
      statement: 'Event streams that share one connection do not wait for each other either.',
      property: 'arrives at once',
      variant: 'sse-http2',
      control: 'short-poll-1s',
      comparesWith: CROSSING,
    },
  ],
});

export const steady20 = experiment({
  ...steadyAt(20),
  question: 'Twenty messages a second. What does each way cost, and how long does a message take?',
  claims: [
    {
      id: 'slow-polling-is-as-lean-as-a-stream',
      statement: 'At twenty messages a second, polling once a second takes as many bytes as a stream.',
      property: 'as many bytes as a stream',
      variant: 'short-poll-1s',
      control: 'short-poll-100ms',
      comparesWith: ['sse-resume'],
    },
    {
      id: 'a-socket-spares-few-bytes',
      statement: 'A WebSocket is hardly leaner than a stream: what a message is made of is the message.',
      property: 'nearly as many bytes as a stream',
      variant: 'websocket-resume',
      control: 'short-poll-100ms',
      comparesWith: ['sse-resume'],
    },
    {
      id: 'a-poll-carries-many-messages',
      statement: 'The more messages an interval has, the fewer requests each of them takes.',
      property: 'requests follow from the interval',
      variant: 'short-poll-1s',
      control: 'long-poll-cursor',
    },
  ],
});

export const steady100 = experiment({
  ...steadyAt(100),
  question: 'A hundred messages a second. What does each way cost, and how long does a message take?',
  claims: [
    {
      id: 'fast-streams-do-not-wait',
      statement: 'A stream is as fast at a hundred messages a second.',
      property: 'arrives at once',
      variant: 'sse-resume',
      control: 'short-poll-1s',
      comparesWith: CROSSING,
    },
  ],
});
