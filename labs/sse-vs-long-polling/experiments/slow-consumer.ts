/**
 * slow-consumer: some subscribers keep their connections and read nothing for a while.
 *
 * A tab in the background, a phone that sleeps, a process in the debugger. What the kernel's buffers do not take, the
 * server keeps in its own memory, unless it says where that ends.
 * Read next: ../src/variants/sse-resume.ts (the cap).
 */
import { atLeast, atMost, experiment, faultSpan } from '@backend-labs/experiment';
import type { PushObservation } from './arrivals.ts';

import { commonFacts, highestMemory, losesNothing, plots } from './measures.ts';
import { standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 80,
  durationMs: 3800,
  subscribers: 2,
  stalled: 4,
  messageBytes: 400_000,
  ringSize: 10,
  // Not at once: a process that parses megabytes has to get its heap first, and that is not what is measured.
  stallAtMs: 1200,
  healAtMs: 3400,
};
type SlowParameters = typeof parameters;

/** Of what is owed to those who do not read; the kernel's buffers take some of it. */
const GROWS_SHARE = 0.25;
/** Of what is published meanwhile, beside what the cap allows: each message is parsed and written, and its garbage waits. */
const SLACK_SHARE = 2 / 3;

/** What is published while they do not read, MB. */
const publishedMb = ({ ratePerSecond, messageBytes, stallAtMs, healAtMs }: SlowParameters) =>
  (ratePerSecond * (healAtMs - stallAtMs) * messageBytes) / 1000 / 1e6;
/** The same for each of them. */
const owedMb = (given: SlowParameters) => given.stalled * publishedMb(given);

/** The feed's memory at its highest while they do not read, over its highest before. */
function growthMb(observation: PushObservation): number | null {
  const span = faultSpan(observation, 'stall');
  if (span === null) return null;
  const before = highestMemory(observation, { fromMs: 0, toMs: span.fromMs });
  const during = highestMemory(observation, span);
  return before === null || during === null ? null : during - before;
}

export const slowConsumer = experiment({
  ...standWith({ isLinked: false }),
  // Memory over seconds is what counts here; who reads again has megabytes to take in at once.
  resolutionMs: () => 250,
  question: 'Some keep their connection and do not read. What does it cost the server, and what do they get later?',
  parameters,
  quick: {},
  timeline: ({ stallAtMs, healAtMs }) => [{ fault: 'stall' as const, atMs: stallAtMs, healAtMs }],
  properties: {
    'memory grows': atLeast<SlowParameters>({
      description: 'The server keeps in memory what those who do not read are owed',
      kind: 'characteristic',
      unit: 'MB',
      formula: 'a quarter of what they are owed',
      bound: (given) => GROWS_SHARE * owedMb(given),
      measure: growthMb,
    }),
    'memory has a cap': atMost<SlowParameters>({
      description: 'The server keeps no more for them than its cap allows',
      kind: 'guarantee',
      unit: 'MB',
      formula: 'the cap of each, and two thirds of what is published meanwhile',
      bound: (given) => (given.stalled * given.maxBufferedBytes) / 1e6 + SLACK_SHARE * publishedMb(given),
      measure: growthMb,
    }),
  },
  claims: [
    {
      id: 'uncapped-memory-grows',
      statement: 'A server that ignores what write() says keeps everything for those who do not read.',
      property: 'memory grows',
      variant: 'sse',
      control: 'sse-resume',
    },
    {
      id: 'a-cap-keeps-memory',
      statement: 'With a cap it cuts them, and its memory stays.',
      property: 'memory has a cap',
      variant: 'sse-resume',
      control: 'sse',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'memory grew by (MB)': Math.round((growthMb(observation) ?? 0) * 10) / 10,
    'owed to those who did not read (MB)': Math.round(owedMb(observation.parameters as SlowParameters)),
  }),
  plots: [...plots, { series: 'feed.push.memory.rssBytes', title: 'Memory of the feed', unit: 'bytes' }],
});

export const slowConsumerReturns = experiment({
  ...standWith({ isLinked: false }),
  question: 'Some do not read for a while. Do they get what was published meanwhile?',
  // Of small messages, and all that is published meanwhile.
  parameters: { ...parameters, messageBytes: 50_000, ringSize: 300 },
  quick: {},
  timeline: ({ stallAtMs, healAtMs }) => [{ fault: 'stall' as const, atMs: stallAtMs, healAtMs }],
  properties: {
    'loses nothing': losesNothing({
      fault: 'stall',
      description: 'Who reads again gets what was published meanwhile',
      chance: 'a message that was published while some did not read',
    }),
  },
  claims: [
    {
      id: 'who-is-cut-gets-the-rest',
      statement: 'Who was cut for not reading comes back with its place, and gets the rest.',
      property: 'loses nothing',
      variant: 'sse-resume',
      control: 'long-poll',
    },
  ],
  facts: commonFacts,
  plots,
});
