/**
 * pause-between-check-and-write: the holder asks whether it still holds, is told yes, stops, and then writes.
 *
 * The process is stopped exactly there, at the step that it announces before its write leaves. However late the check
 * is made, there is always something after it. Read next: resume-while-next-thinks.ts.
 */
import { atLeast, experiment } from '@backend-labs/experiment';
import { caughtRequests, commonFacts, losesNothing } from './measures.ts';
import { VICTIM } from './nodes.ts';
import { pausedStand } from './paused-stand.ts';
import { overwritten, staleWrites, writesOf } from './updates.ts';

const FAULT = 'pauseHolder';
const { pauses, betweenPausesMs, firstPauseAtMs, ...rest } = pausedStand.parameters;
// Fewer accounts: whichever is stopped, somebody soon wants it.
const parameters = {
  ...rest,
  ratePerSecond: 200,
  thinkMs: 110,
  accounts: 30,
  durationMs: 3200,
  pauses: 4,
  firstWrite: 40,
  writesBetween: 50,
};
type CheckParameters = typeof parameters;

export const pauseBetweenCheckAndWrite = experiment({
  ...pausedStand,
  question: 'The holder checks right before it writes, and is stopped in between. Does the check help?',
  parameters,
  quick: { durationMs: 2600, pauses: 3, firstWrite: 30, writesBetween: 35 },
  timeline: ({ pauses: count, firstWrite, writesBetween, pauseMs }: CheckParameters) =>
    Array.from(
      { length: count },
      (_, index) =>
        ({
          fault: FAULT,
          when: { service: VICTIM, event: 'redis-lock.writing', occurrence: firstWrite + index * writesBetween },
          healAfterMs: pauseMs,
        }) as const,
    ),
  properties: {
    'writes without the lock': atLeast<CheckParameters>({
      description: 'A write that was stopped after its check is accepted, although the lock had gone to another',
      kind: 'characteristic',
      unit: 'such write(s)',
      bound: () => 1,
      measure: (observation) => staleWrites(observation).length,
      evidence: (observation) =>
        staleWrites(observation).map(({ account, operation }) => `account ${account}: write of ${operation}`),
    }),
    'loses nothing': losesNothing({
      description: 'No acknowledged update is lost when a process stops right before its write',
      chance: 'a request that was at the stopped process',
      chancesOf: (observation) => caughtRequests(observation, FAULT),
    }),
  },
  claims: [
    {
      id: 'a-check-before-the-write-is-too-early',
      statement: 'A holder that checks its lock right before it writes still writes without it.',
      property: 'writes without the lock',
      variant: 'token-checked',
      control: 'setnx',
    },
    {
      id: 'fenced-claim-needs-no-check',
      statement: 'When the database does the check with the write itself, nothing is lost.',
      property: 'loses nothing',
      variant: 'fenced-claim',
      control: 'token-checked',
    },
  ],
  facts: (observation) => ({
    ...commonFacts(observation),
    'writes without the lock': staleWrites(observation).length,
    'updates overwritten': overwritten(writesOf(observation.witnesses)).length,
  }),
});
