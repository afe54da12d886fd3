/**
 * The server that the bench measures against, in a process of its own: `node server.ts hold|freeze|plain`.
 *
 * `hold` answers after 50 ms and says how long it held the request by its own clock; `freeze` blocks its event loop
 * when told to, as a long garbage collection or a synchronous call would; `plain` answers at once.
 * It prints its port as its first line, and ends when its stdin does, so that it cannot outlive the bench.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from '../clock.ts';

const HOLD_MS = 50;
const mode = process.argv[2];
/** What the server itself measured, by operation id; only our generator sends one. */
const heldMs = new Map<string, number>();
let received = 0;
/** The freeze that happened, on the clock that all processes share. */
let freeze: { fromMs: number; toMs: number } | null = null;

function answer(request: IncomingMessage, response: ServerResponse): void {
  received++;
  if (mode !== 'hold') {
    response.end('ok');
    return;
  }
  const from = performance.now();
  setTimeout(() => {
    const held = performance.now() - from;
    const id = request.headers['operation-id'];
    if (typeof id === 'string') heldMs.set(id, held);
    response.setHeader('server-time-ms', held.toFixed(3));
    response.end('ok');
  }, HOLD_MS);
}

async function control(url: URL): Promise<unknown> {
  if (url.pathname === '/control/received') return { received, atMonotonicMs: monotonicMs() };
  if (url.pathname === '/control/held') {
    const held = [...heldMs];
    heldMs.clear();
    return held;
  }
  if (url.pathname === '/control/frozen') return freeze;
  if (url.pathname === '/control/freeze') {
    const durationMs = Number(url.searchParams.get('durationMs'));
    void sleep(Math.max(0, Number(url.searchParams.get('atMonotonicMs')) - monotonicMs())).then(() => {
      const fromMs = monotonicMs();
      // Blocks this thread without using the core, which the client needs.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
      freeze = { fromMs, toMs: monotonicMs() };
    });
    return null;
  }
  return null;
}

const server = createServer((request, response) => {
  const url = request.url ?? '/';
  if (!url.startsWith('/control/')) return answer(request, response);
  void control(new URL(url, 'http://127.0.0.1')).then((body) => response.end(JSON.stringify(body)));
});
server.keepAliveTimeout = 60_000;
// Connections that arrive during a freeze wait in the kernel; its default of 511 would refuse some at high rates.
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log((server.address() as AddressInfo).port);
});
process.stdin.on('end', () => process.exit(0)).resume();
