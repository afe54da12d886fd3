/**
 * The link: the network between subscribers and a feed, to be counted and to be cut.
 *
 *   open → cut (all connections are reset, and each new one as soon as it is there) → open
 *
 * Invariant: it is cut, or open again, for all at the moment that the answer comes: equal offline windows.
 * Read next: connection.ts (one connection), feed-address.ts (where the feed is).
 */
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import fastify from 'fastify';
import { Connection, reset } from './connection.ts';
import { feedAddress } from './feed-address.ts';

/** Announced with each connection that gets through. Nobody listens unless a harness is there. */
const connected = channel('push.connected');
/** What was carried since the start, each way: `{ toFeed, fromFeed }`, every TELL_EVERY_MS. */
const carried = channel('push.bytes');
const TELL_EVERY_MS = 100;
/** More than come at once when ten thousand connect: who finds the queue full comes again only after a second. */
const BACKLOG = 4096;

export interface Link {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Listens on a free port of loopback, which `GET /control/address` tells. */
export async function createLink({ feedUrl }: { feedUrl: string }): Promise<Link> {
  const address = feedAddress(feedUrl);
  const open = new Set<Connection>();
  /** Of connections that are closed. */
  const past = { toFeed: 0, fromFeed: 0 };
  let counted = { connections: 0, toFeed: 0, fromFeed: 0 };
  let connections = 0;
  let isCut = false;

  const sums = () => {
    const sum = { ...past };
    for (const one of open) {
      sum.toFeed += one.bytesToFeed;
      sum.fromFeed += one.bytesFromFeed;
    }
    return sum;
  };
  const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
    // Without a listener a reset would end this process.
    client.on('error', () => {});
    if (isCut) return reset(client);
    connections += 1;
    connected.publish({});
    const connection = new Connection(client, address);
    open.add(connection);
    void connection.closed.then(() => {
      past.toFeed += connection.bytesToFeed;
      past.fromFeed += connection.bytesFromFeed;
      open.delete(connection);
    });
  });
  const cutAll = async () => {
    isCut = true;
    const all = [...open];
    await Promise.all(all.map((connection) => connection.cut()));
    return all.length;
  };

  const app = fastify();
  app.get('/control/address', async () => ({ port: (listener.address() as AddressInfo).port }));
  app.get('/control/counts', async () => {
    const { toFeed, fromFeed } = sums();
    return {
      connections: connections - counted.connections,
      bytesToFeed: toFeed - counted.toFeed,
      bytesFromFeed: fromFeed - counted.fromFeed,
    };
  });
  app.post('/control/counts/reset', async () => {
    counted = { connections, ...sums() };
    return {};
  });
  app.post('/control/cut', async () => ({ cut: await cutAll() }));
  app.post('/control/heal', async () => {
    isCut = false;
    return {};
  });
  await app.ready();
  listener.listen({ host: '127.0.0.1', port: 0, backlog: BACKLOG });
  await once(listener, 'listening');
  const telling = setInterval(() => {
    if (carried.hasSubscribers) carried.publish(sums());
  }, TELL_EVERY_MS);

  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    async close() {
      clearInterval(telling);
      const closed = once(listener, 'close');
      listener.close();
      await cutAll();
      await Promise.all([closed, app.close()]);
    },
  };
}
