/** The reference results of a workspace, and what is wrong with those that can't be used. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidResultError, parseResult, type Result } from '@backend-labs/experiment/result';
import type { Problem } from '../markdown/sections.ts';
import { lineOfProblem } from '../serialise.ts';
import type { Lab } from './labs.ts';

export interface Reference {
  lab: Lab;
  /** Null if the lab has none or it can't be used; then `problems` says why. */
  result: Result | null;
  /** The file as it is; null if there is none. */
  text: string | null;
  problems: Problem[];
}

/** A file's text, or null if there is no such file. */
export async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Reads one lab's reference. No file is no problem here. */
export async function readReference(workspace: string, lab: Lab): Promise<Reference> {
  const text = await textOf(path.join(workspace, lab.reference));
  const at = (line: number, message: string): Problem => ({ file: lab.reference, line, message });
  if (text === null) return { lab, result: null, text, problems: [] };
  try {
    const result = parseResult(text, lab.reference);
    if (result.lab === lab.name) return { lab, result, text, problems: [] };
    const line = lineOfProblem(text, 'lab');
    return {
      lab,
      result: null,
      text,
      problems: [at(line, `it is a result of the lab ${result.lab}, not of ${lab.name}`)],
    };
  } catch (error) {
    if (!(error instanceof InvalidResultError)) throw error;
    return {
      lab,
      result: null,
      text,
      problems: error.problems.map((problem) => at(lineOfProblem(text, problem), problem)),
    };
  }
}
