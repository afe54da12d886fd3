/**
 * Clears what a keeper that was killed has left.
 *
 * Its reaper has normally ended all processes; this waits for it, ends what is left even so (somebody may have killed
 * the reaper too), and removes the folder. A keeper is known by its pid and its start time.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { clearLeftovers } from '@backend-labs/experiment/engine';
import { isGroupAlive } from '@backend-labs/stack/process-identity';
import { labsOnDisk, processesOf, upFolder } from './up-folder.ts';

/** The reaper's own, and a little more. */
const REAPER_DEADLINE_MS = 2500;
const POLL_MS = 20;

/** Says line by line what was cleared; nothing when every keeper lives. */
export async function clearDead(): Promise<string[]> {
  const dead = labsOnDisk().filter(({ isKept }) => !isKept);
  await untilGone(
    dead.flatMap(({ folder }) => processesOf(folder)),
    REAPER_DEADLINE_MS,
  );
  const { killed } = clearLeftovers(upFolder());
  return [
    ...dead.map(
      ({ lab, keeper }) => `${lab} was up, but its keeper (process ${keeper.pid}) is gone; what it left is cleared.`,
    ),
    ...killed.map(({ name, pid }) => `Ended ${name} (process ${pid}), which it had left.`),
  ];
}

/** Waits until none of them runs. Returns who still does when the time is up. */
export async function untilGone<T extends { pid: number; startTime: string }>(
  processes: readonly T[],
  deadlineMs: number,
): Promise<T[]> {
  const endMs = performance.now() + deadlineMs;
  let left = processes.filter(isGroupAlive);
  while (left.length > 0 && performance.now() < endMs) {
    await delay(POLL_MS);
    left = left.filter(isGroupAlive);
  }
  return left;
}
