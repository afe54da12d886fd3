/** The labs there are, found by reading the folder. A lab that cannot be loaded is listed with its problem. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type LoadedLab, loadLab, loadLabs, UsageError } from '@backend-labs/experiment/engine';
import { labsFolder } from './folders.ts';
import { requireName } from './nearest.ts';

/** All labs, by name. */
export function findLabs(): Promise<LoadedLab[]> {
  return loadLabs(labsFolder);
}

/** The names of all labs, without loading any. */
export function labNames(): string[] {
  if (!existsSync(labsFolder)) return [];
  return readdirSync(labsFolder)
    .filter((name) => existsSync(join(labsFolder, name, 'lab.ts')))
    .sort();
}

/** One lab that can be run. Throws UsageError for a name that does not exist and for a lab.ts that cannot be loaded. */
export async function requireLab(typed: string): Promise<Extract<LoadedLab, { problem: null }>> {
  const name = requireName('lab', typed, labNames());
  const lab = await loadLab(join(labsFolder, name), name);
  if (lab.problem !== null) throw new UsageError(`The lab ${name} cannot be loaded.\n  ${lab.problem}`);
  return lab;
}
