/**
 * What earlier runs left in `.lab/runs/`: logs that were kept, and runs that still go on.
 *
 * Reads only. The engine's clearLeftovers is what kills and removes.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '@backend-labs/experiment/engine';
import { runsFolder } from './folders.ts';

export interface RunOnDisk {
  folder: string;
  /** going on; kept for its logs; or dead without having cleared up. */
  state: 'running' | 'kept' | 'abandoned';
  /** The engine's process; null if it cannot be read. */
  pid: number | null;
}

/** The run folders, oldest first. */
export function runsOnDisk(folder: string = runsFolder): RunOnDisk[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((id) => {
      const path = join(folder, id);
      const engine = engineOf(path);
      const pid = engine?.pid ?? null;
      if (existsSync(join(path, 'kept'))) return { folder: path, state: 'kept', pid };
      // Not by the pid alone: the system gives it to another process one day.
      return { folder: path, state: engine !== null && isAlive(engine) ? 'running' : 'abandoned', pid };
    });
}

function engineOf(path: string): ProcessIdentity | null {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(join(path, 'engine.json'), 'utf8')) as Record<string, unknown>;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return null;
    return typeof startTime === 'string' ? { pid, startTime } : null;
  } catch {
    return null;
  }
}

/** Whether there is a process with that id. One of another user counts: it answers EPERM. */
export function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
