/**
 * What differs from kind to kind of a native server: where its program comes from, how it is started, what a real
 * operation is.
 *
 * Invariant: a recipe keeps no state; all that belongs to one server is in its `Instance`.
 * Read next: redis.ts (the shortest), server-process.ts (who runs a recipe), ../tools/tool-folder.ts (fetching).
 */
import type { MakeFreshData } from '../fresh-data/fresh-data.ts';
import type { ServerKind } from '../server.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';

/** A program that was found or fetched, and how to run it. */
export interface Program {
  /** The executable, or whatever `command` starts from. */
  file: string;
  /** Where it came from, for people: "on PATH", "fetched with pip". */
  origin: string;
  /** The folder of what else it needs (jars, libraries), where that lies apart. */
  library?: string;
}

/** One server of a run: its place and its ports. */
export interface Instance {
  name: string;
  /** The one that clients use. */
  port: number;
  /** Others that its kind asked for, in the recipe's order. */
  extraPorts: readonly number[];
  /** Its own folder: configuration, sockets, pid file. */
  folder: string;
  /** Inside `folder`; kept over restarts. */
  dataFolder: string;
}

export interface Command {
  file: string;
  args: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
}

export interface Recipe {
  kind: ServerKind;
  /** How many ports it needs besides the one for clients. */
  extraPorts: number;
  /** What a person may do where it cannot be had. */
  ways: readonly string[];
  /** How much a first fetch downloads, in bytes, for `doctor`. */
  downloadBytes: number;
  /** The programs that a fetch needs on PATH; of each group any one. */
  fetchedWith: readonly (readonly string[])[];
  /** The program on PATH or fetched before; null if it would have to be fetched. Starts and fetches nothing. */
  find: (tools: ToolFolder) => Promise<Program | null>;
  /** Fetches it with the ordinary client of its kind. Throws MissingServerError where that cannot be. */
  fetch: (tools: ToolFolder, signal: AbortSignal) => Promise<Program>;
  /** The program's version, as it says itself without being started as a server. */
  version: (program: Program, signal: AbortSignal) => Promise<string>;
  /** Makes data and configuration before the first start. */
  prepare: (program: Program, instance: Instance, tools: ToolFolder, signal: AbortSignal) => Promise<void>;
  command: (program: Program, instance: Instance) => Command;
  /** One real operation, once. Rejects if it is not answered (yet). */
  operate: (instance: Instance, signal: AbortSignal) => Promise<void>;
  url: (instance: Instance) => string;
  /** The wall clock as the server itself sees it, since the epoch; left out where no adjustable clock was tried. */
  readClockMs?: (instance: Instance, signal: AbortSignal) => Promise<number>;
  /** Left out where data is kept apart by the names of queues and topics. */
  freshData?: MakeFreshData;
  /** What asks it to end in order. */
  stopSignal: NodeJS.Signals;
  startDeadlineMs: number;
  stopDeadlineMs: number;
}
