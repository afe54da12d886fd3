/**
 * Free ports on loopback, outside of the range that the system gives to clients.
 *
 * Not port 0: what the system gives then lies in the range from which it numbers outgoing connections. While a killed
 * server is down, a client that tries to reach it again can be given that very port for its own end, and is then
 * connected to itself; the server finds its port taken when it is started again.
 * Between looking and using, somebody else may take a port; a server that finds its own taken says so, and is started
 * again on another (native/server-process.ts).
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';

const HOST = '127.0.0.1';
/** Below what Linux (from 32768), macOS and Windows (from 49152) give to clients, above what people choose by hand. */
const RANGE = { from: 20_000, to: 32_000 } as const;
/** With so many tries the range must be all but full. */
const MOST_TRIES = 1000;

/** So many different free ports. Throws if there are none to be found. */
export async function freePorts(count: number): Promise<number[]> {
  const open = new Map<number, Server>();
  try {
    // All stay open until the last one is found, so that none is found twice.
    for (let tries = 0; open.size < count; tries++) {
      if (tries > MOST_TRIES) throw new Error(`no free port on ${HOST} between ${RANGE.from} and ${RANGE.to}`);
      const port = randomInt(RANGE.from, RANGE.to);
      const server = open.has(port) ? null : await listenOn(port);
      if (server !== null) open.set(port, server);
    }
    return [...open.keys()];
  } finally {
    await Promise.all(
      [...open.values()].map((server) => {
        server.close();
        return once(server, 'close');
      }),
    );
  }
}

/** Null if the port is taken. */
function listenOn(port: number): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('listening', () => resolve(server));
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen(port, HOST);
  });
}

/** Whether somebody accepts connections there. */
export async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: HOST, port });
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
  } finally {
    socket.destroy();
  }
}
