/** The link between clients and a server that echoes. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '@backend-labs/testbed';
import { expect, test } from 'vitest';
import { createLink } from '../src/link/app.ts';
import { listen } from './servers.ts';

/** A feed's two ports: one that says where the other is, and one that does what `serve` does with a connection. */
async function openFeed(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  async function openPublic() {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
      serve(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }
  async function closePublic() {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.resetAndDestroy();
    await closed;
  }
  let server = await openPublic();
  let asked = 0;
  const control = await listen({
    handle(_, response) {
      asked += 1;
      response.end(JSON.stringify({ port: (server.address() as AddressInfo | null)?.port ?? 1 }));
    },
  });
  return {
    url: control.url,
    sockets,
    asked: () => asked,
    stop: closePublic,
    async startAnew() {
      server = await openPublic();
    },
    async [Symbol.asyncDispose]() {
      if (server.listening) await closePublic();
      await control[Symbol.asyncDispose]();
    },
  };
}

const echo = (socket: Socket) => void socket.pipe(socket);

async function openLink(feedUrl: string) {
  const service = await listen(await createLink({ feedUrl }));
  const { port } = await service.get<{ port: number }>('/control/address');
  return { ...service, publicPort: port, counts: () => service.get<Record<string, number>>('/control/counts') };
}

/** A client; `outcome` is how its connection ended. */
function openClient(port: number) {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
  const outcome = new Promise<string>((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed'));
  });
  return {
    socket,
    outcome,
    async echoed(text: string) {
      socket.write(text);
      let got = '';
      for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
        got += chunk;
        if (got.length >= text.length) break;
      }
      return got;
    },
  };
}

test('bytes pass both ways, and are counted on each', async () => {
  await using feed = await openFeed((socket) =>
    socket.on('data', () => socket.write('four')).on('end', () => socket.end()),
  );
  await using link = await openLink(feed.url);
  const one = openClient(link.publicPort);
  one.socket.end('seven b');
  expect(String(await buffer(one.socket))).toBe('four');
  expect(await one.outcome).toBe('closed');
  expect(await link.counts()).toEqual({ connections: 1, bytesToFeed: 7, bytesFromFeed: 4 });
});

test('counts begin anew when they are reset, also those of connections that go on', async () => {
  await using feed = await openFeed(echo);
  await using link = await openLink(feed.url);
  const one = openClient(link.publicPort);
  expect(await one.echoed('abc')).toBe('abc');
  expect(await link.counts()).toEqual({ connections: 1, bytesToFeed: 3, bytesFromFeed: 3 });
  await link.post('/control/counts/reset');
  expect(await link.counts()).toEqual({ connections: 0, bytesToFeed: 0, bytesFromFeed: 0 });
  expect(await one.echoed('defgh')).toBe('defgh');
  expect(await link.counts()).toEqual({ connections: 0, bytesToFeed: 5, bytesFromFeed: 5 });
  one.socket.destroy();
});

test('megabytes come through whole, at the pace of a client that reads late', async () => {
  const sent = Buffer.alloc(20_000_000, 'abcdefg');
  const feeds: Socket[] = [];
  await using feed = await openFeed((socket) => {
    feeds.push(socket);
    socket.resume();
    socket.end(sent);
  });
  await using link = await openLink(feed.url);
  const one = openClient(link.publicPort);
  one.socket.pause();
  // Nothing is read, so it stands still: what is on its way is in the system's buffers and a little here.
  let before = -1;
  await until('nothing moves', async () => {
    const { bytesFromFeed = 0 } = await link.counts();
    const isStill = bytesFromFeed === before && bytesFromFeed > 0;
    before = bytesFromFeed;
    await delay(100);
    return isStill;
  });
  expect(before).toBeLessThan(sent.length);
  const got = await buffer(one.socket);
  expect(got.equals(sent)).toBe(true);
  one.socket.end();
  await one.outcome;
  expect((await link.counts()).bytesFromFeed).toBe(sent.length);
});

test('a cut resets all connections on both sides, before its answer', async () => {
  await using feed = await openFeed(echo);
  await using link = await openLink(feed.url);
  const clients = Array.from({ length: 20 }, () => openClient(link.publicPort));
  await Promise.all(clients.map((one) => one.echoed('x')));
  expect(feed.sockets.size).toBe(20);
  expect(await link.post('/control/cut', '{}')).toEqual({ status: 200, body: { cut: 20 } });
  expect(await Promise.all(clients.map(({ outcome }) => outcome))).toEqual(Array(20).fill('ECONNRESET'));
  await until('the feed has seen it too', () => feed.sockets.size === 0);
});

test('while it is cut each new connection is reset and none is counted; healed, they come through', async () => {
  await using feed = await openFeed(echo);
  await using link = await openLink(feed.url);
  await link.post('/control/cut', '{}');
  const during = openClient(link.publicPort);
  expect(await during.outcome).toBe('ECONNRESET');
  expect((await link.counts()).connections).toBe(0);
  await link.post('/control/heal', '{}');
  const after = openClient(link.publicPort);
  expect(await after.echoed('here')).toBe('here');
  expect((await link.counts()).connections).toBe(1);
  after.socket.destroy();
});

test('cut and heal may be asked for twice', async () => {
  await using feed = await openFeed(echo);
  await using link = await openLink(feed.url);
  const answers = [];
  for (const what of ['cut', 'cut', 'heal', 'heal']) answers.push((await link.post(`/control/${what}`)).status);
  expect(answers).toEqual([200, 200, 200, 200]);
  const one = openClient(link.publicPort);
  expect(await one.echoed('x')).toBe('x');
  one.socket.destroy();
});

test('a reset of the feed is passed on as one, and so is a client’s', async () => {
  await using feed = await openFeed((socket) => {
    socket.on('data', (said) => {
      if (String(said) === 'reset') socket.resetAndDestroy();
      else socket.write(said);
    });
  });
  await using link = await openLink(feed.url);
  const one = openClient(link.publicPort);
  one.socket.write('reset');
  expect(await one.outcome).toBe('ECONNRESET');

  const other = openClient(link.publicPort);
  await other.echoed('x');
  const [seen] = [...feed.sockets] as [Socket];
  const feedSaw = new Promise((resolve) => seen.once('error', resolve));
  other.socket.resetAndDestroy();
  expect(await feedSaw).toMatchObject({ code: 'ECONNRESET' });
});

test('the feed is asked for its port once, and again when that one refuses', async () => {
  await using feed = await openFeed(echo);
  await using link = await openLink(feed.url);
  const clients = Array.from({ length: 10 }, () => openClient(link.publicPort));
  await Promise.all(clients.map((one) => one.echoed('x')));
  expect(feed.asked()).toBe(1);
  await feed.stop();
  await Promise.all(clients.map(({ outcome }) => outcome));
  await feed.startAnew();
  const back = openClient(link.publicPort);
  expect(await back.echoed('back')).toBe('back');
  expect(feed.asked()).toBe(2);
  back.socket.destroy();
});

test('with the feed away a connection is reset, and the first one after its return comes through', async () => {
  await using feed = await openFeed(echo);
  await using link = await openLink(feed.url);
  await feed.stop();
  expect(await openClient(link.publicPort).outcome).toBe('ECONNRESET');
  await feed.startAnew();
  const back = openClient(link.publicPort);
  expect(await back.echoed('back')).toBe('back');
  back.socket.destroy();
});

test('a link whose feed does not answer at all resets, and is cut without waiting for it', async () => {
  const asked = Promise.withResolvers<void>();
  await using control = await listen({ handle: () => asked.resolve() });
  await using link = await openLink(control.url);
  const one = openClient(link.publicPort);
  await asked.promise;
  expect((await link.post('/control/cut')).body).toEqual({ cut: 1 });
  expect(await one.outcome).toBe('ECONNRESET');
});

test('it announces each connection that gets through, and what it has carried', async () => {
  let connected = 0;
  const carried: { toFeed: number; fromFeed: number }[] = [];
  const onConnected = () => {
    connected += 1;
  };
  const onBytes = (said: unknown) => void carried.push(said as { toFeed: number; fromFeed: number });
  subscribe('push.connected', onConnected);
  subscribe('push.bytes', onBytes);
  try {
    await using feed = await openFeed(echo);
    await using link = await openLink(feed.url);
    await link.post('/control/cut');
    await openClient(link.publicPort).outcome;
    await link.post('/control/heal');
    const one = openClient(link.publicPort);
    await one.echoed('abc');
    // A reset is for the counts; what is announced goes on, so that two of them can be subtracted.
    await link.post('/control/counts/reset');
    await until('it is told', () => carried.at(-1)?.toFeed === 3 && carried.at(-1)?.fromFeed === 3);
    expect(connected).toBe(1);
    one.socket.destroy();
    const told = carried.length;
    await until('it is told again', () => carried.length > told + 1);
    expect(carried.at(-1)).toEqual({ toFeed: 3, fromFeed: 3 });
  } finally {
    unsubscribe('push.connected', onConnected);
    unsubscribe('push.bytes', onBytes);
  }
});
