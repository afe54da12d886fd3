/**
 * Starts a service's process with the probe in front of it, and reads what the probe tells.
 *
 * Read next: service-process.ts (its life), ../probe/preload.ts (the other end of the pipe).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PROBE_FD, PROBE_VARIABLE, type ProbeConfiguration, type ProbeMessage } from '../probe/protocol.ts';

export interface ProcessEnd {
  code: number | null;
  signal: string | null;
}

export interface SpawnedService {
  child: ChildProcess;
  /** How it ended; null if it could not be started at all. */
  exited: Promise<ProcessEnd | null>;
  /** Its url, once it says that it listens. */
  listening: Promise<string>;
  /** The pipe of the probe is read to its end. */
  drained: Promise<void>;
}

/** The process leads a group of its own: a terminal's Ctrl-C does not reach it, and what it starts goes with it. */
export function spawnService(options: {
  entry: string;
  folder: string;
  environment: Record<string, string>;
  configuration: ProbeConfiguration;
  logFile: string;
  onMessage: (message: ProbeMessage) => void;
}): SpawnedService {
  const preload = new URL('../probe/preload.ts', import.meta.url).href;
  const log = openSync(options.logFile, 'a');
  const child = spawn(process.execPath, ['--import', preload, options.entry], {
    cwd: options.folder,
    env: {
      ...inheritedEnvironment(),
      ...options.environment,
      [PROBE_VARIABLE]: JSON.stringify(options.configuration),
    },
    stdio: ['ignore', log, log, 'pipe'],
    detached: true,
  });
  closeSync(log);
  const exited = new Promise<ProcessEnd | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const listening = Promise.withResolvers<string>();
  const lines = createInterface({ input: child.stdio[PROBE_FD] as Readable });
  const drained = new Promise<void>((resolve) => lines.once('close', resolve));
  lines.on('line', (line) => {
    const message = parseMessage(line);
    if (message?.type === 'listening') listening.resolve(message.url);
    else if (message !== null) options.onMessage(message);
  });
  return { child, exited, listening: listening.promise, drained };
}

/** The last line of a killed process may be cut short. */
function parseMessage(line: string): ProbeMessage | null {
  try {
    return JSON.parse(line) as ProbeMessage;
  } catch {
    return null;
  }
}

/** What of the caller's environment a service sees: nothing that would change how it behaves under load. */
function inheritedEnvironment(): Record<string, string> {
  // The compile cache spares a third of each start. It cannot favour a variant: it is about the code that all of them
  // load, and the warm-up comes before anything is measured.
  const keep = [
    'PATH',
    'HOME',
    'TMPDIR',
    'LANG',
    'TZ',
    'JAVA_HOME',
    'NODE_COMPILE_CACHE',
    'NODE_DISABLE_COMPILE_CACHE',
  ];
  return Object.fromEntries(
    keep.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
