import { connect } from 'amqplib';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../ports.ts';
import type { Server } from '../server.ts';
import { missing, started } from './started.ts';

const QUEUE = 'work';
const why = await missing('rabbitmq');

async function publish({ url }: Server, count: number): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  for (let n = 0; n < count; n++) channel.sendToQueue(QUEUE, Buffer.from(`${n}`), { persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

async function consume({ url }: Server, count: number): Promise<string[]> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const received: string[] = [];
  const all = Promise.withResolvers<void>();
  await channel.consume(QUEUE, (message) => {
    if (message === null) return;
    received.push(message.content.toString());
    channel.ack(message);
    if (received.length === count) all.resolve();
  });
  await all.promise;
  await connection.close();
  return received;
}

describe.skipIf(why !== null)(`rabbitmq${why === null ? '' : `: ${why}`}`, () => {
  test.each(['stop', 'kill'] as const)(
    'after %s its port is closed, and after start each confirmed message is there',
    async (end) => {
      await using run = await started({ rabbitmq: 1 });
      const server = run.first('rabbitmq');
      await publish(server, 50);
      await server[end]();
      expect(await isOpen(server.port)).toBe(false);
      await server.start();
      expect(await consume(server, 50)).toEqual(Array.from({ length: 50 }, (_, n) => `${n}`));
    },
  );

  test('two of them run side by side, paused one by one', async () => {
    await using run = await started({ rabbitmq: 2 });
    const [one, two] = run.stack.servers as [Server, Server];
    await one.pause();
    await publish(two, 1);
    await one.resume();
    await publish(one, 2);
    expect(await consume(one, 2)).toEqual(['0', '1']);
  });

  test('it is version 4 or later', async () => {
    await using run = await started({ rabbitmq: 1 });
    expect(run.first('rabbitmq').version).toMatch(/^RabbitMQ ([4-9]|\d\d)\./);
  });
});
