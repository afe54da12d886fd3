/**
 * resume-while-next-thinks: the stopped holder comes back while the next one is still at work.
 *
 *   A (fence 33) reads 0 ── stopped past the TTL ──────────── writes 1, accepted: no later fence has written yet
 *                            B (fence 34) reads 0 ── thinks ──────────────────────────── writes 1, accepted
 *
 * Both are acknowledged and the balance is 1. A fence that is only looked at when writing lets this pass; one that is
 * claimed on entry refuses A. Needs: TTL < pause < TTL + think. Read next: ../src/variants/fenced-claim.ts.
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { cutHolds } from './holds.ts';
import { commonFacts, losesNothing, lostIds } from './measures.ts';
import { pausedStand, pausesOf, wanted } from './paused-stand.ts';
import type { StandParameters } from './stand.ts';
import { endingsOf } from './updates.ts';

const parameters = {
  ...pausedStand.parameters,
  ratePerSecond: 100,
  accounts: 36,
  thinkMs: 300,
  ttlMs: 400,
  pauseMs: 600,
  acquireTimeoutMs: 900,
  pauses: 3,
  firstPauseAtMs: 600,
  betweenPausesMs: 1300,
  durationMs: 4600,
};

export const resumeWhileNextThinks = experiment({
  ...pausedStand,
  question: 'The late holder writes while the next one thinks. Is a fence on the write enough?',
  parameters,
  quick: { durationMs: 3300, pauses: 2, ratePerSecond: 140, accounts: 50 },
  timeline: pausesOf,
  properties: {
    'loses updates': atLeast<StandParameters>({
      description: 'Acknowledged updates are overwritten',
      kind: 'characteristic',
      unit: 'lost update(s)',
      bound: () => 1,
      measure: (observation) => observation.ledger?.lost.length ?? null,
      evidence: lostIds,
    }),
    'loses nothing': losesNothing({
      description: 'No acknowledged update is lost when a late holder writes while the next one thinks',
      chance: 'a hold that was stopped past the TTL, of an account that somebody else wanted then',
      chancesOf: (observation) => wanted(observation).length,
    }),
  },
  claims: [
    {
      id: 'fence-on-the-write-loses-updates',
      statement: 'A fence that is checked only on the write loses updates when the late holder writes first.',
      property: 'loses updates',
      variant: 'fenced-write',
      control: 'fenced-claim',
    },
    {
      id: 'fence-claimed-on-entry-loses-nothing',
      statement: 'A fence that is claimed on entry loses none.',
      property: 'loses nothing',
      variant: 'fenced-claim',
      control: 'fenced-write',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'holds that were stopped': cutHolds(observation, 'pauseHolder').length,
    'stale writes refused': endingsOf(observation).filter(({ ending }) => ending === 'rejected').length,
  }),
});
