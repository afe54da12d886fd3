/** `./lab verify`: does what the repository says agree with what it holds? Nothing is run, nothing is written. */
import path from 'node:path';
import { EXIT, loadLabs, sourcesHash } from '@backend-labs/experiment/engine';
import { type LabNames, labsOf, type Problem, serialiseJson, verifyProject } from '@backend-labs/report';
import { Command } from 'commander';
import { workspaceFolder } from '../folders.ts';
import { requireName } from '../nearest.ts';
import { VERBS } from '../verb-list.ts';

const EXAMPLES = `
Checked: generated README sections, plots and docs/result.schema.json against the reference results; those results
themselves (whole, unedited, of the current sources); links and #anchors inside the repository; ./lab commands in
shell blocks. Exit code 1 if anything is wrong, one line each: FILE:LINE: what.

Examples:
  ./lab verify
  ./lab verify circuit-breaker
  ./lab verify --json`;

export function register(program: Command): void {
  program
    .command('verify')
    .description('check that READMEs, plots, links and commands agree with the reference results and the code')
    .argument('[lab...]', "check only these labs' results, sections and plots (the documents are always checked all)")
    .option('--json', 'print the problems as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (labs: string[], options: { json?: boolean }) => {
      const problems = await verify(labs, workspaceFolder);
      process.stdout.write(options.json ? serialiseJson(problems) : renderProblems(problems));
      if (problems.length > 0) process.exitCode = EXIT.refuted;
    });
}

/** All problems of a workspace, by file and line. Throws UsageError for a lab that does not exist. */
export async function verify(labs: string[], workspace: string): Promise<Problem[]> {
  const known = (await labsOf(workspace)).map((lab) => lab.name);
  const names = labs.map((typed) => requireName('lab', typed, known));
  const commands = { program: await wholeProgram(), labs: await namesInLabs(workspace) };
  return verifyProject({ workspace, ...(names.length === 0 ? {} : { names }), sourcesHash, commands });
}

/** One line each, or one that says that there are none. */
export function renderProblems(problems: readonly Problem[]): string {
  if (problems.length === 0) return 'Everything agrees.\n';
  return problems.map(({ file, line, message }) => `${file}:${line}: ${message}\n`).join('');
}

/** Every verb's definition, where the command line loads only the called one's. Nothing of them is run. */
async function wholeProgram(): Promise<Command> {
  const program = new Command('lab').option('--no-color');
  for (const { name } of VERBS) {
    const verb = (await import(new URL(`./${name}.ts`, import.meta.url).href)) as { register(to: Command): void };
    verb.register(program);
  }
  return program;
}

async function namesInLabs(workspace: string): Promise<Map<string, LabNames | null>> {
  const labs = await loadLabs(path.join(workspace, 'labs'));
  return new Map(
    labs.map(({ name, definition }) => [
      name,
      definition === null
        ? null
        : {
            experiments: Object.keys(definition.experiments),
            variants: Object.keys(definition.variants),
            claims: Object.values(definition.experiments).flatMap((one) => one.claims.map(({ id }) => id)),
          },
    ]),
  );
}
