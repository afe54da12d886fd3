/**
 * Every file that is generated from reference results: what it should be, and what it is.
 *
 * `report --write` writes the difference and `verify` reports it; both ask here, so they can't disagree.
 * Invariant: nothing is written here. Read next: verify.ts.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Result, resultJsonSchema } from '@backend-labs/experiment/result';
import { labsTable, renderMarkdown } from '../markdown/index.ts';
import { findSections, type Problem, replaceSections } from '../markdown/sections.ts';
import { renderPlots } from '../plot/index.ts';
import { serialiseJson } from '../serialise.ts';
import { type Lab, labsOf } from './labs.ts';
import { type Reference, readReference, textOf } from './references.ts';

export const SCHEMA_FILE = 'docs/result.schema.json';
const ROOT_README = 'README.md';

export interface GeneratedFile {
  /** Relative to the workspace, with forward slashes. */
  file: string;
  text: string;
  /** What it is now; null if it is missing. */
  current: string | null;
}

export interface GeneratedFiles {
  files: GeneratedFile[];
  /** Why something can't be generated: a reference that is invalid, markers that are wrong. */
  problems: Problem[];
  /** Where a generated section differs from its source. */
  drift: Problem[];
  /** READMEs whose sections have no reference to come from yet. */
  unfilled: Problem[];
  /** Charts in a lab's results/ that its reference no longer draws. */
  stale: string[];
  references: Reference[];
}

/** The published schema of a result file. */
export function schemaText(): string {
  return serialiseJson({ title: 'Result of a run, version 1', ...(resultJsonSchema() as object) });
}

/** Works out all generated files, of the named labs only if `names` is given. The root README is always among them. */
export async function generatedFiles(workspace: string, names?: readonly string[]): Promise<GeneratedFiles> {
  const labs = await labsOf(workspace);
  const references = await Promise.all(labs.map((lab) => readReference(workspace, lab)));
  const chosen = references.filter(({ lab }) => names === undefined || names.includes(lab.name));
  const all: GeneratedFiles = { files: [], problems: [], drift: [], unfilled: [], stale: [], references: chosen };
  for (const reference of chosen) await addLab(workspace, reference, all);
  await addRoot(workspace, references, all);
  const schema = path.join(workspace, SCHEMA_FILE);
  all.files.push({ file: SCHEMA_FILE, text: schemaText(), current: await textOf(schema) });
  return all;
}

async function addLab(workspace: string, reference: Reference, all: GeneratedFiles): Promise<void> {
  const { lab, result, problems } = reference;
  all.problems.push(...problems);
  const readme = await textOf(path.join(workspace, lab.readme));
  const found = findSections(readme ?? '', lab.readme);
  if (result === null) {
    all.problems.push(...found.problems);
    const first = found.sections[0];
    if (reference.text !== null || first === undefined) return;
    const message = `it has a generated section, but ${lab.reference} is missing: run ./lab run ${lab.name} and keep its result.json there`;
    all.unfilled.push({ file: lab.readme, line: first.line, message });
    return;
  }
  const contents = renderMarkdown(result);
  addSections(lab.readme, readme, contents, requiredOf(result), all);
  const charts = await renderPlots(result);
  for (const [name, text] of Object.entries(charts)) {
    const file = `labs/${lab.name}/results/${name}`;
    all.files.push({ file, text, current: await textOf(path.join(workspace, file)) });
  }
  all.stale.push(...(await staleCharts(lab, charts)));
}

async function staleCharts(lab: Lab, charts: Record<string, string>): Promise<string[]> {
  const folder = path.join(lab.folder, 'results');
  if (!existsSync(folder)) return [];
  const names = await readdir(folder);
  return names
    .filter((name) => name.endsWith('.svg') && !(name in charts))
    .map((name) => `labs/${lab.name}/results/${name}`);
}

async function addRoot(workspace: string, references: readonly Reference[], all: GeneratedFiles): Promise<void> {
  const results = references.flatMap(({ result }) => result ?? []);
  const broken = references.some(({ problems }) => problems.length > 0);
  // Without one of its results the table would lose a row that is only unreadable, not gone.
  if (broken) return;
  const text = await textOf(path.join(workspace, ROOT_README));
  const contents = { labs: results.length === 0 ? 'No lab has a reference result yet.' : labsTable(results) };
  addSections(ROOT_README, text, contents, () => (results.length === 0 ? [] : ['labs']), all);
}

/** A README shows the whole result in one place, or each experiment in one of its own: none may be left out. */
function requiredOf({ experiments }: Result): Required {
  return (names) =>
    names.some((name) => name.startsWith('result ')) && !names.includes('result')
      ? experiments.map(({ name }) => `result ${name}`)
      : ['result'];
}

/** The sections that a file must have, given those that it has. */
type Required = (names: readonly string[]) => readonly string[];

function addSections(
  file: string,
  text: string | null,
  contents: Record<string, string>,
  required: Required,
  all: GeneratedFiles,
): void {
  const { sections, problems } = findSections(text ?? '', file);
  for (const name of required(sections.map((section) => section.name))) {
    const seen = sections.some((section) => section.name === name) || problems.length > 0;
    const marker = `<!-- generated:${name} -->`;
    const message = text === null ? `it is missing; it needs a line "${marker}"` : `it has no line "${marker}"`;
    if (!seen) problems.push({ file, line: 1, message: `${message} followed by a line "<!-- /generated -->"` });
  }
  for (const section of sections) {
    if (section.name in contents) continue;
    const message = `nothing is called "${section.name}"; there is: ${Object.keys(contents).join(', ')}`;
    problems.push({ file, line: section.line, message });
  }
  all.problems.push(...problems);
  if (problems.length > 0 || text === null || sections.length === 0) return;
  const expected = replaceSections(text, sections, contents);
  all.files.push({ file, text: expected, current: text });
  for (const section of sections) {
    if (replaceSections(text, [section], contents) === text) continue;
    const message = `the section "${section.name}" is not what the reference result gives; run ./lab report --write`;
    all.drift.push({ file, line: section.line, message });
  }
}
