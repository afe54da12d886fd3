/** Reads a result that someone named on the command line: whatever is wrong with it is the caller's to know. */
import { UsageError } from '@backend-labs/experiment/engine';
import { InvalidResultError, type Result, readResult } from '@backend-labs/experiment/result';

/** The result in that file. Throws UsageError: no such file, a folder, not a whole and untouched result. */
export async function readGivenResult(file: string): Promise<Result> {
  try {
    return await readResult(file);
  } catch (error) {
    if (error instanceof InvalidResultError) throw new UsageError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`There is no file ${file}.`);
    if (code === 'EISDIR') throw new UsageError(`${file} is a folder; name the result.json in it.`);
    if (code === undefined) throw error;
    throw new UsageError(`${file} can't be read: ${message}`);
  }
}
