/**
 * One server with one variant, hosted as in the lab, that publishes by itself and knows what it has cost.
 *
 * The publisher is in this process: an HTTP request for each message would be measured as well. Started with
 * --expose-gc.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';
import { monotonicMs } from '@backend-labs/load/clock';
import type { FeedContext } from '../src/contract.ts';
import { createFeedHost } from '../src/feed/app.ts';
import { loadVariant } from '../src/variant-file.ts';
import { textWithMark } from './mark.ts';
import { answer, taskOf } from './worker.ts';

export interface ServerTask {
  /** The variant's, absolute. */
  file: string;
  settings: FeedContext['settings'];
}

/** All in bytes. */
export interface MemoryReading {
  rss: number;
  /** Of V8's heap, what is used. */
  heap: number;
  /** What V8 knows of outside of its heap, buffers among it. */
  external: number;
  /** What V8 holds for new objects, in use or not. */
  young: number;
}

/** Of all threads of the process, since its start. */
export interface CpuReading {
  userUs: number;
  systemUs: number;
}

export interface PublishTask {
  messages: number;
  everyMs: number;
  textBytes: number;
}

const MOST_COLLECTIONS = 12;
const COLLECT_EVERY_MS = 100;

const collect = globalThis.gc as () => void;
const { file, settings } = taskOf<ServerTask>();
const host = await createFeedHost({ variant: await loadVariant(file), settings, dataName: 'bench' });
let id = 0;

function memory(): MemoryReading {
  const { rss, heapUsed, external } = process.memoryUsage();
  const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.physical_space_size ?? 0;
  return { rss, heap: heapUsed, external, young };
}

/** Until a collection gives nothing back: finalizers need turns, and V8 returns pages to the system after a while. */
async function collected(): Promise<MemoryReading> {
  let before = Number.POSITIVE_INFINITY;
  for (let n = 0; n < MOST_COLLECTIONS; n++) {
    collect();
    await delay(COLLECT_EVERY_MS);
    const reading = memory();
    if (n > 2 && reading.rss > 0.999 * before) return reading;
    before = reading.rss;
  }
  return memory();
}

/** At a fixed rate, late or not. Returns when the last one was published. */
async function publish({ messages, everyMs, textBytes }: PublishTask): Promise<number> {
  const beganAtMs = monotonicMs();
  let publishedAtMs = beganAtMs;
  for (let n = 0; n < messages; n++) {
    const aheadMs = beganAtMs + n * everyMs - monotonicMs();
    if (aheadMs > 0) await delay(aheadMs);
    publishedAtMs = monotonicMs();
    await host.publish({ id: ++id, publishedAtMs, text: textWithMark(textBytes) });
  }
  return publishedAtMs;
}

function cpu(): CpuReading {
  const { user, system } = process.cpuUsage();
  return { userUs: user, systemUs: system };
}

answer({ port: () => host.port, memory, collected, cpu, publish });
