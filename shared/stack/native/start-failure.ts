/**
 * Why a server did not start, for the person who reads it: its own last lines, or that there is no space.
 *
 * Read next: ../no-space.ts, server-process.ts.
 */
import { readFileSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MissingServerError } from '../missing.ts';
import { noSpaceIn } from '../no-space.ts';
import { ServerStartError } from '../server.ts';

const KEPT_LINES = 8;
/** A reason may stand far above its stack. Not the whole log: a server that was started again has more than one story. */
const SEARCHED_LINES = 200;
/** What the smallest of them writes when it starts. */
const NEEDED_BYTES = 64 * 1024;

/** `why` continues a sentence that begins with the name: "ended at its start (exit code 1)". */
export function startFailure(name: string, why: string, logFile: string): ServerStartError | MissingServerError {
  const folder = dirname(logFile);
  const lines = readFileSync(logFile, 'utf8').trim().split('\n').filter(Boolean);
  const said = [why, ...lines.slice(-SEARCHED_LINES)].join('\n');
  const failure = new ServerStartError(name, why, lines.slice(-KEPT_LINES), logFile);
  return noSpaceIn(isFull(folder) ? `${said}\nENOSPC` : said, name, folder, failure) ?? failure;
}

/** Its log lies there too: a server cannot write down that nothing can be written. */
function isFull(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize < NEEDED_BYTES;
}
