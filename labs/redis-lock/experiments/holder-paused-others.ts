/**
 * holder-paused-others: the same pauses as in holder-paused.ts, for the variants that its headline leaves out.
 *
 * Read next: holder-killed.ts (the price of a lock without a time limit).
 */
import { experiment } from '@backend-labs/experiment';
import { pausedStand } from './paused-stand.ts';

export const holderPausedOthers = experiment({
  ...pausedStand,
  question: 'The same pauses: what of the other locks, and of the ways without one?',
  claims: [
    {
      id: 'paused-holder-writes-without-the-lock',
      statement: 'The late holder writes although the server had given its lock to another.',
      property: 'writes without the lock',
      variant: 'token',
      control: 'setnx',
    },
    {
      id: 'setnx-is-never-held-twice',
      statement: 'A lock without a TTL is never held twice in a pause.',
      property: 'never held twice',
      variant: 'setnx',
      control: 'token',
    },
    {
      id: 'row-lock-waits',
      statement: 'A row lock is never held twice in a pause.',
      property: 'never held twice',
      variant: 'pg-row',
      control: 'token',
    },
    {
      id: 'node-redlock-is-held-twice',
      statement: 'Redlock from npm: each pause past the TTL lets a second one in.',
      property: 'held twice in each pause',
      variant: 'node-redlock',
      control: 'setnx',
    },
    {
      id: 'row-lock-survives-pauses',
      statement: 'A row lock loses nothing when its process is stopped.',
      property: 'loses nothing',
      variant: 'pg-row',
      control: 'token',
    },
    {
      id: 'compare-and-set-survives-pauses',
      statement: 'Compare-and-set loses nothing when its process is stopped.',
      property: 'loses nothing',
      variant: 'compare-and-set',
      control: 'token',
    },
  ],
});
