/**
 * late-duplicate: events of long ago are sent once more: a backup was restored, an operator replays, a relay's cursor was
 * set back.
 *
 * An inbox that forgets knows nothing of them any more.
 * Read next: poison-row.ts.
 */
import { experiment } from '@backend-labs/experiment';
import { receivedAgain } from './kills.ts';
import { commonFacts, doubledOf, happens, neverHappens, plots } from './measures.ts';
import { standWith, usual } from './stand.ts';

const parameters = { ...usual, durationMs: 3500, replayAtMs: 2500 };
type ReplayParameters = typeof parameters;

export const lateDuplicate = experiment({
  ...standWith(),
  question: 'All events are sent once more, long after the first time. Who notices?',
  parameters,
  quick: {},
  timeline: ({ replayAtMs, durationMs }: ReplayParameters) => [
    { fault: 'replay', atMs: replayAtMs, healAtMs: durationMs - 100 } as const,
  ],
  properties: {
    'has its effect once': neverHappens({
      description: 'No event has its effect twice',
      what: 'effect that happened twice',
      chance: 'an event that the consumer received again',
      ids: doubledOf,
      chancesOf: (observation) => receivedAgain(observation).length,
    }),
    'has effects twice': happens({
      description: 'Events that come later than the inbox remembers have their effect twice',
      unit: 'effect(s) that happened twice',
      ids: doubledOf,
    }),
  },
  claims: [
    {
      id: 'inbox-that-keeps-all-knows-old-events',
      statement: 'An inbox that keeps every id knows an event however late it comes again.',
      property: 'has its effect once',
      variant: 'skip-locked+inbox',
      control: 'skip-locked',
    },
    {
      id: 'inbox-that-forgets-does-not',
      statement: 'An inbox that is cleaned up makes effects once until its retention ends, and twice after it.',
      property: 'has effects twice',
      variant: 'skip-locked+short-inbox',
      control: 'skip-locked+inbox',
    },
  ],
  facts: (observation) => ({ ...commonFacts(observation), 'received again': receivedAgain(observation).length }),
  plots,
});
