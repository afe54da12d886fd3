/**
 * k6, the peer: found on PATH, or built once with Go into `.lab/tools/`.
 *
 * Its version is pinned by k6/go.mod and k6/go.sum. A plain `go install` of k6 is refused because its module has
 * replacements, hence a small module of ours that requires it.
 */
import { randomUUID } from 'node:crypto';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchContext } from './contract.ts';
import { onPath, runTool, type ToolRun } from './processes.ts';

const MODULE = join(import.meta.dirname, 'k6');
const SCRIPT = join(MODULE, 'arrivals.ts');
const BUILD_LIMIT_MS = 900_000;
const VERSION_LIMIT_MS = 20_000;
/** Beyond the scenario's duration: k6's own start and summary. */
const RUN_MARGIN_MS = 40_000;

export interface K6 {
  file: string;
  version: string;
}

/** k6 and its version, or why there is none. */
export async function findK6(context: BenchContext): Promise<K6 | { missing: string }> {
  const built = join(context.stateFolder, 'tools', 'k6');
  const found = onPath('k6');
  if (found !== null) return { file: found, version: await versionOf(found, context.signal) };
  try {
    return { file: built, version: await versionOf(built, context.signal) };
  } catch {
    context.signal.throwIfAborted();
  }
  const go = onPath('go');
  if (go === null) return { missing: 'k6 is not on PATH, and there is no Go to build it with' };
  context.log('k6 is not on PATH: building it with Go, once (a minute or two)');
  try {
    await build(go, built, context);
    return { file: built, version: await versionOf(built, context.signal) };
  } catch (error) {
    context.signal.throwIfAborted();
    return { missing: `k6 could not be built: ${(error as Error).message}` };
  }
}

async function versionOf(file: string, signal: AbortSignal): Promise<string> {
  const version = await runTool(file, ['version'], { signal, limitMs: VERSION_LIMIT_MS }).finished;
  return version.trim();
}

async function build(go: string, target: string, { signal, folder, stateFolder }: BenchContext): Promise<void> {
  // In a copy: Go may rewrite go.mod, and a build must leave no trace in the sources.
  const module = join(folder, 'k6-module');
  await cp(MODULE, module, { recursive: true, filter: (file) => !file.endsWith('.ts') });
  await mkdir(join(stateFolder, 'tools'), { recursive: true });
  const unfinished = `${target}.${randomUUID().slice(0, 8)}`;
  const cache = join(stateFolder, 'go');
  try {
    await runTool(go, ['build', '-mod=mod', '-o', unfinished, 'go.k6.io/k6/v2'], {
      signal,
      limitMs: BUILD_LIMIT_MS,
      cwd: module,
      // -modcacherw: Go's cache is read-only by default, and nobody could remove .lab/ without chmod.
      env: { GOPATH: cache, GOMODCACHE: join(cache, 'mod'), GOCACHE: join(cache, 'build'), GOFLAGS: goFlags() },
    }).finished;
    await rename(unfinished, target); // whole or not there at all
  } finally {
    await rm(unfinished, { force: true });
  }
}

function goFlags(): string {
  return `${process.env.GOFLAGS ?? ''} -modcacherw`.trim();
}

/** What k6 measured, in ms. `beyondServer`: what a request took minus what the server says that it held it. */
export interface K6Report {
  requests: number;
  failed: number;
  dropped: number;
  durationMs: { p50: number; p99: number };
  beyondServerMs: { p50: number; p99: number };
}

/** Starts a constant-arrival-rate run. `holdMs`: how long the server holds a request, for the number of k6's users. */
export function startK6(
  k6: K6,
  load: { url: string; ratePerSecond: number; durationMs: number; holdMs: number },
  signal: AbortSignal,
): Omit<ToolRun, 'finished'> & { finished: Promise<K6Report> } {
  // A virtual user holds one request: those that the server holds, a fifth more, and some for what runs late. Users
  // that are never needed would cost k6 memory and CPU that the comparison counts.
  const users = Math.ceil(load.ratePerSecond * (load.holdMs / 1000) * 1.2) + 20;
  const variables = { URL: load.url, RATE: load.ratePerSecond, DURATION: `${load.durationMs}ms`, VUS: users };
  const run = runTool(
    k6.file,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=', // no control server on a fixed port
      ...Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      SCRIPT,
    ],
    { signal, limitMs: load.durationMs + RUN_MARGIN_MS, env: { K6_AUTO_EXTENSION_RESOLUTION: 'false' } },
  );
  return { pid: run.pid, finished: run.finished.then((output) => JSON.parse(output) as K6Report) };
}
