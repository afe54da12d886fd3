/** Where the labs of a workspace are, and where each keeps its results. Nothing of a lab is run or imported. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

export interface Lab {
  name: string;
  /** Absolute. */
  folder: string;
  /** The committed run, relative to the workspace with forward slashes; it may be missing. */
  reference: string;
  readme: string;
  /** The last run on this machine; it may be missing. */
  latest: string;
}

/** Every folder of labs that has a lab.ts, by name. */
export async function labsOf(workspace: string, labs = path.join(workspace, 'labs')): Promise<Lab[]> {
  if (!existsSync(labs)) return [];
  const entries = await readdir(labs, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(path.join(labs, entry.name, 'lab.ts')))
    .map(({ name }) => ({
      name,
      folder: path.join(labs, name),
      reference: `labs/${name}/results/reference.json`,
      readme: `labs/${name}/README.md`,
      latest: `.lab/results/${name}/result.json`,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
