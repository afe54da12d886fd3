/**
 * redis-benchmark: what a Redis server answers per second to the client that comes with it.
 *
 * A yardstick, so only its SET is offered: so many clients, each with a connection of its own and one request under way.
 * Taken from PATH, else Debian's package is downloaded and unpacked with the two libraries that few systems have.
 * Invariant: a fetched program that is kept has run once. Read next: ../test/redis-benchmark.test.ts.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { runTool } from '../run-tool.ts';
import { unpackDebs } from './apt.ts';
import { findOnPath } from './on-path.ts';
import type { ToolFolder } from './tool-folder.ts';

const KEY = 'redis-benchmark-debian';
const PACKAGES = ['redis-tools', 'liblzf1', 'libjemalloc2'];
const WAYS = ['install redis or valkey with their tools, so that redis-benchmark is on PATH'];
const VERSION_LIMIT_MS = 5000;
const RUN_LIMIT_MS = 60_000;

export interface SetOptions {
  port: number;
  clients: number;
  /** How many in all, then it ends. */
  requests: number;
  signal: AbortSignal;
}

export interface SetRate {
  requestsPerSecond: number;
  /** Null from one that is too old to tell. */
  p99Ms: number | null;
}

export class RedisBenchmark {
  /** As it says it: `redis-benchmark 7.0.15`. */
  readonly version: string;
  readonly #file: string;
  readonly #env: Record<string, string>;

  private constructor(version: string, file: string, env: Record<string, string>) {
    this.version = version;
    this.#file = file;
    this.#env = env;
  }

  /** Finds it, or fetches it once. Throws MissingServerError where it cannot be had. */
  static async provide(tools: ToolFolder, signal: AbortSignal): Promise<RedisBenchmark> {
    const file = findOnPath('redis-benchmark', 'valkey-benchmark');
    if (file !== null) return RedisBenchmark.#open(file, {}, signal);
    const what = 'redis-benchmark';
    const folder = await tools.provide(KEY, async (unfinished) => {
      await unpackDebs({ what, packages: PACKAGES }, unfinished, { tools, signal, ways: WAYS });
      await RedisBenchmark.#openIn(unfinished, signal).catch((error: Error) => {
        signal.throwIfAborted();
        throw new MissingServerError(what, `the package's program does not run here (${error.message})`, WAYS);
      });
    });
    return RedisBenchmark.#openIn(folder, signal);
  }

  static async #openIn(folder: string, signal: AbortSignal): Promise<RedisBenchmark> {
    const lib = join(folder, 'usr', 'lib');
    // Debian has a folder for each architecture.
    const triplet = (await readdir(lib)).find((name) => name.endsWith('-linux-gnu')) ?? '';
    return RedisBenchmark.#open(
      join(folder, 'usr', 'bin', 'redis-benchmark'),
      { LD_LIBRARY_PATH: join(lib, triplet) },
      signal,
    );
  }

  static async #open(file: string, env: Record<string, string>, signal: AbortSignal): Promise<RedisBenchmark> {
    const version = await runTool(file, ['--version'], { signal, limitMs: VERSION_LIMIT_MS, env });
    return new RedisBenchmark(version.trim(), file, env);
  }

  /** SETs of three bytes on one key of a server on this machine. Rejects if it takes a minute. */
  async set({ port, clients, requests, signal }: SetOptions): Promise<SetRate> {
    const numbers = { '-p': port, '-c': clients, '-n': requests };
    const args = ['-h', '127.0.0.1', ...Object.entries(numbers).flatMap(([flag, value]) => [flag, String(value)])];
    const said = await runTool(this.#file, [...args, '-t', 'set', '--csv'], {
      signal,
      limitMs: RUN_LIMIT_MS,
      env: this.#env,
    });
    return parseSet(said);
  }
}

/** Reads what `-t set --csv` prints: a line for SET, and in newer versions one before it that names the columns. */
export function parseSet(csv: string): SetRate {
  const lines = csv.split('\n').map((line) => line.split(',').map((cell) => cell.trim().replaceAll('"', '')));
  const line = lines.find(([test]) => test === 'SET') ?? [];
  const requestsPerSecond = Number(line[1]);
  if (!(requestsPerSecond > 0)) throw new Error(`redis-benchmark said no requests per second: ${csv.trim()}`);
  const columns = lines.find(([test]) => test === 'test') ?? [];
  const p99 = line[columns.indexOf('p99_latency_ms')];
  return { requestsPerSecond, p99Ms: p99 === undefined ? null : Number(p99) };
}
