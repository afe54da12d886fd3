/**
 * Why a server did not start, for the person who reads it: its own last lines, or in one line what they mean.
 *
 * Read next: ../no-space.ts, server-process.ts.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { noSpaceIn } from '../no-space.ts';
import { ServerStartError } from '../server.ts';

const KEPT_LINES = 8;
/** What the smallest of them writes when it starts. */
const NEEDED_BYTES = 64 * 1024;

/** Somebody else has opened a port between our asking for a free one and the server's opening it. */
export class PortTakenError extends MissingServerError {
  override readonly name = 'PortTakenError';
}

/** `why` continues a sentence that begins with the name: "ended at its start (exit code 1)". */
export function startFailure(
  name: string,
  why: string,
  logFile: string,
  logStartByte: number,
): ServerStartError | MissingServerError {
  const folder = dirname(logFile);
  // All that it said in this life: a reason may stand far above its stack.
  const said = readFileSync(logFile).subarray(logStartByte).toString().trim();
  const lines = said.split('\n').filter(Boolean);
  const failure = new ServerStartError(name, why, lines.slice(-KEPT_LINES), logFile);
  if (/address already in use|EADDRINUSE/i.test(said)) {
    const ways = ['run it again', 'find out what opens ports of this machine all the time'];
    const cause = { cause: failure };
    return new PortTakenError(
      name,
      `somebody else took its port before it did; its words are in ${logFile}`,
      ways,
      cause,
    );
  }
  return noSpaceIn(isFull(folder) ? 'ENOSPC' : `${why}\n${said}`, name, folder, failure) ?? failure;
}

/** Its log lies there too: a server cannot write down that nothing can be written. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < NEEDED_BYTES;
}
