/**
 * Makes the generator's own code warm before the first operation.
 *
 * The first requests of a fresh process compile the HTTP parser and most of the code they run through, which costs
 * tens of milliseconds; a run at thousands a second would report that as the system's latency. The warm-up goes to a
 * server inside this process, so that the system under load sees none of it: its counters must match the run's
 * operations exactly.
 *
 * First a closed loop, then the sender. The sender alone would do on an idle machine; on a busy one it falls behind
 * while it compiles, opens hundreds of connections at once to catch up, and overflows the server's backlog, after which
 * the system waits a whole second before it tries again.
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
const CLOSED_LOOP = { requests: 1000, workers: 16 };
/** For a shape that differs from the one that is warm: it compiles only what that one did not run through. */
const SHORT_CLOSED_LOOP = { requests: 200, workers: 16 };
/** Fewer operations than a server's backlog holds. */
const SCHEDULE = { arrivals: 'constant', ratePerSecond: 4000, durationMs: 50, seed: 1 } as const;
const LIMIT_MS = 1000;

type Shape = Omit<HttpOperation, 'url'>;

/** What most operations are. */
const PLAIN: Shape = { kind: 'http' };
const isPlain = ({ method = 'GET', body }: Shape) => method === 'GET' && body === undefined;

/** Makes HTTP warm before the operation is known. Never rejects for a slow machine. */
export async function warmUpEarly(): Promise<void> {
  await warmUpWith(PLAIN, CLOSED_LOOP);
}

/** Makes the operation's own shape warm; `isWarm`: HTTP is already. Never rejects for a slow machine. */
export async function warmUp(operation: HttpOperation, isWarm: boolean): Promise<void> {
  if (isWarm && isPlain(operation)) return;
  await warmUpWith(operation, isWarm ? SHORT_CLOSED_LOOP : CLOSED_LOOP);
}

async function warmUpWith(shape: Shape, loop: typeof CLOSED_LOOP): Promise<void> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // the client drops its connections at the end
    socket.on('data', () => socket.write(ANSWER));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const operation = { ...shape, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  await runClosedLoop(operation, loop);
  await runSender(operation);
  for (const socket of sockets) socket.destroy();
  server.close();
}

async function runClosedLoop(operation: HttpOperation, { requests, workers }: typeof CLOSED_LOOP): Promise<void> {
  const done = Promise.withResolvers<void>();
  let sent = 0;
  let ended = 0;
  const next = () => {
    if (sent < requests) target.send(sent++);
  };
  const target = new HttpTarget(operation, () => {
    if (++ended === requests) done.resolve();
    else queueMicrotask(next);
  });
  for (let worker = 0; worker < workers; worker++) next();
  await withinLimit(done.promise);
  await target.close();
}

async function runSender(operation: HttpOperation): Promise<void> {
  const sender = new Sender(scheduleOf(SCHEDULE), LIMIT_MS);
  const target = new HttpTarget(operation, sender.settle);
  await withinLimit(sender.run(target, performance.now()));
  summarise(sender.columns, sender.elapsedMs);
  sender.stop();
  await target.close();
}

async function withinLimit(done: Promise<void>): Promise<void> {
  const limit = new AbortController();
  await Promise.race([done, sleep(LIMIT_MS, undefined, { signal: limit.signal }).catch(() => {})]);
  limit.abort();
}
