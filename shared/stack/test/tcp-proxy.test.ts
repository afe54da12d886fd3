import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TcpProxy } from '../proxy/tcp-proxy.ts';

/** A server that answers each chunk with itself, and a proxy in front of it. */
async function echoBehindProxy() {
  await using stack = new AsyncDisposableStack();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const proxy = stack.use(await TcpProxy.start({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }));
  const owned = stack.move();
  return {
    proxy,
    accepted: sockets,
    async client() {
      const socket = connect({ host: '127.0.0.1', port: proxy.port });
      let received = '';
      const failed = once(socket, 'error', { signal: AbortSignal.timeout(20_000) }).then(([error]) => error.code);
      failed.catch(() => {});
      socket.on('data', (chunk) => {
        received += chunk;
      });
      await once(socket, 'connect');
      return {
        socket,
        send: (text: string) => void socket.write(text),
        received: () => received,
        failed,
        async until(text: string) {
          while (received !== text) await sleep(2);
        },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

test('bytes pass both ways, and the end of a direction does', async () => {
  await using echo = await echoBehindProxy();
  const client = await echo.client();
  client.send('hello');
  await client.until('hello');
  client.socket.end(' and goodbye');
  await once(client.socket, 'end');
  expect(client.received()).toBe('hello and goodbye');
});

test('more than any buffer holds arrives whole and in order', async () => {
  await using echo = await echoBehindProxy();
  const client = await echo.client();
  const text = Array.from({ length: 400_000 }, (_, n) => `${n},`).join('');
  client.socket.end(text);
  await once(client.socket, 'end');
  expect(client.received() === text).toBe(true);
});

test('cut resets what is connected and what connects, and heal lets new connections in', async () => {
  await using echo = await echoBehindProxy();
  const client = await echo.client();
  await echo.proxy.cut();
  expect(echo.proxy.connections).toBe(0);
  expect(await client.failed).toBe('ECONNRESET');
  const late = connect({ host: '127.0.0.1', port: echo.proxy.port });
  const [error] = await once(late, 'error');
  expect((error as NodeJS.ErrnoException).code).toBe('ECONNRESET');
  await echo.proxy.heal();
  const again = await echo.client();
  again.send('back');
  await again.until('back');
});

test('dropped nothing arrives, on old connections and new ones, and after heal all of it does', async () => {
  await using echo = await echoBehindProxy();
  const [before, witness] = [await echo.client(), await echo.client()];
  before.send('1');
  await before.until('1');
  await echo.proxy.drop();
  const during = await echo.client();
  before.send('2');
  during.send('3');
  witness.socket.destroy();
  await sleep(50);
  expect([before.received(), during.received()]).toEqual(['1', '']);
  await echo.proxy.heal();
  await Promise.all([before.until('12'), during.until('3')]);
});

test('delayed bytes come later by that much each way, in order, and heal lets go of what is held', async () => {
  await using echo = await echoBehindProxy();
  const client = await echo.client();
  await echo.proxy.delay(100);
  const fromMs = performance.now();
  client.send('a');
  await sleep(20);
  client.send('b');
  await client.until('ab');
  expect(performance.now() - fromMs).toBeGreaterThanOrEqual(200);
  await echo.proxy.delay(3_600_000);
  client.send('c');
  await sleep(20);
  expect(client.received()).toBe('ab');
  await echo.proxy.heal();
  await client.until('abc');
});

test('a server that is gone resets the client', async () => {
  await using echo = await echoBehindProxy();
  const client = await echo.client();
  client.send('x');
  await client.until('x');
  for (const socket of echo.accepted) socket.resetAndDestroy();
  expect(await client.failed).toBe('ECONNRESET');
});

/** A server that answers each chunk with its own name. */
async function named(name: string) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => socket.write(name));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('retargeted, old connections are reset and new ones reach the new target, as slowly as before', async () => {
  await using echo = await echoBehindProxy();
  await using other = await named('other');
  await echo.proxy.delay(50);
  const before = await echo.client();
  before.send('1');
  await before.until('1');
  await echo.proxy.retarget(other);
  expect(echo.proxy.connections).toBe(0);
  expect(await before.failed).toBe('ECONNRESET');
  const after = await echo.client();
  const fromMs = performance.now();
  after.send('1');
  await after.until('other');
  expect(performance.now() - fromMs).toBeGreaterThanOrEqual(100);
  expect(echo.accepted.size).toBe(1);
});

test('retargeted while it is cut, it stays cut until it is healed', async () => {
  await using echo = await echoBehindProxy();
  await using other = await named('other');
  await echo.proxy.cut();
  await echo.proxy.retarget(other);
  const [error] = await once(connect({ host: '127.0.0.1', port: echo.proxy.port }), 'error');
  expect((error as NodeJS.ErrnoException).code).toBe('ECONNRESET');
  await echo.proxy.heal();
  const client = await echo.client();
  client.send('1');
  await client.until('other');
});

test('a delay that is no time is refused', async () => {
  await using echo = await echoBehindProxy();
  expect(() => echo.proxy.delay(-1)).toThrow(RangeError);
});
