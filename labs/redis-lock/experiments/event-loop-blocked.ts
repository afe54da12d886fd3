/**
 * event-loop-blocked: the holder's own code does not let its timers run. Node's own SIGSTOP.
 *
 * A long computation in a request nobody thought of. The watchdog is a timer in the same process: it comes too late by
 * as much. Read next: holder-paused.ts (the same from outside).
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { cutHolds } from './holds.ts';
import { commonFacts, fewestJoined, inWords } from './measures.ts';
import { pausedStand } from './paused-stand.ts';

const FAULT = 'blockEventLoop';
const { pauseMs, pauses, betweenPausesMs, firstPauseAtMs, ...rest } = pausedStand.parameters;
const parameters = {
  ...rest,
  blockMs: pauseMs,
  blocks: 3,
  durationMs: 2700,
  firstBlockAtMs: 300,
  betweenBlocksMs: 800,
};
type BlockedParameters = typeof parameters;

export const eventLoopBlocked = experiment({
  ...pausedStand,
  question: 'The holder computes for longer than the TTL. Does its watchdog keep the lock?',
  parameters,
  quick: { durationMs: 1900, blocks: 2 },
  timeline: ({ blocks, firstBlockAtMs, betweenBlocksMs, blockMs }: BlockedParameters) =>
    Array.from({ length: blocks }, (_, index) => {
      const atMs = firstBlockAtMs + index * betweenBlocksMs;
      return { fault: FAULT, atMs, healAtMs: atMs + blockMs } as const;
    }),
  properties: {
    'held twice in each block': atLeast<BlockedParameters>({
      description: 'In each block past the TTL, somebody else enters while the busy holder has not left',
      kind: 'characteristic',
      unit: 'double hold(s) in the block that had fewest',
      bound: () => 1,
      measure: (observation) => fewestJoined(observation, FAULT),
      evidence: (observation) =>
        cutHolds(observation, FAULT)
          .filter(({ second }) => second !== null)
          .map(inWords),
    }),
  },
  claims: [
    {
      id: 'blocked-watchdog-is-held-twice',
      statement: 'A watchdog does not survive a blocked event loop: the lock expires under its holder.',
      property: 'held twice in each block',
      variant: 'watchdog',
      control: 'pg-advisory',
    },
  ],
  facts: (observation) => {
    const cut = cutHolds(observation, FAULT);
    return {
      ...commonFacts(observation),
      'holds under a block': cut.length,
      'of them joined by another': cut.filter(({ second }) => second !== null).length,
    };
  },
});
