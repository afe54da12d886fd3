/**
 * The folder of one run, `.lab/runs/<id>/`: who runs it, what it started, its logs.
 *
 *   engine.json       pid and start time of the engine's process
 *   processes.jsonl   identity and name of everything it started, appended before anything else is done
 *   kept              exists if the run failed in a way that makes its logs worth reading
 *
 * Invariant: a folder whose engine is dead belongs to nobody; the next command kills what is listed there and still
 * runs, and removes it. Read next: reaper.ts (which normally has done so long before).
 */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  identify,
  isAlive,
  isGroupAlive,
  type ProcessIdentity,
  signalGroup,
} from '@backend-labs/stack/process-identity';

/** How many folders of failed runs stay. */
const KEPT_RUNS = 10;

export interface RunFolder {
  path: string;
  /** Writes down a process before it is used. */
  register(identity: ProcessIdentity, name: string): void;
  /** Removes the folder, or keeps it for its logs. */
  close(keep: boolean): void;
}

/** Makes the folder of a new run below `runsFolder`. */
export function createRunFolder(runsFolder: string): RunFolder {
  const id = `${new Date().toISOString().replace(/[:.]/g, '-')}-${process.pid}`;
  const path = join(runsFolder, id);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'engine.json'), JSON.stringify(identify(process.pid)));
  return {
    path,
    register: (identity, name) =>
      appendFileSync(join(path, 'processes.jsonl'), `${JSON.stringify({ ...identity, name })}\n`),
    close(keep) {
      if (keep) writeFileSync(join(path, 'kept'), '');
      else rmSync(path, { recursive: true, force: true });
    },
  };
}

/** What was found of earlier runs that did not end properly. */
export interface Leftovers {
  killed: { name: string; pid: number }[];
  removedFolders: number;
}

function readJson<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

/** Kills what dead engines left running and removes their folders. Kept folders stay, the newest KEPT_RUNS of them. */
export function clearLeftovers(runsFolder: string): Leftovers {
  const leftovers: Leftovers = { killed: [], removedFolders: 0 };
  if (!existsSync(runsFolder)) return leftovers;
  const kept: string[] = [];
  for (const id of readdirSync(runsFolder).sort()) {
    const path = join(runsFolder, id);
    const engine = readJson<ProcessIdentity>(join(path, 'engine.json'));
    if (engine !== null && isAlive(engine)) continue;
    // Another run that has just made its folder and not yet written who it is.
    if (engine === null && identify(Number(id.split('-').at(-1))) !== null) continue;
    const lines = existsSync(join(path, 'processes.jsonl')) ? readFileSync(join(path, 'processes.jsonl'), 'utf8') : '';
    for (const line of lines.split('\n')) {
      // The last line may be cut short if the engine died while writing it.
      const entry = parseEntry(line);
      if (entry !== null && isGroupAlive(entry) && signalGroup(entry, 'SIGKILL')) {
        leftovers.killed.push({ name: entry.name, pid: entry.pid });
      }
    }
    if (existsSync(join(path, 'kept'))) kept.push(path);
    else {
      rmSync(path, { recursive: true, force: true });
      leftovers.removedFolders += 1;
    }
  }
  for (const path of kept.slice(0, -KEPT_RUNS)) rmSync(path, { recursive: true, force: true });
  return leftovers;
}

function parseEntry(line: string): (ProcessIdentity & { name: string }) | null {
  try {
    return line === '' ? null : (JSON.parse(line) as ProcessIdentity & { name: string });
  } catch {
    return null;
  }
}
