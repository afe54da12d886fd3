/**
 * Imports a lab's lab.ts, and when that fails says where and which rule.
 *
 * Invariant: a lab that cannot be loaded is a value, not an exception: the other labs still list and run.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LabRuleError } from '../define-lab.ts';
import type { LabDefinition } from '../lab.ts';

export type LoadedLab =
  | { name: string; folder: string; definition: LabDefinition; problem: null }
  | { name: string; folder: string; definition: null; problem: string };

/** Loads one lab. `problem` reads "lab.ts:12: what is wrong". */
export async function loadLab(folder: string, name: string): Promise<LoadedLab> {
  const file = join(folder, 'lab.ts');
  const failed = (line: number | null, said: string): LoadedLab => ({
    name,
    folder,
    definition: null,
    problem: `${file}${line === null ? '' : `:${line}`}: ${said}`,
  });
  try {
    const { default: definition } = (await import(pathToFileURL(file).href)) as { default?: LabDefinition };
    if (definition?.experiments === undefined) return failed(null, 'it does not default-export defineLab({...})');
    if (definition.name !== name) return failed(null, `it is named "${definition.name}", its folder "${name}"`);
    return { name, folder, definition, problem: null };
  } catch (error) {
    if (error instanceof LabRuleError) return failed(lineOf(file, error.near), `it breaks a rule: ${error.rule}`);
    const thrown = error instanceof Error ? error : new Error(String(error));
    return failed(lineInStack(file, thrown.stack ?? ''), `${thrown.name}: ${thrown.message.split('\n')[0]}`);
  }
}

/** Every folder below `labsFolder` that has a lab.ts, loaded, by name. */
export async function loadLabs(labsFolder: string): Promise<LoadedLab[]> {
  if (!existsSync(labsFolder)) return [];
  const names = readdirSync(labsFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(labsFolder, entry.name, 'lab.ts')))
    .map((entry) => entry.name)
    .sort();
  return Promise.all(names.map((name) => loadLab(join(labsFolder, name), name)));
}

/** The first line that holds the text as a word of its own. */
function lineOf(file: string, near: string): number | null {
  const escaped = near.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const index = readFileSync(file, 'utf8')
    .split('\n')
    .findIndex((line) => new RegExp(`(^|[^\\w-])${escaped}($|[^\\w-])`).test(line));
  return index < 0 ? null : index + 1;
}

function lineInStack(file: string, stack: string): number | null {
  const at = stack.indexOf(`${file}:`);
  const line = at < 0 ? Number.NaN : Number.parseInt(stack.slice(at + file.length + 1), 10);
  return Number.isNaN(line) ? null : line;
}
