/**
 * nginx: a configuration of the run's own, into which a lab puts its locations.
 *
 * Taken from PATH, else from the system's own package, downloaded with apt-get and unpacked, not installed.
 * A lab writes `server.d/*.conf` (locations) and `http.d/*.conf` (upstreams, maps) into the instance's folder and
 * restarts it. Invariant: everything that nginx writes lies in that folder.
 * Read next: redis.ts, ../test/nginx.test.ts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../run-tool.ts';
import { unpackDebs } from '../tools/apt.ts';
import { findOnPath } from '../tools/on-path.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { Instance, Program, Recipe } from './recipe.ts';

const KEY = 'nginx-debian';
const VERSION_LIMIT_MS = 5000;
const HEALTH = '/health/live';

const binaryIn = (folder: string) => join(folder, 'usr', 'sbin', 'nginx');

async function find(tools: ToolFolder): Promise<Program | null> {
  const file = findOnPath('nginx');
  if (file !== null) return { file, origin: 'on PATH' };
  return tools.has(KEY) ? { file: binaryIn(tools.path(KEY)), origin: 'fetched with apt-get' } : null;
}

async function fetch(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  const folder = await tools.provide(KEY, (unfinished) =>
    unpackDebs({ what: 'nginx', packages: ['nginx'] }, unfinished, { tools, signal, ways: nginx.ways }),
  );
  return { file: binaryIn(folder), origin: 'fetched with apt-get' };
}

const configurationFile = ({ folder }: Instance) => join(folder, 'nginx.conf');

function configurationOf({ folder, port }: Instance): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `# Written by the stack.
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events {
  worker_connections 16384;
}
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${folder}/data/${name};`).join('\n')}
  include ${folder}/http.d/*.conf;
  server {
    listen 127.0.0.1:${port};
    location = ${HEALTH} {
      return 200 "live";
    }
    include ${folder}/server.d/*.conf;
  }
}
`;
}

export const nginx: Recipe = {
  kind: 'nginx',
  extraPorts: 0,
  downloadBytes: 600_000,
  fetchedWith: [['apt-get'], ['dpkg']],
  ways: ['install nginx, so that it is on PATH', 'give --stack external with one of yours'],
  find,
  fetch,
  async version({ file }, signal) {
    // It says so on stderr only.
    const said = await runTool('sh', ['-c', '"$0" -v 2>&1', file], { signal, limitMs: VERSION_LIMIT_MS });
    return /nginx\/\S+/.exec(said)?.[0].replace('/', ' ') ?? said.trim();
  },
  async prepare(_program, instance) {
    for (const name of ['data', 'http.d', 'server.d']) await mkdir(join(instance.folder, name), { recursive: true });
    await writeFile(configurationFile(instance), configurationOf(instance));
  },
  command: ({ file }, instance) => ({
    file,
    args: ['-c', configurationFile(instance), '-p', instance.folder, '-e', 'stderr'],
  }),
  async operate({ port }, signal) {
    const response = await globalThis.fetch(`http://127.0.0.1:${port}${HEALTH}`, { signal });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`it answered ${response.status}`);
  },
  url: ({ port }) => `http://127.0.0.1:${port}`,
  // Gracefully: answers what it has begun.
  stopSignal: 'SIGQUIT',
  startDeadlineMs: 10_000,
  stopDeadlineMs: 10_000,
};
