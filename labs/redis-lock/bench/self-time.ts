/**
 * Sums up a CPU profile of V8's: how much of the time each function itself was running, without those that it called.
 *
 * Invariant: where a function is is said without this machine's folders. Pure.
 */

/** A .cpuprofile, as far as it is read here (Chrome DevTools Protocol, `Profiler.Profile`). */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** For each sample the node that was running, and the µs since the sample before. */
  samples?: number[];
  timeDeltas?: number[];
}

export interface SelfTimes {
  /** Of all time. */
  idle: number;
  /** Of the time that was not idle, largest first. */
  functions: { share: number; name: string; where: string }[];
}

export function selfTimes({ nodes, samples = [], timeDeltas = [] }: CpuProfile): SelfTimes {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spentUs = new Map<string, { us: number; name: string; where: string }>();
  let idleUs = 0;
  let allUs = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    const us = timeDeltas[index] ?? 0;
    // The end of the recording is in it.
    if (frame === undefined || frame.url === 'node:inspector') continue;
    allUs += us;
    if (frame.functionName === '(idle)') {
      idleUs += us;
      continue;
    }
    const name = frame.functionName || '(anonymous)';
    const where = placeOf(frame);
    const key = `${name} ${where}`;
    const known = spentUs.get(key);
    if (known === undefined) spentUs.set(key, { us, name, where });
    else known.us += us;
  }
  const functions = [...spentUs.values()]
    .toSorted((a, b) => b.us - a.us)
    .map(({ us, name, where }) => ({ share: us / (allUs - idleUs), name, where }));
  return { idle: idleUs / allUs, functions };
}

/** `ioredis/built/Redis.js:354`, `labs/redis-lock/bench/contend.ts:57`, `node:net:1`; V8's own have no file. */
function placeOf({ url, lineNumber }: { url: string; lineNumber: number }): string {
  if (url === '') return 'native';
  const inside = /.*\/node_modules\/(.*)/.exec(url)?.[1] ?? /.*\/((?:labs|shared)\/.*)/.exec(url)?.[1];
  const place = inside ?? (url.startsWith('node:') ? url : url.slice(url.lastIndexOf('/') + 1));
  return `${place}:${lineNumber + 1}`;
}
