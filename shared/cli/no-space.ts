/** A disk that is full, told as that and not as a defect of this program. */
import { MissingError } from '@backend-labs/experiment/engine';

/** Null if the error is about something else. `what` was being written below `folder`; `also` is said at the end. */
export function noSpace(error: unknown, { what, folder, also = '' }: { what: string; folder: string; also?: string }) {
  const { message = '' } = error as Error;
  if (!/ENOSPC|EFBIG|EDQUOT/.test(message)) return null;
  return new MissingError(
    `There is no space to write ${what} below ${folder} (${message}). Free some, or try ./lab clean${also}.`,
  );
}
