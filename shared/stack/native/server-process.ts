/**
 * A native server: a process that a recipe starts, and everything that a fault may do to it.
 *
 * Readiness is a real operation that was answered, asked again and again until it is; never a sleep.
 * Invariant: after `dispose` nothing of it runs, also if it was paused or had never become ready.
 * Read next: recipe.ts, redis.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts, isOpen } from '../ports.ts';
import { identify, isAlive, isStopped, type ProcessIdentity } from '../process-identity.ts';
import { type Observed, type Server, ServerStartError } from '../server.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import { familyOf, residentBytes } from './process-family.ts';
import type { Instance, Program, Recipe } from './recipe.ts';

const POLL_MS = 5;
const OPERATION_LIMIT_MS = 1000;
const SIGNAL_DEADLINE_MS = 2000;
const KEPT_LINES = 8;
/** Somebody else took a port between our asking for a free one and the server's opening it: how often to try anew. */
const PORT_ATTEMPTS = 3;

export interface NativeServerOptions {
  recipe: Recipe;
  program: Program;
  version: string;
  name: string;
  /** The run's folder; the server gets one of its own inside. */
  folder: string;
  tools: ToolFolder;
  signal: AbortSignal;
  /** Told of each process that was started, before anything else is done with it. */
  onSpawn: (pid: number, name: string) => void;
}

export class NativeServer implements Server {
  readonly provider = 'native';
  readonly host = '127.0.0.1';
  readonly #options: NativeServerOptions;
  readonly #instance: Instance;
  #child: ChildProcess | null = null;
  #identity: ProcessIdentity | null = null;

  private constructor(options: NativeServerOptions, instance: Instance) {
    this.#options = options;
    this.#instance = instance;
  }

  /** Prepares its data and starts it; resolves when a real operation was answered. Throws ServerStartError. */
  static async start(options: NativeServerOptions): Promise<NativeServer> {
    const { recipe, program, name, tools, signal } = options;
    const folder = join(options.folder, name);
    for (let attempt = 1; ; attempt++) {
      const [port = 0, ...extraPorts] = await freePorts(1 + recipe.extraPorts);
      const instance: Instance = { name, port, extraPorts, folder, dataFolder: join(folder, 'data') };
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await recipe.prepare(program, instance, tools, signal);
      const server = new NativeServer(options, instance);
      try {
        await server.start();
        return server;
      } catch (error) {
        await server[Symbol.asyncDispose]();
        const isTaken = error instanceof ServerStartError && /address already in use|EADDRINUSE/i.test(error.message);
        if (!isTaken || attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  get kind() {
    return this.#options.recipe.kind;
  }
  get name() {
    return this.#options.name;
  }
  get port() {
    return this.#instance.port;
  }
  get url() {
    return this.#options.recipe.url(this.#instance);
  }
  get version() {
    return this.#options.version;
  }
  get logFile() {
    return join(this.#instance.folder, 'log');
  }

  async start(): Promise<Observed> {
    const fromMs = performance.now();
    const { recipe, program, onSpawn } = this.#options;
    this.#options.signal.throwIfAborted();
    if (this.#child !== null) throw new Error(`${this.name} runs already: stop or kill it first`);
    const { file, args, env, cwd } = recipe.command(program, this.#instance);
    const log = openSync(this.logFile, 'a');
    const child = spawn(file, [...args], {
      stdio: ['ignore', log, log],
      // A group of its own: a terminal's Ctrl-C does not reach it, and what it starts goes with it.
      detached: true,
      cwd: cwd ?? this.#instance.folder,
      env: { ...process.env, ...env },
    });
    closeSync(log);
    this.#child = child;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`could not be run (${error.message})`));
      child.once('exit', (code, killed) => resolve(`ended at its start (${killed ?? `exit code ${code}`})`));
    });
    if (child.pid !== undefined) {
      onSpawn(child.pid, this.name);
      this.#identity = identify(child.pid);
    }
    const limit = AbortSignal.any([this.#options.signal, AbortSignal.timeout(recipe.startDeadlineMs)]);
    const stopped = new AbortController();
    const problem = await Promise.race([ended, this.#ready(AbortSignal.any([limit, stopped.signal]))]);
    stopped.abort();
    this.#options.signal.throwIfAborted();
    if (problem !== null) throw this.#startError(problem);
    return { durationMs: performance.now() - fromMs };
  }

  /** Null when an operation was answered, else what is wrong. */
  async #ready(signal: AbortSignal): Promise<string | null> {
    while (!signal.aborted) {
      try {
        await this.#options.recipe.operate(
          this.#instance,
          AbortSignal.any([signal, AbortSignal.timeout(OPERATION_LIMIT_MS)]),
        );
        return null;
      } catch {
        await delay(POLL_MS, undefined, { signal }).catch(() => {});
      }
    }
    return `was not ready after ${this.#options.recipe.startDeadlineMs / 1000} s`;
  }

  #startError(why: string): ServerStartError {
    const lines = readFileSync(this.logFile, 'utf8').trim().split('\n').filter(Boolean);
    return new ServerStartError(this.name, why, lines.slice(-KEPT_LINES), this.logFile);
  }

  async stop(): Promise<Observed> {
    const fromMs = performance.now();
    const { stopSignal, stopDeadlineMs } = this.#options.recipe;
    const family = this.#family();
    // To the server itself and to no other: Postgres, for one, ends its children in an order of its own.
    signal(
      family.filter(({ pid }) => pid === this.#identity?.pid),
      stopSignal,
    );
    await this.#gone(family, stopDeadlineMs, `did not end within ${stopDeadlineMs / 1000} s of ${stopSignal}`);
    return { durationMs: performance.now() - fromMs };
  }

  async kill(): Promise<Observed> {
    const fromMs = performance.now();
    const family = this.#family();
    signal(family, 'SIGKILL');
    await this.#gone(family, SIGNAL_DEADLINE_MS, 'did not end by SIGKILL');
    return { durationMs: performance.now() - fromMs };
  }

  #family(): ProcessIdentity[] {
    return this.#identity === null ? [] : familyOf(this.#identity.pid);
  }

  /** Its processes are gone, and nobody accepts connections at its port. */
  async #gone(family: readonly ProcessIdentity[], limitMs: number, otherwise: string): Promise<void> {
    await this.#until(async () => !family.some(isAlive) && !(await isOpen(this.port)), limitMs, otherwise);
    this.#child = null;
    this.#identity = null;
  }

  async restart(): Promise<Observed> {
    const { durationMs } = await this.stop();
    return { durationMs: durationMs + (await this.start()).durationMs };
  }

  async pause(): Promise<Observed> {
    const fromMs = performance.now();
    if (this.#identity === null) throw new Error(`${this.name} does not run`);
    // Until none is left that runs: one that was not stopped yet may have started another.
    await this.#until(
      async () => {
        const running = this.#family().filter(({ pid }) => !isStopped(pid));
        signal(running, 'SIGSTOP');
        return running.length === 0;
      },
      SIGNAL_DEADLINE_MS,
      'did not stop',
    );
    return { durationMs: performance.now() - fromMs };
  }

  async resume(): Promise<Observed> {
    const fromMs = performance.now();
    if (this.#identity === null) throw new Error(`${this.name} does not run`);
    signal(this.#family(), 'SIGCONT');
    const { recipe } = this.#options;
    const problem = await this.#ready(
      AbortSignal.any([this.#options.signal, AbortSignal.timeout(recipe.startDeadlineMs)]),
    );
    this.#options.signal.throwIfAborted();
    if (problem !== null) throw new Error(`${this.name} ${problem} after it was resumed`);
    return { durationMs: performance.now() - fromMs };
  }

  async memoryBytes(): Promise<number | null> {
    return this.#identity === null ? null : residentBytes(this.#identity.pid);
  }

  async #until(condition: () => Promise<boolean>, limitMs: number, otherwise: string): Promise<void> {
    const deadlineMs = performance.now() + limitMs;
    while (!(await condition())) {
      if (performance.now() > deadlineMs) throw new Error(`${this.name} ${otherwise}`);
      await delay(POLL_MS);
    }
  }

  /** Kills it, paused or not: its data is the run's, and the run is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#identity === null) return;
    await this.kill();
  }
}

/** Sends a signal to each; one that has ended meanwhile is left out. */
function signal(processes: readonly ProcessIdentity[], name: NodeJS.Signals): void {
  for (const one of processes) {
    if (!isAlive(one)) continue;
    try {
      process.kill(one.pid, name);
    } catch {
      // It ended between the question and the signal.
    }
  }
}
