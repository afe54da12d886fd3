/**
 * Fetching Debian packages for what is inside of them. Nothing is installed: they are downloaded and unpacked.
 *
 * apt checks each package against the signed lists of the suite. To take a newer suite than the system's, apt gets a
 * configuration, lists and a cache of its own, below the tool folder; the mirror and its key are the system's.
 * None of it needs root.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { findOnPath } from './on-path.ts';
import type { FetchOptions } from './tool-folder.ts';

const LIMIT_MS = 300_000;
const UNPACK_LIMIT_MS = 60_000;
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Debs {
  what: string;
  packages: readonly string[];
  /** A suite of Debian's, `trixie`; left out: what the system itself would take. */
  suite?: string;
}

/** Downloads packages and unpacks them over each other into `folder`, as they would lie below `/`. */
export async function unpackDebs(
  { what, packages, suite }: Debs,
  folder: string,
  options: FetchOptions,
): Promise<void> {
  const { tools, signal, ways } = options;
  const [aptGet, dpkg] = [findOnPath('apt-get'), findOnPath('dpkg')];
  if (aptGet === null || dpkg === null) {
    throw new MissingServerError(what, 'it is fetched with apt-get, which this system has not', ways);
  }
  const debs = join(folder, 'debs');
  await mkdir(debs);
  tools.log(`fetching ${what} with apt-get ...`);
  const { onSpawn } = tools;
  try {
    const configuration = suite === undefined ? null : await privateApt(suite, join(folder, 'apt'));
    const env: Record<string, string> = configuration === null ? {} : { APT_CONFIG: configuration };
    const apt = (args: string[]) => runTool(aptGet, args, { signal, limitMs: LIMIT_MS, cwd: debs, env, onSpawn });
    if (configuration !== null) await apt(['update', '-q']);
    // As root apt would hand the download to a user of its own, who may not write here.
    await apt(['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages]);
  } catch (error) {
    signal.throwIfAborted();
    const hint = suite === undefined ? ['run apt-get update once, if its lists are empty or old', ...ways] : ways;
    throw new MissingServerError(what, `apt-get could not fetch it (${(error as Error).message})`, hint);
  }
  for (const deb of await readdir(debs)) {
    await runTool(dpkg, ['-x', join(debs, deb), folder], { signal, limitMs: UNPACK_LIMIT_MS, onSpawn });
  }
  for (const name of ['debs', 'apt']) await rm(join(folder, name), { recursive: true, force: true });
}

/** A configuration for apt that knows one suite of the system's own mirror, and touches nothing of the system's. */
async function privateApt(suite: string, folder: string): Promise<string> {
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'parts']) {
    await mkdir(join(folder, name), { recursive: true });
  }
  await writeFile(join(folder, 'status'), '');
  await writeFile(join(folder, 'sources.list'), `deb [signed-by=${KEYRING}] ${await mirror()} ${suite} main\n`);
  const settings = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': join(folder, 'parts'),
    'Dir::Etc::preferencesparts': join(folder, 'parts'),
    'Debug::NoLocking': '1',
    'APT::Sandbox::User': '',
    'Acquire::Languages': 'none',
  };
  const file = join(folder, 'apt.conf');
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  await writeFile(file, lines.join(''));
  return file;
}

/** The first mirror of Debian's main archive that the system is set up with. Throws if there is none. */
async function mirror(): Promise<string> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const files = [...names.map((name) => join(folder, name)), '/etc/apt/sources.list'];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    const uncommented = text.replace(/^\s*#.*$/gm, '');
    // "URIs: http://…/debian" in the newer form, "deb http://…/debian bookworm main" in the older one.
    const found = /(?:^URIs:\s*|^deb\s+(?:\[[^\]]*\]\s+)?)(\S+\/debian)\/?(?=\s|$)/m.exec(uncommented);
    if (found?.[1] !== undefined) return found[1];
  }
  throw new Error('this system names no mirror of Debian');
}
