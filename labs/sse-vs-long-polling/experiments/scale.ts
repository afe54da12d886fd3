/**
 * scale: a thousand subscribers, then ten thousand. All lose their connections at the same moment, and come back.
 *
 * What holds for fifty need not hold for ten thousand: a replay for each of them at once, connections that have to be
 * accepted, a message that is written ten thousand times in a row. Subscribers connect to the feed itself.
 * Read next: drop.ts (the same with fifty), restart.ts (why they come back at random), ../bench/ (what one costs).
 */
import { existsSync, readFileSync } from 'node:fs';
import { experiment } from '@backend-labs/experiment';
import type { PushObservation } from './arrivals.ts';
import { commonFacts, highestMemory, losesNothing, plots, wholeRun } from './measures.ts';
import { standWith, usual } from './stand.ts';
import { warmUpMany } from './warm-up.ts';

const common = {
  ...usual,
  ratePerSecond: 2,
  durationMs: 5000,
  cutAtMs: 1000,
  healAtMs: 2500,
  reconnectMs: 1000,
  quietMs: 1500,
};

/** What else a process has open. */
const OTHER_FILES = 500;

/** Why so many connections cannot be had in one process here; null if they can. Node takes all that the hard limit allows. */
function tooFewFiles(subscribers: number): string | null {
  const file = '/proc/self/limits';
  const limit = existsSync(file) ? /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined;
  const needed = subscribers + OTHER_FILES;
  if (limit === undefined || Number(limit) >= needed) return null;
  return `a process may have ${limit} files open here, and ${subscribers} connections need ${needed}: raise ulimit -Hn`;
}

function scaleTo<const Id extends string>(subscribers: number, many: string, claim: { id: Id; statement: string }) {
  return experiment({
    ...standWith({ isLinked: false }),
    question: `${many} subscribers lose their connections at once. Does each of them get everything in the end?`,
    parameters: { ...common, subscribers },
    quick: {},
    warmUp: warmUpMany,
    warmUpLimitMs: 20_000,
    // Nothing here is judged by a time. Those without a random wait all come back in one moment, and keep their process busy.
    resolutionMs: () => Math.max(500, subscribers / 5),
    timeline: ({ cutAtMs, healAtMs }) => [{ fault: 'cutFeed' as const, atMs: cutAtMs, healAtMs }],
    properties: {
      'loses nothing': losesNothing({
        fault: 'cutFeed',
        description: 'Each subscriber gets each message once, whatever was published while it was away',
        chance: 'a message that was published while a subscriber was away',
      }),
    },
    claims: [
      {
        ...claim,
        property: 'loses nothing',
        variant: 'sse-resume',
        control: 'sse',
        skip: () => tooFewFiles(subscribers),
      },
    ],
    facts: (observation: PushObservation) => ({
      ...commonFacts(observation),
      'memory of the feed, highest (MB)': Math.round(highestMemory(observation, wholeRun(observation)) ?? 0),
    }),
    plots: [...plots, { series: 'feed.push.memory.rssBytes', title: 'Memory of the feed', unit: 'bytes' }],
  });
}

export const scale1000 = scaleTo(1000, 'A thousand', {
  id: 'a-thousand-lose-nothing',
  statement: 'A thousand streams come back at once, and each gets what it has missed.',
});

export const scale10000 = scaleTo(10_000, 'Ten thousand', {
  id: 'ten-thousand-lose-nothing',
  statement: 'Ten thousand streams come back to one process, and each gets what it has missed.',
});
