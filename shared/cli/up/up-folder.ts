/**
 * The folder of a lab that is up, `.lab/up/LAB/`: who keeps it, what it started, its logs and its data.
 *
 *   engine.json       pid and start time of the keeper, the process that owns everything
 *   request.json      what was asked for
 *   processes.jsonl   identity and name of everything it started
 *   state.json        what there is and where; not there until all of it answers
 *   keeper.log, SERVICE.log, servers/SERVER/log
 *
 * Invariant: a folder with a lab's name has a keeper's identity in it from its first moment, because it is made beside
 * under a name with a dot and renamed. So two `up` of one lab cannot both get it, and a folder whose keeper is dead
 * belongs to nobody. The names in it are those of a run's folder, so that the engine's clearLeftovers can read both.
 * Read next: keeper.ts.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity } from '@backend-labs/experiment/engine';
import type { ProviderName } from '@backend-labs/stack';
import { stateFolder } from '../folders.ts';

/** What of a lab is to be up. */
export interface UpRequest {
  lab: string;
  experiment: string;
  /** A name, or a file as it was typed. */
  variant: string;
  /** Absolute. */
  variantFile: string;
  provider: ProviderName;
}

/** One thing that can be talked to. */
export interface UpEntry {
  kind: 'service' | 'server' | 'proxy';
  name: string;
  url: string;
  /** Null for what is no process of its own: a proxy, a server of somebody else. */
  process: ProcessIdentity | null;
}

export interface UpState extends UpRequest {
  /** ISO 8601. */
  since: string;
  keeper: ProcessIdentity;
  /** Begins the names of keys, topics and queues of its own; null if there is no server. */
  dataName: string | null;
  entries: UpEntry[];
  /** A command that sends the experiment's first operation; null if it does not go over HTTP. */
  example: string | null;
}

/** A lab that is up or on its way. `state` is null until all of it answers. */
export interface UpOnDisk {
  lab: string;
  folder: string;
  keeper: ProcessIdentity;
  /** Whether the keeper lives. */
  isKept: boolean;
  request: UpRequest;
  state: UpState | null;
}

/** Followed by the lab and the pid of whose it is. */
const UNCLAIMED = '.new-';
const RELEASED = '.old-';

export const upFolder = (state: string = stateFolder): string => join(state, 'up');

export const folderOf = (lab: string): string => join(upFolder(), lab);

/** Makes the folder that a keeper is to claim. Our pid in its name tells whether somebody still needs it. */
export function prepareFolder(request: UpRequest): string {
  const path = join(upFolder(), `${UNCLAIMED}${request.lab}-${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    writeWhole(join(path, 'request.json'), request);
    return path;
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

/** Makes a prepared folder the lab's, in one step. False if the lab has one already. */
export function claim(prepared: string, lab: string, keeper: ProcessIdentity): boolean {
  writeWhole(join(prepared, 'engine.json'), keeper);
  try {
    renameSync(prepared, folderOf(lab));
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Gives up a claimed folder and removes it. Its name is free at once, and never that of half a folder. */
export function release(lab: string): void {
  const leaving = join(upFolder(), `${RELEASED}${lab}-${process.pid}`);
  renameSync(folderOf(lab), leaving);
  rmSync(leaving, { recursive: true, force: true, maxRetries: 3 });
}

/** Says that all of it answers. */
export function writeState(folder: string, state: UpState): void {
  writeWhole(join(folder, 'state.json'), state);
}

/** The labs that are up, on their way, or were up until their keeper died; by name. */
export function labsOnDisk(state: string = stateFolder): UpOnDisk[] {
  return namesIn(upFolder(state))
    .filter((name) => !name.startsWith('.'))
    .flatMap((lab) => onDisk(lab, state) ?? []);
}

/** One of them; null if it is not there. */
export function onDisk(lab: string, state: string = stateFolder): UpOnDisk | null {
  const folder = join(upFolder(state), lab);
  const keeper = read<ProcessIdentity>(join(folder, 'engine.json'));
  const request = read<UpRequest>(join(folder, 'request.json'));
  if (keeper === null || request === null) return null;
  const upState = read<UpState>(join(folder, 'state.json'));
  return { lab, folder, keeper, isKept: isAlive(keeper), request, state: upState };
}

/** Everything that its keeper has started, by name. */
export function processesOf(folder: string): (ProcessIdentity & { name: string })[] {
  let lines: string[];
  try {
    lines = readFileSync(join(folder, 'processes.jsonl'), 'utf8').split('\n');
  } catch {
    return []; // None was started, or it was removed just now.
  }
  return lines.flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as ProcessIdentity & { name: string }];
    } catch {
      return []; // Cut short: its keeper died while it wrote it.
    }
  });
}

/** Nobody reads half of it. */
function writeWhole(file: string, content: unknown): void {
  writeFileSync(`${file}.part`, JSON.stringify(content, null, 2));
  renameSync(`${file}.part`, file);
}

function read<T>(file: string): T | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
