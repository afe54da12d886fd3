/**
 * Measures one policy in this process: what a call costs whose dependency answers at once. See healthy-path.ts.
 *
 * Bursts of calls, each burst followed by a wait of T in which the timers that it left behind fire: no more than a
 * burst's are ever pending. Within a burst the event loop turns after every chunk, as it does in a gateway: without
 * turns, no timer fires, and no target of a WeakRef (each AbortSignal.timeout has one) can be collected.
 * Invariant: ns goes into a median over chunks, which leaves out what seldom happens; CPU is a total, which leaves out
 * nothing. A signal made by AbortSignal.timeout is not cancelled by an answer: it fires after T, with an exception that
 * nobody sees, and most of its cost is there.
 */
import { memoryUsage } from 'node:process';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { GCProfiler } from 'node:v8';
import { medianOf } from '@backend-labs/load/bench/figures';
import type { CreatePolicy, Policy } from '../src/contract.ts';
import { createForBench, quote, request, settings } from './stand.ts';

export interface HealthyTask {
  policyFile: string;
  warmUpCalls: number;
  bursts: number;
  /** How many rounds without a collection are wanted. */
  allocationRounds: number;
}

export interface HealthyMeasurement {
  /** Per call, of each chunk: from the call to its answer, the event loop's turns left out. */
  ns: number[];
  /**
   * Per call: user and system time of all of the process's threads, from the first call until the last timer fired.
   * Waking up after each burst is in it, for `none` too: compare differences.
   */
  cpuNs: number;
  /** Per call, of each round without a collection. */
  bytes: number[];
  /** Per call, outside of V8's heap, of the same rounds. */
  externalBytes: number[];
  roundsWithGc: number;
}

const BURST_CALLS = 1000;
const CHUNK_CALLS = 50;
/** 200 calls of a few KB stay below the 1 MB at which V8 collects its youngest objects for the first time. */
const ALLOCATION_CALLS = 200;
const ATTEMPTS_PER_ROUND = 4;
/** Longer than any timer that a call leaves behind. */
const UNTIL_FIRED_MS = settings.timeoutMs + 10;

const collect = globalThis.gc as () => void;

async function callRepeatedly(policy: Policy, calls: number): Promise<void> {
  for (let n = 0; n < calls; n++) await policy.call(request);
}

/** One burst and its aftermath; the times of its chunks are added to `ns`. */
async function burst(policy: Policy, ns: number[]): Promise<void> {
  for (let chunk = 0; chunk < BURST_CALLS / CHUNK_CALLS; chunk++) {
    const startedAt = performance.now();
    await callRepeatedly(policy, CHUNK_CALLS);
    ns.push(((performance.now() - startedAt) * 1e6) / CHUNK_CALLS);
    await turn();
  }
  await delay(UNTIL_FIRED_MS);
}

/**
 * What `calls` calls added to the heap, or null if V8 collected meanwhile.
 *
 * Differences of the used heap are exact to the object as long as nothing is collected, and GCProfiler tells at once
 * whether something was. Rejected: the sampling heap profiler (an estimate), --trace-gc (only from one collection to
 * the next), and V8's total_allocated_bytes (moves in steps of a page of 256 KB, and not in Node 24).
 * Outside of the heap there is little to count: AbortSignal.timeout is an object of the heap on Node's one native
 * timer. `external` sees buffers and what Node declares to V8, not what C++ takes by malloc.
 */
async function allocated(policy: Policy, calls: number): Promise<{ heap: number; external: number } | null> {
  collect();
  await turn(); // finalizers: the timers of signals that are gone
  const profiler = new GCProfiler();
  profiler.start();
  const before = memoryUsage();
  await callRepeatedly(policy, calls);
  const after = memoryUsage();
  const collections = profiler.stop()?.statistics.length ?? 0;
  if (collections > 0) return null;
  return { heap: after.heapUsed - before.heapUsed, external: after.external - before.external };
}

async function allocations(policy: Policy, calls: number, rounds: number) {
  const kept: { heap: number; external: number }[] = [];
  let attempts = 0;
  for (; kept.length < rounds && attempts < ATTEMPTS_PER_ROUND * rounds; attempts++) {
    const one = await allocated(policy, calls);
    if (one !== null) kept.push(one);
  }
  return { kept, discarded: attempts - kept.length };
}

async function measureAllocations(policy: Policy, rounds: number) {
  // What asking costs: a round without calls.
  const asking = medianOf((await allocations(policy, 0, rounds)).kept.map(({ heap }) => heap));
  if (Number.isNaN(asking)) throw new Error('V8 collected in each of the rounds without calls');
  const { kept, discarded } = await allocations(policy, ALLOCATION_CALLS, rounds);
  return {
    bytes: kept.map(({ heap }) => (heap - asking) / ALLOCATION_CALLS),
    externalBytes: kept.map(({ external }) => external / ALLOCATION_CALLS),
    roundsWithGc: discarded,
  };
}

async function measure({ policyFile, ...task }: HealthyTask): Promise<HealthyMeasurement> {
  const { default: create } = (await import(pathToFileURL(policyFile).href)) as { default: CreatePolicy };
  const policy = await createForBench(create, async () => quote);
  const answer = await policy.call(request);
  if (answer.kind !== 'quote') throw new Error(`${policyFile} answered a healthy call with a ${answer.kind}`);
  for (let calls = 0; calls < task.warmUpCalls; calls += CHUNK_CALLS) {
    await callRepeatedly(policy, CHUNK_CALLS);
    await turn();
  }
  await delay(UNTIL_FIRED_MS);
  collect(); // what is collected from here on is what was measured

  const ns: number[] = [];
  const cpuBefore = process.cpuUsage();
  for (let n = 0; n < task.bursts; n++) await burst(policy, ns);
  const { user, system } = process.cpuUsage(cpuBefore);
  const memory = await measureAllocations(policy, task.allocationRounds);
  await policy.close?.();
  return { ns, cpuNs: ((user + system) * 1000) / (task.bursts * BURST_CALLS), ...memory };
}

const task = JSON.parse(process.argv[2] ?? '') as HealthyTask;
process.stdout.write(JSON.stringify(await measure(task)));
