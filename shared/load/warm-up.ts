/**
 * Makes the generator's own code warm before the first operation.
 *
 * The first requests of a fresh process compile the HTTP parser and most of the code they run through, which costs
 * tens of milliseconds; a run at thousands a second would report that as the system's latency. The warm-up runs the
 * same sender against a server inside this process, so that the system under load sees none of it: its counters must
 * match the run's operations exactly.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpTarget } from './http-target.ts';
import type { HttpOperation } from './plan.ts';
import { scheduleOf } from './schedule.ts';
import { Sender } from './sender.ts';
import { summarise } from './summary.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\nx-warm-up: yes\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok';
const SCHEDULE = { arrivals: 'constant', ratePerSecond: 4000, durationMs: 250, seed: 1 } as const;
const LIMIT_MS = 1000;

/** Sends a thousand requests of the operation's shape to a server of its own. Never rejects for a slow machine. */
export async function warmUp(operation: HttpOperation): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // the client drops its connections at the end
    socket.on('data', () => socket.write(ANSWER));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sender = new Sender(scheduleOf(SCHEDULE), LIMIT_MS);
  const target = new HttpTarget({ ...operation, url }, sender.settle);
  await Promise.race([sender.run(target, performance.now()), sleep(LIMIT_MS)]);
  summarise(sender.columns, sender.elapsedMs);
  sender.stop();
  await target.close();
  for (const socket of sockets) socket.destroy();
  server.close();
}
