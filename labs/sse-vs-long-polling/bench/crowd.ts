/**
 * One server, and many who are subscribed to it from other processes.
 *
 * Invariant: what is said of the server is its own process alone: the clients, the publisher's clock and this process
 * are not in it. Ports do not run out: each server has one of its own, and a port of the client's side is free for each
 * of them.
 * Read next: server-main.ts, clients-main.ts.
 */
import { join, resolve } from 'node:path';
import type { FeedContext } from '../src/contract.ts';
import type { Arrived, ClientsTask } from './clients-main.ts';
import { startWorker } from './processes.ts';
import type { Kind } from './requests.ts';
import type { CpuReading, MemoryReading, PublishTask, ServerTask } from './server-main.ts';

/** A row of the tables. */
export interface Served {
  /** The variant's, relative to the lab. */
  file: string;
  kind: Kind;
}

export interface Delivered {
  /** Summed over the client processes. */
  deliveries: number;
  missing: number;
  bytes: number;
  /** From the last message's publication until each subscriber had it; of those who had. */
  delaysMs: Float64Array;
}

export interface Crowd extends AsyncDisposable {
  /** Resolves when so many more are subscribed. */
  add: (subscribers: number) => Promise<void>;
  /** As it is, or after collecting garbage. */
  memory: (how: 'memory' | 'collected') => Promise<MemoryReading>;
  cpu: () => Promise<CpuReading>;
  /** Publishes, and waits until all have arrived; what has not by then is missing. */
  publish: (task: PublishTask) => Promise<Delivered>;
}

export interface CrowdOptions {
  served: Served;
  settings: FeedContext['settings'];
  clientProcesses: number;
  /** What has not arrived by then is missing. */
  arriveLimitMs: number;
  signal: AbortSignal;
}

export async function openCrowd(options: CrowdOptions): Promise<Crowd> {
  const { served, settings, clientProcesses, arriveLimitMs, signal } = options;
  await using opening = new AsyncDisposableStack();
  const task: ServerTask = { file: resolve(join(import.meta.dirname, '..'), served.file), settings };
  const server = opening.use(startWorker('server', task, { signal, nodeFlags: ['--expose-gc'] }));
  const port = await server.ask<number>('port');
  const clients = Array.from({ length: clientProcesses }, () =>
    opening.use(startWorker('clients', { port, kind: served.kind } satisfies ClientsTask, { signal })),
  );
  const owned = opening.move();
  return {
    async add(subscribers) {
      const each = Math.floor(subscribers / clients.length);
      const extra = subscribers % clients.length;
      await Promise.all(clients.map((client, index) => client.ask('add', each + (index < extra ? 1 : 0))));
    },
    memory: (how) => server.ask(how),
    cpu: () => server.ask('cpu'),
    async publish(publishing) {
      await Promise.all(clients.map((client) => client.ask('expect', publishing.messages)));
      const publishedAtMs = await server.ask<number>('publish', publishing);
      const all = await Promise.all(clients.map((client) => client.ask<Arrived>('arrived', arriveLimitMs)));
      const sum = (of: (one: Arrived) => number) => all.reduce((total, one) => total + of(one), 0);
      return {
        deliveries: sum(({ deliveries }) => deliveries),
        missing: sum(({ missing }) => missing),
        bytes: sum(({ bytes }) => bytes),
        delaysMs: Float64Array.from(all.flatMap(({ atMs }) => [...atMs]).filter((at) => at >= publishedAtMs)).map(
          (at) => at - publishedAtMs,
        ),
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
