/** A disk that is full, told as that and not as a defect of this program. */
import { MissingError } from '@backend-labs/experiment/engine';
import { upFolder } from './up-folder.ts';

/** The same error, or what it really is about. */
export function orNoSpace(error: unknown): unknown {
  if (!(error instanceof Error) || 'exitCode' in error || !/ENOSPC|EFBIG|EDQUOT/.test(error.message)) return error;
  return new MissingError(
    `There is no space to write what is up below ${upFolder()} (${error.message}). Free some, or try ./lab clean.`,
  );
}
