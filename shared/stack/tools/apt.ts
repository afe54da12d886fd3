/**
 * Fetching Debian packages for what is inside of them. Nothing is installed: they are downloaded and unpacked.
 *
 * `apt-get download` needs no root and checks each package against the signed lists that the system has.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { findOnPath } from './on-path.ts';
import type { ToolFolder } from './tool-folder.ts';

const DOWNLOAD_LIMIT_MS = 300_000;
const UNPACK_LIMIT_MS = 60_000;

/** Downloads packages and unpacks them over each other into `folder`, as they would lie below `/`. */
export async function unpackDebs(
  what: string,
  packages: readonly string[],
  folder: string,
  { tools, signal, ways }: { tools: ToolFolder; signal: AbortSignal; ways: readonly string[] },
): Promise<void> {
  const [aptGet, dpkg] = [findOnPath('apt-get'), findOnPath('dpkg')];
  if (aptGet === null || dpkg === null) {
    throw new MissingServerError(what, 'it is fetched with apt-get, which this system has not', ways);
  }
  const debs = join(folder, 'debs');
  await mkdir(debs);
  tools.log(`fetching ${what} with apt-get ...`);
  const { onSpawn } = tools;
  try {
    // As root apt would hand the download to a user of its own, who may not write here.
    await runTool(aptGet, ['-o', 'APT::Sandbox::User=root', 'download', ...packages], {
      signal,
      limitMs: DOWNLOAD_LIMIT_MS,
      cwd: debs,
      onSpawn,
    });
  } catch (error) {
    signal.throwIfAborted();
    const hint = ['run apt-get update once, if its lists are empty or old', ...ways];
    throw new MissingServerError(what, `apt-get could not fetch it (${(error as Error).message})`, hint);
  }
  for (const deb of await readdir(debs)) {
    await runTool(dpkg, ['-x', join(debs, deb), folder], { signal, limitMs: UNPACK_LIMIT_MS, onSpawn });
  }
  await rm(debs, { recursive: true });
}
