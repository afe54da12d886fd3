import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { type Needs, startStack, UnsupportedError } from '../index.ts';
import { freePorts } from '../ports.ts';

const startExternal = (needs: Needs, environment: Record<string, string>) =>
  startStack({
    needs,
    provider: 'external',
    folder: '',
    stateFolder: '',
    signal: new AbortController().signal,
    log: () => {},
    environment,
  });

async function listener() {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

test('a server is named by its variable, and can be reached but not hurt', async () => {
  await using one = await listener();
  await using two = await listener();
  const urls = [one, two].map(({ port }) => `redis://127.0.0.1:${port}`);
  await using stack = await startExternal({ redis: 2 }, { BACKEND_LABS_REDIS_URLS: urls.join(' ') });
  expect(stack.servers.map(({ name, url }) => [name, url])).toEqual([
    ['redis-1', urls[0]],
    ['redis-2', urls[1]],
  ]);
  await expect(stack.server('redis-1').kill()).rejects.toThrow(UnsupportedError);
});

test.each([
  ['no variable', {}, /BACKEND_LABS_KAFKA_URLS names 0/],
  ['too few urls', { BACKEND_LABS_KAFKA_URLS: 'kafka://127.0.0.1:1' }, /2 × kafka: BACKEND_LABS_KAFKA_URLS names 1/],
  ['no url', { BACKEND_LABS_KAFKA_URLS: 'here there' }, /kafka-1: what BACKEND_LABS_KAFKA_URLS has for it is no url/],
])('%s is said in one line with what to do', async (_name, environment: Record<string, string>, said) => {
  const error = await startExternal({ kafka: 2 }, environment).catch((caught: Error & { exitCode?: number }) => caught);
  expect((error as Error).message).toMatch(said);
  expect((error as Error).message).toContain('What helps:');
  expect((error as Error).message).not.toContain('\n');
  expect((error as { exitCode?: number }).exitCode).toBe(4);
});

test('nobody at home is said without the password', async () => {
  const [port] = await freePorts(1);
  const url = `postgres://lab:secret@127.0.0.1:${port}/lab`;
  const error = await startExternal({ postgres: 1 }, { BACKEND_LABS_POSTGRES_URLS: url }).catch(
    (caught: Error) => caught,
  );
  expect((error as Error).message).toContain(`nobody answers at 127.0.0.1:${port} (ECONNREFUSED)`);
  expect((error as Error).message).not.toContain('secret');
});

test('the docker provider says what to do instead', async () => {
  const starting = startStack({
    needs: { redis: 1 },
    provider: 'docker',
    folder: '',
    stateFolder: '',
    signal: new AbortController().signal,
    log: () => {},
  });
  await expect(starting).rejects.toThrow(/--stack/);
});
