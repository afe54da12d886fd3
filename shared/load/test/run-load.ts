/** What the generator's tests share: a temporary folder, a server, a plan, a run. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GeneratorOptions } from '../generator-process.ts';
import type { LoadPlan, LoadReport } from '../plan.ts';
import { startGenerator } from '../start-generator.ts';

export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'backend-labs-load-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export async function serve(listener: RequestListener): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export function planFor(operation: LoadPlan['operation'], over: Partial<LoadPlan> = {}): LoadPlan {
  return {
    arrivals: 'constant',
    ratePerSecond: 200,
    durationMs: 500,
    timeoutMs: 5000,
    seed: 1,
    operation,
    ...over,
  };
}

/** One run from beginning to end. */
export async function runLoad(plan: LoadPlan, options: Partial<GeneratorOptions> = {}): Promise<LoadReport> {
  await using folder = await temporaryFolder();
  await using generator = await startGenerator(plan, { folder: folder.path, ...options });
  return await generator.run();
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until a condition holds; throws after a time that only says when to give up. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 30_000; !condition(); await sleep(10)) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
  }
}
