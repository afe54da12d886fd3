/**
 * Free ports on loopback.
 *
 * Asking the system for port 0 and giving it back leaves a moment in which somebody else may take it; a server that
 * finds its port taken says so, and is started again on another (native/server-process.ts). Most servers cannot take a
 * socket that is open already, so there is no way around that moment.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

const HOST = '127.0.0.1';

/** So many different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  // All open at once: one after the other, the system may give the same port twice.
  await Promise.all(
    servers.map((server) => {
      server.listen(0, HOST);
      return once(server, 'listening');
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map((server) => {
      server.close();
      return once(server, 'close');
    }),
  );
  return ports;
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
