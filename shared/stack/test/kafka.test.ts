import { Kafka, logLevel } from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../ports.ts';
import type { Server } from '../server.ts';
import { missing, started } from './started.ts';

const TOPIC = 'orders';

const clientOf = ({ port }: Server) =>
  new Kafka({ clientId: 'test', brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });

async function produce(server: Server, values: string[]): Promise<void> {
  const producer = clientOf(server).producer({ idempotent: true });
  await producer.connect();
  await producer.send({ topic: TOPIC, acks: -1, messages: values.map((value) => ({ value })) });
  await producer.disconnect();
}

async function withAdmin<T>(server: Server, work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = clientOf(server).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

const endOf = (server: Server) =>
  withAdmin(server, async (admin) => Number((await admin.fetchTopicOffsets(TOPIC))[0]?.high));

const why = await missing('kafka');

describe.skipIf(why !== null)(`kafka${why === null ? '' : `: ${why}`}`, () => {
  test.each(['stop', 'kill'] as const)(
    'after %s its port is closed, and after start each acknowledged message is there',
    async (end) => {
      await using run = await started({ kafka: 1 });
      const server = run.first('kafka');
      await withAdmin(server, (admin) => admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] }));
      await produce(
        server,
        Array.from({ length: 100 }, (_, n) => `${n}`),
      );
      await server[end]();
      expect(await isOpen(server.port)).toBe(false);
      await server.start();
      expect(await endOf(server)).toBe(100);
    },
  );

  test('two of them run side by side, and each is a cluster of its own', async () => {
    await using run = await started({ kafka: 2 });
    const [one, two] = run.stack.servers as [Server, Server];
    await withAdmin(one, (admin) => admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] }));
    expect(await withAdmin(two, (admin) => admin.listTopics())).not.toContain(TOPIC);
  });

  test('paused it answers nothing, and resumed it goes on', async () => {
    await using run = await started({ kafka: 1 });
    const server = run.first('kafka');
    await withAdmin(server, (admin) => admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 1 }] }));
    await server.pause();
    let produced = false;
    const sent = produce(server, ['late']).then(() => {
      produced = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(produced).toBe(false);
    await server.resume();
    await sent;
    expect(await endOf(server)).toBe(1);
  });
});
