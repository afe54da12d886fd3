/** A reset ends a connection in every state that it can be in. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { reset } from '../proxy/reset.ts';

/** More than the buffers of both ends hold. */
const TOO_MUCH = 'y'.repeat(32_000_000);

test.each([
  ['that is open', '', false],
  ['that has ended its own side', '', true],
  ['whose own end cannot get through, because the other side reads nothing', TOO_MUCH, true],
])(
  'a connection %s is closed',
  async (_, sent, ends) => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
      socket.on('error', () => {}),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const socket = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, allowHalfOpen: true });
      await once(socket, 'connect');
      const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)));
      socket.on('error', () => {});
      socket.write(sent);
      if (ends) socket.end();
      reset(socket);
      expect(await closed).toBe(true);
    } finally {
      server.close();
    }
  },
  5000,
);
