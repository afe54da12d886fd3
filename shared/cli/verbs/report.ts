/** `./lab report`: a saved result for the terminal or as HTML, and everything that is generated from references. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '@backend-labs/experiment/engine';
import { type Result, resultJsonSchema } from '@backend-labs/experiment/result';
import {
  generatedFiles,
  labsOf,
  readGivenResult,
  renderHtml,
  renderPlots,
  renderTerminal,
  serialiseJson,
  writeWhole,
} from '@backend-labs/report';
import type { Command } from 'commander';
import { labsFolder, resultFolder, workspaceFolder } from '../folders.ts';
import { requireName } from '../nearest.ts';

const EXAMPLES = `
A lab stands for its latest run here, or for its reference result if there is none.
READMEs hold generated text between <!-- generated:NAME --> and <!-- /generated -->, where NAME is
"result", "result EXPERIMENT" or "claim ID" in a lab's README, and "labs" in the root README.

Examples:
  ./lab report circuit-breaker
  ./lab report circuit-breaker --explain CLAIM
  ./lab report circuit-breaker --html report.html
  ./lab report labs/circuit-breaker/results/reference.json --json
  ./lab report --write`;

export interface ReportOptions {
  write?: boolean;
  html?: string;
  explain?: string;
  json?: boolean;
  jsonSchema?: boolean;
}

/** Where the verb looks, and how it writes; tests put others in. */
export interface ReportPlaces {
  workspace: string;
  labsFolder: string;
  /** Relative files are meant from here. */
  calledFrom: string;
  latestFolder: (lab: string) => string;
  colour: boolean;
  width: number;
  /** Progress and notes. */
  note: (text: string) => void;
}

export function register(program: Command): void {
  program
    .command('report')
    .description('print a saved result, or regenerate what READMEs show of the reference results')
    .argument('[lab-or-file...]', 'labs, or result files (all labs with a result if none is given)')
    .option('--write', 'regenerate README sections, plots, the table of labs and docs/result.schema.json')
    .option('--html <file>', 'write the report of one result as one self-contained HTML file')
    .option('--explain <claim>', 'show one claim in full: property, chances, raw ids, self-checks')
    .option('--json', 'print the result as JSON (a list if there are several)')
    .option('--json-schema', 'print the JSON Schema of a result')
    .addHelpText('after', EXAMPLES)
    .action(async (targets: string[], options: ReportOptions) => {
      process.stdout.write(
        await report(targets, options, {
          workspace: workspaceFolder,
          labsFolder,
          calledFrom: process.env.BACKEND_LABS_CALLED_FROM ?? process.cwd(),
          latestFolder: resultFolder,
          colour: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
          width: process.stdout.columns ?? 100,
          note: (text) => process.stderr.write(`${text}\n`),
        }),
      );
    });
}

/** What stands on stdout. Throws UsageError for a name, a file or a marker that is wrong; then nothing was written. */
export async function report(targets: string[], options: ReportOptions, places: ReportPlaces): Promise<string> {
  if (options.jsonSchema) return serialiseJson(resultJsonSchema());
  if (options.write) return regenerate(targets, places);
  const results = await chosenResults(targets, places);
  if (options.explain !== undefined) requireOneWith(results, options.explain);
  if (options.html !== undefined) await writeHtml(results, options.html, places);
  if (options.json) return serialiseJson(results.length === 1 ? results[0] : results);
  if (options.html !== undefined && options.explain === undefined) return '';
  const { colour, width } = places;
  const explain = options.explain === undefined ? {} : { explain: options.explain };
  return results.map((result) => renderTerminal(result, { colour, width, ...explain })).join('\n');
}

async function chosenResults(targets: string[], places: ReportPlaces): Promise<Result[]> {
  const labs = await labsOf(places.workspace, places.labsFolder);
  const savedOf = (name: string): string | undefined => {
    const reference = path.join(places.labsFolder, name, 'results', 'reference.json');
    return [path.join(places.latestFolder(name), 'result.json'), reference].find((file) => existsSync(file));
  };
  const files = targets.map((target) => {
    if (looksLikeFile(target, places)) return target;
    const name = requireName(
      'lab',
      target,
      labs.map((lab) => lab.name),
    );
    const file = savedOf(name);
    if (file === undefined) throw new UsageError(`${name} has no saved result yet. Make one: ./lab run ${name}`);
    return file;
  });
  const chosen = targets.length > 0 ? files : labs.flatMap((lab) => savedOf(lab.name) ?? []);
  if (chosen.length === 0) throw new UsageError('There is no saved result yet. Make one: ./lab run LAB');
  for (const file of chosen) if (!targets.includes(file)) places.note(`from ${path.relative(places.workspace, file)}`);
  return Promise.all(chosen.map((file) => readGivenResult(file, places.calledFrom)));
}

function looksLikeFile(target: string, { calledFrom }: ReportPlaces): boolean {
  const file = path.resolve(calledFrom, target);
  return /[\\/]|\.json$/.test(target) || (existsSync(file) && statSync(file).isFile());
}

function requireOneWith(results: Result[], claim: string): void {
  if (results.length > 1) throw new UsageError('--explain needs one lab or file.');
  const claims = results.flatMap((result) => result.experiments.flatMap((one) => one.claims.map(({ id }) => id)));
  requireName('claim', claim, claims);
}

async function writeHtml(results: Result[], file: string, places: ReportPlaces): Promise<void> {
  const [result, another] = results;
  if (result === undefined || another !== undefined) throw new UsageError('--html needs one lab or file.');
  const place = path.resolve(places.calledFrom, file);
  if (existsSync(place) && statSync(place).isDirectory())
    throw new UsageError(`--html: ${file} is a folder; name a file in it.`);
  const text = renderHtml(result, await renderPlots(result));
  await writeWhole(path.dirname(place), { [path.basename(place)]: text });
  places.note(`wrote ${file}`);
}

async function regenerate(targets: string[], places: ReportPlaces): Promise<string> {
  const labs = (await labsOf(places.workspace)).map((lab) => lab.name);
  const names = targets.length === 0 ? undefined : targets.map((target) => requireName('lab', target, labs));
  const { files, problems, unfilled, stale } = await generatedFiles(places.workspace, names);
  if (problems.length > 0) {
    const said = problems.map(({ file, line, message }) => `  ${file}:${line}: ${message}`);
    throw new UsageError(`Nothing was written, because not all can be generated:\n${said.join('\n')}`);
  }
  const changed = files.filter(({ text, current }) => text !== current);
  for (const { file, text } of changed) {
    await writeWhole(path.join(places.workspace, path.dirname(file)), { [path.basename(file)]: text });
  }
  for (const { file, line, message } of unfilled) places.note(`${file}:${line}: ${message}`);
  for (const file of stale) places.note(`${file} is drawn by no reference result any more; delete it.`);
  if (changed.length === 0) return 'Everything generated is up to date.\n';
  return changed.map(({ file }) => `wrote ${file}\n`).join('');
}
