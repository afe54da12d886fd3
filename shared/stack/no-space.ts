/**
 * No space left, told as that: otherwise it looks like a defect of a server, of a package manager or of this program.
 *
 * Who meets it says it in words of its own: the system by a code, pip and apt-get among their last lines, a server in
 * its log or by the signal that it died of. Read next: native/start-failure.ts, tools/tool-folder.ts.
 */
import { MissingServerError } from './missing.ts';

const FULL = /ENOSPC|EDQUOT|no space left on device|disk quota exceeded/i;
/** `ulimit -f`: a write fails, or the writer gets this signal. */
const LIMITED = /EFBIG|file too large|file size limit exceeded|SIGXFSZ/i;

export class NoSpaceError extends MissingServerError {
  override readonly name = 'NoSpaceError';
}

/** In one line, if it says so; else null. `what` could not be written below `folder`. */
export function noSpaceIn(said: string, what: string, folder: string, cause?: unknown): NoSpaceError | null {
  if (FULL.test(said)) {
    const ways = ['free some', 'let ./lab clean remove what earlier runs have left'];
    return new NoSpaceError(what, `there is no space left below ${folder}`, ways, { cause });
  }
  if (!LIMITED.test(said)) return null;
  const why = `a file below ${folder} would be larger than this shell allows`;
  return new NoSpaceError(what, why, ['raise the limit (ulimit -f)', 'use a shell without it'], { cause });
}

/** The same error, or what it really is about. */
export function orNoSpace(error: unknown, what: string, folder: string): unknown {
  return error instanceof Error ? (noSpaceIn(error.message, what, folder, error) ?? error) : error;
}
