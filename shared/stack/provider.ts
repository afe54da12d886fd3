/**
 * What a provider is told and what it gives: servers, one way or another.
 *
 * Read next: native/provider.ts (processes of this machine), external/provider.ts (servers of somebody else's).
 */
import { type Needs, type ProviderName, SERVER_KINDS, type Server, type ServerKind } from './server.ts';

export interface StackOptions {
  needs: Needs;
  provider: ProviderName;
  /** The run's folder: data, configuration and logs go below it. */
  folder: string;
  /** `.lab/`: what is fetched once stays there. */
  stateFolder: string;
  signal: AbortSignal;
  /** A line of progress, for a person who waits. */
  log: (line: string) => void;
  /**
   * Told of each process as soon as it is there, so that a reaper can end it whatever happens. Left out, a reaper of
   * this process' own is told.
   */
  onSpawn?: (pid: number, name: string) => void;
  /** Where an external server's url is looked for. */
  environment?: NodeJS.ProcessEnv;
}

/** What of the needs is really wanted: kinds with a number above 0. */
export function wantedOf(needs: Needs): { kind: ServerKind; count: number }[] {
  return SERVER_KINDS.flatMap((kind) => {
    const count = needs[kind] ?? 0;
    return count > 0 ? [{ kind, count }] : [];
  });
}

export interface RenewOptions {
  /** Starts it so that `setClockOffset` can set its wall clock. Redis only. */
  adjustableClock?: boolean;
}

/** A server that was started, and the way to another one in its place. */
export interface Started {
  server: Server;
  /** Ends it, throws its data away and starts another of its name. What cannot be is told before anything is ended. */
  renew: (options: RenewOptions) => Promise<Started>;
}

/** A provider starts what is wanted and hands over each server as soon as it is there, also if a later one fails. */
export type StartServers = (options: StackOptions, started: (one: Started) => void) => Promise<void>;
