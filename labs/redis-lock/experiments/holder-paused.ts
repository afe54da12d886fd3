/**
 * holder-paused: a process that holds locks is stopped for longer than they live, and then goes on.
 *
 * A long garbage collection, a virtual machine that is moved, a laptop that sleeps. SIGSTOP stops all of it: the work,
 * the timers that would renew the lock, and the check that would notice.
 * Read next: paused-stand.ts (the pauses and the properties), holder-paused-others.ts (the variants that are left),
 * resume-while-next-thinks.ts.
 */
import { experiment } from '@backend-labs/experiment';
import { VICTIM } from './nodes.ts';
import { pausedStand } from './paused-stand.ts';

export const holderPaused = experiment({
  ...pausedStand,
  question: `${VICTIM} is stopped past the TTL while it holds, and goes on. Who else was let in, and what was lost?`,
  claims: [
    {
      id: 'naive-ttl-is-held-twice',
      statement: 'SET NX PX with a plain DEL: each pause past the TTL lets a second one in.',
      property: 'held twice in each pause',
      variant: 'setnx-ttl-del',
      control: 'pg-advisory',
    },
    {
      id: 'token-is-held-twice',
      statement: 'A token does not help against that: each pause past the TTL lets a second one in.',
      property: 'held twice in each pause',
      variant: 'token',
      control: 'pg-advisory',
    },
    {
      id: 'watchdog-is-held-twice',
      statement: 'Nor does a watchdog: what renews the lock is stopped with the rest.',
      property: 'held twice in each pause',
      variant: 'watchdog',
      control: 'pg-advisory',
    },
    {
      id: 'redlock-is-held-twice',
      statement: 'Nor does Redlock: five nodes let the lock expire as one does.',
      property: 'held twice in each pause',
      variant: 'redlock',
      control: 'pg-advisory',
    },
    {
      id: 'naive-del-cascades',
      statement: 'With a plain DEL the late holder deletes the lock of the next one, and a third gets in.',
      property: 'mistakes go on',
      variant: 'setnx-ttl-del',
      control: 'token',
    },
    {
      id: 'token-does-not-cascade',
      statement: 'With a token the mistake ends with the late holder.',
      property: 'mistakes end',
      variant: 'token',
      control: 'setnx-ttl-del',
    },
    {
      id: 'fence-refuses-stale-writes',
      statement: 'A fence does not keep the second one out, but the database refuses what the late holder writes.',
      property: 'stale writes are refused',
      variant: 'fenced-write',
      control: 'token',
    },
    {
      id: 'fenced-claim-survives-pauses',
      statement: 'A fence that is claimed on entry loses nothing.',
      property: 'loses nothing',
      variant: 'fenced-claim',
      control: 'token',
    },
    {
      id: 'advisory-lock-waits',
      statement: 'A lock that lasts as long as its session is never held twice in a pause.',
      property: 'never held twice',
      variant: 'pg-advisory',
      control: 'token',
    },
    {
      id: 'atomic-update-survives-pauses',
      statement: 'One atomic UPDATE loses nothing when its process is stopped.',
      property: 'loses nothing',
      variant: 'atomic-update',
      control: 'token',
    },
  ],
});
