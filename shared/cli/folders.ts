/**
 * Where things are. Everything the product makes lies below `.lab/` of the workspace.
 *
 * BACKEND_LABS_DIR names another folder of labs than labs/; the tests of the command line use it.
 */
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspaceFolder = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
export const labsFolder =
  process.env.BACKEND_LABS_DIR === undefined ? join(workspaceFolder, 'labs') : resolve(process.env.BACKEND_LABS_DIR);
/** Caches, runs and local results; BACKEND_LABS_STATE names another folder, for tests. */
export const stateFolder =
  process.env.BACKEND_LABS_STATE === undefined
    ? join(workspaceFolder, '.lab')
    : resolve(process.env.BACKEND_LABS_STATE);
export const runsFolder = join(stateFolder, 'runs');

/** Where the latest local result of a lab is kept. */
export function resultFolder(lab: string): string {
  return join(stateFolder, 'results', lab);
}
