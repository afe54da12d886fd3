import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'amqplib';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ToolFolder } from '../index.ts';
import { rabbitmq } from '../native/rabbitmq.ts';
import type { Program } from '../native/recipe.ts';
import { isOpen } from '../ports.ts';
import type { Server } from '../server.ts';
import { missing, started, stateFolder } from './started.ts';

const QUEUE = 'work';
const why = await missing('rabbitmq');
const { signal } = new AbortController();
const tools = new ToolFolder({ stateFolder, log: () => {} });

afterEach(() => vi.unstubAllEnvs());

async function publish({ url }: Server, count: number): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(QUEUE, { durable: true });
  // A queue is declared before all of its declaration is on disk: where Mnesia keeps it (RabbitMQ 4.0, 4.1), the
  // decision on the transaction is only buffered, for up to two seconds. The next declaration writes the buffer.
  await channel.assertQueue(`after-${QUEUE}`, { durable: true });
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

  test('an installation on PATH comes first, and runs as what was fetched does', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stack-'));
    try {
      const { library = '', file } = (await rabbitmq.find(tools)) as Program;
      // As package managers do it: links into the folder of a version.
      await symlink(join(library, 'sbin', 'rabbitmq-server'), join(folder, 'rabbitmq-server'));
      await symlink(join(file, '..', '..', '..', 'bin', 'erl'), join(folder, 'erl'));
      vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
      const program = await rabbitmq.find(new ToolFolder({ stateFolder: folder, log: () => {} }));
      expect(program).toMatchObject({ origin: 'on PATH', file: await realpath(file) });
      await using run = await started({ rabbitmq: 1 });
      await publish(run.first('rabbitmq'), 1);
      expect(run.first('rabbitmq').version).toBe(await rabbitmq.version(program as Program, signal));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('it is version 4 or later', async () => {
    await using run = await started({ rabbitmq: 1 });
    expect(run.first('rabbitmq').version).toMatch(/^RabbitMQ ([4-9]|\d\d)\./);
  });
});

describe('an installation of the machine that is older than 4', () => {
  test.each([
    ['gives way to one that was fetched', { fetched: true, aptGet: true }, 'fetched with apt-get'],
    ['gives way to one that can be fetched', { fetched: false, aptGet: true }, undefined],
    ['is taken where none can be fetched', { fetched: false, aptGet: false }, 'on PATH'],
  ])('%s', async (_, { fetched, aptGet }, origin) => {
    const folder = await mkdtemp(join(tmpdir(), 'stack-'));
    try {
      const program = async (path: string) => {
        await mkdir(join(folder, path, '..'), { recursive: true });
        await writeFile(join(folder, path), '', { mode: 0o755 });
      };
      await mkdir(join(folder, 'own', 'plugins', 'rabbit-3.10.8'), { recursive: true });
      const names = ['own/sbin/rabbitmq-server', 'erlang/bin/erl', 'erlang/erts-13/bin/erlexec'];
      for (const path of names) await program(path);
      if (aptGet) for (const name of ['apt-get', 'dpkg']) await program(`own/sbin/${name}`);
      if (fetched) {
        await program('tools/rabbitmq-trixie/usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5/plugins/rabbit-4.0.5/ebin');
        await program('tools/rabbitmq-trixie/usr/lib/erlang/erts-15/bin/erlexec');
      }
      vi.stubEnv('PATH', ['own/sbin', 'erlang/bin'].map((path) => join(folder, path)).join(':'));
      const found = await rabbitmq.find(new ToolFolder({ stateFolder: folder, log: () => {} }));
      // Where nothing can be fetched for this platform, apt-get makes no difference.
      const canBeFetched = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
      expect(found?.origin).toBe(canBeFetched ? origin : (origin ?? 'on PATH'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
