/**
 * RabbitMQ 4 with streams and management: Erlang and the broker out of Debian's packages, unpacked and not installed.
 *
 * They are newer than the system may be, and so is the C library that they want. So each of Erlang's programs is
 * started through the loader and the libraries that came along. RabbitMQ's own start script is left out: it wants a
 * user of its own and a name service (epmd); a node that is alone needs neither.
 * Invariant: everything that it writes lies in the instance's folder; it listens on loopback only.
 * Read next: redis.ts (a shorter recipe), ../tools/apt.ts, ../test/rabbitmq.test.ts.
 */
import { chmod, mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { unpackDebs } from '../tools/apt.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { Instance, Program, Recipe } from './recipe.ts';

const KEY = 'rabbitmq-trixie';
const SUITE = 'trixie';
const NODE = 'lab@localhost';
const OPERATION_LIMIT_MS = 1000;
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

async function find(tools: ToolFolder): Promise<Program | null> {
  return tools.has(KEY) ? programIn(tools.path(KEY)) : null;
}

async function fetch(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  const { ways } = rabbitmq;
  const loader = LOADERS[process.arch];
  if (process.platform !== 'linux' || loader === undefined) {
    throw new MissingServerError('RabbitMQ 4', `there is none to fetch for ${process.platform} ${process.arch}`, ways);
  }
  const folder = await tools.provide(KEY, async (unfinished) => {
    const debs = { what: 'RabbitMQ 4 and Erlang', packages: [...PACKAGES, ...LIBRARIES], suite: SUITE };
    await unpackDebs(debs, unfinished, { tools, signal, ways });
    await startThroughLoader(join(unfinished, 'usr', 'lib', 'erlang'), loader);
  });
  return programIn(folder);
}

/** `file` is Erlang's own starter, `library` the folder of the broker's code: `…/rabbitmq_server-4.0.5`. */
async function programIn(folder: string): Promise<Program> {
  const erlang = join(folder, 'usr', 'lib', 'erlang');
  const lib = join(folder, 'usr', 'lib', 'rabbitmq', 'lib');
  const [runtime = ''] = (await readdir(erlang)).filter((name) => name.startsWith('erts-'));
  const [server = ''] = await readdir(lib);
  const file = join(erlang, runtime, 'bin', 'erlexec');
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

function configurationOf({ port, extraPorts: [management, stream] }: Instance): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${management}`,
    `stream.listeners.tcp.1 = 127.0.0.1:${stream}`,
    // Of the whole machine by default: several brokers, and everything else, share it.
    'vm_memory_high_watermark.absolute = 400MB',
    'disk_free_limit.absolute = 50MB',
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
    '',
  ].join('\n');
}

function environmentOf({ file, library = '' }: Program, { folder, dataFolder, extraPorts }: Instance) {
  const inFolder = (name: string) => join(folder, name);
  return {
    ROOTDIR: join(dirname(file), '..', '..'),
    BINDIR: dirname(file),
    EMU: 'beam',
    PROGNAME: 'erl',
    // The cookie that Erlang makes lies there.
    HOME: folder,
    ERL_LIBS: join(library, 'plugins'),
    ERL_CRASH_DUMP_SECONDS: '0',
    RABBITMQ_HOME: library,
    RABBITMQ_PLUGINS_DIR: join(library, 'plugins'),
    RABBITMQ_NODENAME: NODE,
    RABBITMQ_DIST_PORT: String(extraPorts[2]),
    RABBITMQ_MNESIA_BASE: dataFolder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_CONFIG_FILE: inFolder('rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: inFolder('enabled_plugins'),
    RABBITMQ_GENERATED_CONFIG_DIR: inFolder('generated'),
    // Not there: nothing of the system's configuration is read.
    RABBITMQ_ADVANCED_CONFIG_FILE: inFolder('advanced.config'),
    RABBITMQ_CONF_ENV_FILE: inFolder('rabbitmq-env.conf'),
  };
}

export const rabbitmq: Recipe = {
  kind: 'rabbitmq',
  // Management, streams, Erlang's own.
  extraPorts: 3,
  downloadBytes: 42_000_000,
  fetchedWith: [['apt-get'], ['dpkg']],
  ways: ['use a Debian or Ubuntu with apt-get', 'give --stack external with a broker of yours', 'use Docker'],
  find,
  fetch,
  version: async ({ library = '' }) => basename(library).replace('rabbitmq_server-', 'RabbitMQ '),
  async prepare(_program, instance) {
    await mkdir(instance.dataFolder, { recursive: true });
    await writeFile(join(instance.folder, 'rabbitmq.conf'), configurationOf(instance));
    await writeFile(join(instance.folder, 'enabled_plugins'), '[rabbitmq_stream,rabbitmq_management].\n');
  },
  command: (program, instance) => ({
    file: program.file,
    env: environmentOf(program, instance),
    args: [
      ...['-noinput', '-s', 'rabbit', 'boot', '-boot', 'start_sasl', '+W', 'w', '+pc', 'unicode'],
      // Two schedulers that sleep when they have nothing to do: by default they spin, one on each core.
      ...['+S', '2:2', '+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'],
      ...['-sname', NODE, '-start_epmd', 'false', '-erl_epmd_port', String(instance.extraPorts[2])],
      ...['-kernel', 'inet_dist_use_interface', '{127,0,0,1}', '-kernel', 'prevent_overlapping_partitions', 'false'],
      ...['-syslog', 'logger', '[]', '-syslog', 'syslog_error_logger', 'false'],
    ],
  }),
  async operate({ port }, signal) {
    // Loaded here and not above: who only asks what there is (doctor) should not load every client.
    const { connect } = await import('amqplib');
    const connection = await connect(`amqp://127.0.0.1:${port}`, { timeout: OPERATION_LIMIT_MS });
    // Without a listener the broker's end would end this process.
    connection.on('error', () => {});
    try {
      const channel = await connection.createChannel();
      await channel.assertQueue('', { exclusive: true, autoDelete: true });
      signal.throwIfAborted();
    } finally {
      await connection.close().catch(() => {});
    }
  },
  url: ({ port }) => `amqp://guest:guest@127.0.0.1:${port}`,
  stopSignal: 'SIGTERM',
  startDeadlineMs: 60_000,
  stopDeadlineMs: 20_000,
};
