/** The errors of `up`, with a full disk told as that. Read next: ../no-space.ts. */
import { noSpace } from '../no-space.ts';
import { upFolder } from './up-folder.ts';

/** The same error, or what it really is about. */
export function orNoSpace(error: unknown): unknown {
  if (!(error instanceof Error) || 'exitCode' in error) return error;
  return noSpace(error, { what: 'what is up', folder: upFolder() }) ?? error;
}
