/**
 * The servers of this bench: one Postgres and one Kafka, for everything that is measured.
 *
 * Invariant: each measurement has a database and a topic of its own, and a Node process of its own.
 * Postgres writes each commit to its disk before it acknowledges it; Kafka is one broker, so acks=all is its own.
 * Read next: relay-main.ts, growth-main.ts, flow-main.ts, writers-main.ts (what runs in those processes).
 */
import { join, resolve } from 'node:path';
import type { BenchContext } from '@backend-labs/load';
import { measureInChild } from '@backend-labs/load/bench/child';
import { startStack } from '@backend-labs/stack';
import { createKafka } from '../src/kafka.ts';

/** Where a measurement takes place. */
export interface Place {
  postgresUrl: string;
  kafkaUrl: string;
  topic: string;
  /** Of the database, the topic and the slot. */
  dataName: string;
}

export interface Stand extends AsyncDisposable {
  fresh(): Promise<Place & AsyncDisposable>;
  /** What `bench/NAME-main.ts` printed. */
  measure<T>(name: string, task: object): Promise<T>;
  signal: AbortSignal;
  /** Both, with their versions. */
  versions: string;
}

const PARTITIONS = 4;

/** By its file, relative to the lab. */
export const fileOf = (file: string) => resolve(import.meta.dirname, '..', file);

export async function openStand({ signal, log, folder, stateFolder }: BenchContext): Promise<Stand> {
  await using opening = new AsyncDisposableStack();
  const started = { provider: 'native', folder, stateFolder, signal, log } as const;
  const stack = opening.use(await startStack({ ...started, needs: { postgres: 1, kafka: 1 } }));
  const [postgres, kafka] = [stack.server('postgres-1'), stack.server('kafka-1')];
  const admin = createKafka({ url: kafka.url, clientId: 'bench' }).admin();
  await admin.connect();
  opening.defer(() => admin.disconnect());
  let count = 0;
  const owned = opening.move();
  return {
    signal,
    versions: `Node ${process.version}, ${postgres.version}, ${kafka.version}`,
    async fresh() {
      signal.throwIfAborted();
      count += 1;
      const dataName = `bench_${count}`;
      await using made = new AsyncDisposableStack();
      const database = made.use(await postgres.freshData(dataName));
      made.use(await kafka.freshData(dataName));
      const topic = `${dataName}.orders`;
      await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
      const all = made.move();
      return {
        ...{ postgresUrl: database.url, kafkaUrl: kafka.url, topic, dataName },
        [Symbol.asyncDispose]: () => all.disposeAsync(),
      };
    },
    measure: (name, task) => measureInChild(join(import.meta.dirname, `${name}-main.ts`), task, { signal }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
