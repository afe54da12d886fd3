/** Reads a result that someone named on the command line: whatever is wrong with it is the caller's to know. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '@backend-labs/experiment/engine';
import { InvalidResultError, parseResult, type Result } from '@backend-labs/experiment/result';

/**
 * The result in that file, which is relative to `calledFrom`. Throws UsageError: no such file, a folder, not a whole
 * and untouched result.
 */
export async function readGivenResult(file: string, calledFrom: string): Promise<Result> {
  try {
    return parseResult(await readFile(path.resolve(calledFrom, file), 'utf8'), file);
  } catch (error) {
    if (error instanceof InvalidResultError) throw new UsageError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`There is no file ${file}.`);
    if (code === 'EISDIR') throw new UsageError(`${file} is a folder; name the result.json in it.`);
    if (code === undefined) throw error;
    throw new UsageError(`${file} can't be read: ${message}`);
  }
}
