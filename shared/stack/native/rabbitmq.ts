/**
 * RabbitMQ with streams: one node that is alone.
 *
 * Without the management plugin, which makes the start a quarter longer; what labs count they ask over AMQP.
 * RabbitMQ's own start script is left out: it wants a user of its own and a name service (epmd); a node that is alone
 * needs neither. So Erlang is started here as that script would start it, with an installation of the machine's own as
 * well as with what was fetched.
 * Invariant: everything that it writes lies in the instance's folder; it listens on loopback only.
 * Read next: rabbitmq-program.ts (where it comes from), redis.ts (a shorter recipe), ../test/rabbitmq.test.ts.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fetch, fetchedWith, find, versionOf, ways } from './rabbitmq-program.ts';
import type { Instance, Program, Recipe } from './recipe.ts';

const NODE = 'lab@localhost';
const OPERATION_LIMIT_MS = 1000;

function configurationOf({ port, extraPorts: [stream] }: Instance): string {
  return [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
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
    RABBITMQ_DIST_PORT: String(extraPorts[1]),
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
  // Streams, Erlang's own.
  extraPorts: 2,
  downloadBytes: 42_000_000,
  fetchedWith,
  ways,
  find,
  fetch,
  version: async (program) => `RabbitMQ ${versionOf(program) ?? 'of an unknown version'}`,
  async prepare(_program, instance) {
    await mkdir(instance.dataFolder, { recursive: true });
    await writeFile(join(instance.folder, 'rabbitmq.conf'), configurationOf(instance));
    await writeFile(join(instance.folder, 'enabled_plugins'), '[rabbitmq_stream].\n');
  },
  command: (program, instance) => ({
    file: program.file,
    env: environmentOf(program, instance),
    args: [
      ...['-noinput', '-s', 'rabbit', 'boot', '-boot', 'start_sasl', '+W', 'w', '+pc', 'unicode'],
      // Two schedulers that sleep when they have nothing to do: by default they spin, one on each core.
      ...['+S', '2:2', '+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'],
      ...['-sname', NODE, '-start_epmd', 'false', '-erl_epmd_port', String(instance.extraPorts[1])],
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
