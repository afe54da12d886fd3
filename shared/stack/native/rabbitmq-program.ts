/**
 * Where RabbitMQ and Erlang come from: an installation of the machine's own, or Debian's packages, unpacked.
 *
 * Version 4 is wanted, because the labs speak of its streams and quorum queues. So: the machine's own if it is 4 or
 * later; else what was fetched or can be; else the machine's own older one. The packages are newer than the system may
 * be, and so is the C library that they want: each of Erlang's programs is started through the loader and the libraries
 * that came along. Read next: rabbitmq.ts (how it is started), ../tools/apt.ts.
 */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { chmod, open, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { unpackDebs } from '../tools/apt.ts';
import { findOnPath } from '../tools/on-path.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { Program } from './recipe.ts';

const KEY = 'rabbitmq-trixie';
const SUITE = 'trixie';
const PACKAGES = [
  'rabbitmq-server',
  // What of Erlang the broker loads.
  ...['base', 'asn1', 'crypto', 'public-key', 'mnesia', 'runtime-tools', 'ssl', 'eldap', 'inets', 'os-mon'],
  ...['parsetools', 'syntax-tools', 'tools', 'xmerl'],
].map((name, index) => (index === 0 ? name : `erlang-${name}`));
/** What Erlang's programs are linked with. */
const LIBRARIES = [
  ...['libc6', 'libgcc-s1', 'libstdc++6', 'libtinfo6', 'zlib1g', 'libssl3t64', 'libsystemd0', 'libcap2', 'libzstd1'],
];
const LOADERS: Partial<Record<NodeJS.Architecture, { loader: string; libraries: string }>> = {
  x64: { loader: 'usr/lib64/ld-linux-x86-64.so.2', libraries: 'usr/lib/x86_64-linux-gnu' },
  arm64: { loader: 'usr/lib/ld-linux-aarch64.so.1', libraries: 'usr/lib/aarch64-linux-gnu' },
};

const WANTED_MAJOR = 4;
/** Where Debian and Fedora put the broker's code; their rabbitmq-server on PATH is a script about users. */
const DISTRIBUTION = '/usr/lib/rabbitmq/lib';

export const fetchedWith = [['apt-get'], ['dpkg']] as const;
export const ways = [
  'install RabbitMQ 4 (brew install rabbitmq), so that rabbitmq-server and erl are on PATH',
  'use a Debian with apt-get',
  'give --stack external with a broker of yours',
  'use Docker',
];

/** `file` is Erlang's own starter, `library` the folder of the broker's code. */
export async function find(tools: ToolFolder): Promise<Program | null> {
  const own = ownInstallation();
  if (own !== null && majorOf(own) >= WANTED_MAJOR) return own;
  if (tools.has(KEY)) return programIn(tools.path(KEY));
  return canFetch() ? null : own;
}

/** As the code of the broker says it, `4.0.5`; null if there is none. */
export function versionOf({ library = '' }: Program): string | null {
  const names = namesIn(join(library, 'plugins'));
  return names.map((name) => /^rabbit-(\d.*?)(?:\.ez)?$/.exec(name)?.[1]).find((found) => found !== undefined) ?? null;
}

const majorOf = (program: Program) => Number.parseInt(versionOf(program) ?? '0', 10);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const starterIn = (erlang: string): string | null =>
  namesIn(erlang)
    .filter((name) => name.startsWith('erts-'))
    .map((name) => join(erlang, name, 'bin', 'erlexec'))
    .find(existsSync) ?? null;

/** What a package manager has installed. The programs on PATH are links into it, or scripts beside it. */
function ownInstallation(): Program | null {
  const [server, erl] = [findOnPath('rabbitmq-server'), findOnPath('erl')];
  if (server === null || erl === null) return null;
  const file = starterIn(dirname(dirname(realpathSync(erl))));
  if (file === null) return null;
  const folders = [
    dirname(dirname(realpathSync(server))),
    ...namesIn(DISTRIBUTION).map((at) => join(DISTRIBUTION, at)),
  ];
  const programs = folders.map((library) => ({ file, origin: 'on PATH', library }));
  return programs.find((program) => versionOf(program) !== null) ?? null;
}

function canFetch(): boolean {
  const clients = fetchedWith.flat();
  return loaderOfThis() !== undefined && clients.every((name) => findOnPath(name) !== null);
}

const loaderOfThis = () => (process.platform === 'linux' ? LOADERS[process.arch] : undefined);

/** Fetches it; where that cannot be, an installation of the machine's own will do, however old. */
export async function fetch(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  try {
    return await fetchWanted(tools, signal);
  } catch (error) {
    const own = ownInstallation();
    if (own === null || !(error instanceof MissingServerError)) throw error;
    tools.log(error.message);
    tools.log(`RabbitMQ ${versionOf(own)} of this machine is taken instead`);
    return own;
  }
}

async function fetchWanted(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  const loader = loaderOfThis();
  if (loader === undefined) {
    throw new MissingServerError('RabbitMQ 4', `there is none to fetch for ${process.platform} ${process.arch}`, ways);
  }
  const folder = await tools.provide(KEY, async (unfinished) => {
    const debs = { what: 'RabbitMQ 4 and Erlang', packages: [...PACKAGES, ...LIBRARIES], suite: SUITE };
    await unpackDebs(debs, unfinished, { tools, signal, ways });
    await startThroughLoader(join(unfinished, 'usr', 'lib', 'erlang'), loader);
  });
  return programIn(folder);
}

async function programIn(folder: string): Promise<Program> {
  const lib = join(folder, 'usr', 'lib', 'rabbitmq', 'lib');
  const [server = ''] = await readdir(lib);
  const file = starterIn(join(folder, 'usr', 'lib', 'erlang')) ?? '';
  return { file, origin: 'fetched with apt-get', library: join(lib, server) };
}

/** Puts a script in the place of each of Erlang's own programs, which finds the loader by where it lies itself. */
async function startThroughLoader(erlang: string, { loader, libraries }: { loader: string; libraries: string }) {
  const script = [
    '#!/bin/sh',
    '# The tree that this lies in: it may be moved.',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
    'root=${0%/usr/lib/erlang/*}',
    `exec "$root/${loader}" --library-path "$root/${libraries}" --argv0 "$0" "$0.elf" "$@"`,
    '',
  ].join('\n');
  for (const entry of await readdir(erlang, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || entry.name.endsWith('.so') || !(await isProgram(file))) continue;
    await rename(file, `${file}.elf`);
    await writeFile(file, script);
    await chmod(file, 0o755);
  }
}

async function isProgram(file: string): Promise<boolean> {
  await using handle = await open(file);
  const { mode } = await handle.stat();
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
  return (mode & 0o111) !== 0 && buffer.toString('latin1') === '\x7fELF';
}
