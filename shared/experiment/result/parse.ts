/**
 * Reading a result file: everything that is wrong with it is said at once, with where.
 *
 * A result of another version, a truncated one or one edited by hand is refused; nothing is repaired.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type Result, resultSchema } from './schema.ts';
import { repeatedParts, unsealedParts } from './seal.ts';

/** A file that is not a whole, untouched result of this version. The message names the file and each problem. */
export class InvalidResultError extends Error {
  readonly code = 'INVALID_RESULT';
  readonly file: string;
  readonly problems: string[];
  constructor(file: string, problems: string[]) {
    super(`${file} is not a usable result:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'InvalidResultError';
    this.file = file;
    this.problems = problems;
  }
}

/** Parses and checks one result; `file` is only for messages. Throws InvalidResultError. */
export function parseResult(text: string, file: string): Result {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new InvalidResultError(file, [`it is cut short or not JSON: ${(error as Error).message}`]);
  }
  if (Array.isArray(json)) {
    throw new InvalidResultError(file, ['it is a list, as --json prints for several labs; keep one result a file']);
  }
  const version = (json as { schema?: unknown } | null)?.schema;
  if (version !== 1) {
    const said = version === undefined ? 'names none' : `says ${JSON.stringify(version)}`;
    throw new InvalidResultError(file, [`schema: this program reads version 1, the file ${said}; run the lab again`]);
  }
  const parsed = resultSchema.safeParse(json);
  if (!parsed.success) {
    throw new InvalidResultError(
      file,
      parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top)'}: ${issue.message}`),
    );
  }
  const twice = repeatedParts(parsed.data);
  if (twice.length > 0) {
    throw new InvalidResultError(
      file,
      twice.map((at) => `${at}: it is in the file twice`),
    );
  }
  const edited = unsealedParts(parsed.data);
  if (edited.length > 0) {
    throw new InvalidResultError(
      file,
      edited.map((at) => `${at}: its digest does not match, it was edited after the run`),
    );
  }
  return parsed.data;
}

/** Reads and checks a result file. Throws InvalidResultError, or the file system's error. */
export async function readResult(file: string): Promise<Result> {
  return parseResult(await readFile(file, 'utf8'), file);
}

/** The JSON Schema of a result, for other programs. */
export function resultJsonSchema(): unknown {
  return z.toJSONSchema(resultSchema);
}
