/**
 * Does what the repository says agree with what it holds? Every disagreement, each with its place.
 *
 * Nothing is run and nothing is written. Read next: generated.ts, links.ts, commands.ts.
 */
import type { Problem } from '../markdown/sections.ts';
import { lineOfProblem } from '../serialise.ts';
import { commandOf } from '../wording.ts';
import { type CommandCheck, checkCommands } from './commands.ts';
import { type GeneratedFiles, generatedFiles } from './generated.ts';
import { deadLinks, readDocuments } from './links.ts';
import type { Reference } from './references.ts';
import { repositoryFiles } from './tracked.ts';

export interface VerifyOptions {
  workspace: string;
  /** Only these labs' references, sections and charts; the documents are always checked all. */
  names?: readonly string[];
  /** The hash of what a run of this lab reads now (sourcesHash of the engine). */
  sourcesHash: (labFolder: string, workspace: string) => Promise<string>;
  commands: CommandCheck;
}

/** All problems, by file and line. */
export async function verifyProject(options: VerifyOptions): Promise<Problem[]> {
  const { workspace } = options;
  const generated = await generatedFiles(workspace, options.names);
  const files = await repositoryFiles(workspace);
  const documents = await readDocuments(workspace, files);
  const problems = [
    ...generated.problems,
    ...generated.drift,
    ...generated.unfilled,
    ...fileDrift(generated),
    ...(await Promise.all(generated.references.map((one) => sourceDrift(one, options)))).flat(),
    ...(await deadLinks(workspace, files, documents)),
    ...checkCommands(documents, options.commands),
  ];
  return problems.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

function fileDrift({ files, stale }: GeneratedFiles): Problem[] {
  const again = 'run ./lab report --write';
  return [
    ...files
      .filter(({ file, text, current }) => text !== current && !file.endsWith('.md'))
      .map(({ file, text, current }) => ({
        file,
        line: current === null ? 1 : firstDifference(text, current),
        message: current === null ? `it is missing; ${again}` : `it is not what it is generated from; ${again}`,
      })),
    ...stale.map((file) => ({ file, line: 1, message: 'the reference result does not draw it any more; delete it' })),
  ];
}

function firstDifference(a: string, b: string): number {
  const lines = b.split('\n');
  const index = a.split('\n').findIndex((line, at) => line !== lines[at]);
  return index < 0 ? lines.length : index + 1;
}

async function sourceDrift({ lab, result, text }: Reference, options: VerifyOptions): Promise<Problem[]> {
  if (result === null || text === null) return [];
  const problem = (place: string, message: string) => ({
    file: lab.reference,
    line: lineOfProblem(text, place),
    message: `${message}; run ${commandOf(result)} again and keep its result.json there`,
  });
  const now = await options.sourcesHash(lab.folder, options.workspace);
  const problems: Problem[] = [];
  if (now !== result.sources.hash) {
    problems.push(
      problem('sources.hash', `the sources changed since this run (then ${result.sources.hash}, now ${now})`),
    );
  }
  if (result.sources.dirty) problems.push(problem('sources.dirty', 'this run read sources that were not committed'));
  if (result.interrupted) problems.push(problem('interrupted', 'this run was interrupted'));
  return problems;
}
