/** The reaper's process. It reads identities, one JSON a line, until its pipe closes; then it clears up and ends. */
import { createInterface } from 'node:readline';
import { familyOf } from '../native/process-family.ts';
import { isGroupAlive, type ProcessIdentity, signalGroup } from '../process-identity.ts';

const DEADLINE_MS = 2000;
const POLL_MS = 20;

const watched: ProcessIdentity[] = [];
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

createInterface({ input: process.stdin })
  .on('line', remember)
  .on('close', () => {
    // A server's processes may lead groups of their own (Postgres' do), and a stopped one does not see its parent go.
    for (const { pid } of watched.filter(isGroupAlive)) watched.push(...familyOf(pid));
    reap(performance.now() + DEADLINE_MS);
  });

function remember(line: string): void {
  try {
    watched.push(JSON.parse(line) as ProcessIdentity);
  } catch {
    // The engine died while it wrote this line. The others are to be cleared all the same.
  }
}

function reap(deadlineMs: number): void {
  const alive = watched.filter(isGroupAlive);
  for (const identity of alive) {
    signalGroup(identity, 'SIGKILL');
    // A process in uninterruptible sleep dies when it wakes; a stopped one is woken so that its group goes too.
    signalGroup(identity, 'SIGCONT');
  }
  if (alive.length > 0 && performance.now() < deadlineMs) setTimeout(reap, POLL_MS, deadlineMs);
}
