/**
 * A native server: what a recipe starts, and everything that a fault may do to it.
 *
 * Ready means that a real operation was answered. Invariant: after it is disposed nothing of it runs, also if it was
 * paused or had never become ready. Read next: server-life.ts, recipe.ts, redis.ts.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { freshDataOf } from '../fresh-data/fresh-data.ts';
import { orNoSpace } from '../no-space.ts';
import { observed } from '../observed.ts';
import { freePorts } from '../ports.ts';
import { type FreshData, type Observed, type Server, UnsupportedError } from '../server.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import type { AdjustableClock } from './adjustable-clock.ts';
import { answered } from './readiness.ts';
import type { Instance, Program, Recipe } from './recipe.ts';
import { ServerLife } from './server-life.ts';
import { PortTakenError, startFailure } from './start-failure.ts';

const LOG = 'log';
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
  /** What `setClockOffset` sets; left out: the machine's own clock. */
  clock?: AdjustableClock;
}

export class NativeServer implements Server {
  readonly provider = 'native';
  readonly host = '127.0.0.1';
  readonly #options: NativeServerOptions;
  readonly #instance: Instance;
  #life: ServerLife | null = null;

  private constructor(options: NativeServerOptions, instance: Instance) {
    this.#options = options;
    this.#instance = instance;
  }

  /** Prepares its data and starts it; resolves when a real operation was answered. Throws ServerStartError. */
  static async start(options: NativeServerOptions): Promise<NativeServer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await NativeServer.#startOnFreePorts(options);
      } catch (error) {
        if (!(error instanceof PortTakenError)) throw orNoSpace(error, options.name, options.folder);
        if (attempt === PORT_ATTEMPTS) throw error;
      }
    }
  }

  static async #startOnFreePorts(options: NativeServerOptions): Promise<NativeServer> {
    const { recipe, program, name, tools, signal, clock } = options;
    const folder = join(options.folder, name);
    const [port = 0, ...extraPorts] = await freePorts(1 + recipe.extraPorts);
    const instance: Instance = { name, port, extraPorts, folder, dataFolder: join(folder, 'data') };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await recipe.prepare(program, instance, tools, signal);
    await clock?.prepare(instance);
    await using starting = new AsyncDisposableStack();
    const server = starting.use(new NativeServer(options, instance));
    await server.start();
    starting.move();
    return server;
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
    return join(this.#instance.folder, LOG);
  }

  start(): Promise<Observed> {
    return observed(async () => {
      const { recipe, program, onSpawn, signal, clock } = this.#options;
      signal.throwIfAborted();
      if (this.#life !== null) throw new Error(`${this.name} runs already: stop or kill it first`);
      const { name, logFile } = this;
      const { port, folder } = this.#instance;
      const plain = recipe.command(program, this.#instance);
      const command = clock?.command(plain, this.#instance) ?? plain;
      this.#life = new ServerLife({ name, command, folder, port, logFile, onSpawn });
      const hasEnded = new AbortController();
      const problem = await Promise.race([this.#life.ended, this.#ready(hasEnded.signal)]);
      hasEnded.abort();
      signal.throwIfAborted();
      if (problem !== null) throw startFailure(name, problem, logFile, this.#life.logStartByte);
    });
  }

  /** Null when an operation was answered, else what is wrong. */
  async #ready(ended?: AbortSignal): Promise<string | null> {
    const { recipe, signal } = this.#options;
    const limits = [signal, AbortSignal.timeout(recipe.startDeadlineMs), ...(ended === undefined ? [] : [ended])];
    const isReady = await answered((limit) => recipe.operate(this.#instance, limit), AbortSignal.any(limits));
    return isReady ? null : `was not ready after ${recipe.startDeadlineMs / 1000} s`;
  }

  stop(): Promise<Observed> {
    const { stopSignal, stopDeadlineMs } = this.#options.recipe;
    return observed(async () => {
      await this.#life?.stop(stopSignal, stopDeadlineMs);
      this.#life = null;
    });
  }

  kill(): Promise<Observed> {
    return observed(async () => {
      await this.#life?.kill();
      this.#life = null;
    });
  }

  async restart(): Promise<Observed> {
    const { durationMs } = await this.stop();
    return { durationMs: durationMs + (await this.start()).durationMs };
  }

  pause(): Promise<Observed> {
    return observed(() => this.#running().pause());
  }

  resume(): Promise<Observed> {
    return observed(async () => {
      this.#running().resume();
      const problem = await this.#ready();
      this.#options.signal.throwIfAborted();
      if (problem !== null) throw new Error(`${this.name} ${problem} after it was resumed`);
    });
  }

  #running(): ServerLife {
    if (this.#life === null) throw new Error(`${this.name} does not run`);
    return this.#life;
  }

  setClockOffset(offsetMs: number): Promise<Observed> {
    const { clock, recipe, signal } = this.#options;
    const { readClockMs } = recipe;
    return observed(async () => {
      if (clock === undefined || readClockMs === undefined) {
        throw new UnsupportedError(`${this.name} has this machine's clock: renew it with adjustableClock`);
      }
      this.#running();
      await clock.set(this.#instance, offsetMs, (limit) => readClockMs(this.#instance, limit), signal);
    });
  }

  freshData(name: string): Promise<FreshData> {
    // Once it is gone another server may have its port.
    const isThere = () => this.#life?.isRunning ?? false;
    return freshDataOf(this.#options.recipe.freshData, this.url, name, isThere);
  }

  async memoryBytes(): Promise<number | null> {
    return this.#life?.residentBytes() ?? null;
  }

  /** Throws away all that is in its folder, its data first of all, except the log: of a server that does not run. */
  async discard(): Promise<void> {
    const { folder } = this.#instance;
    for (const name of await readdir(folder)) {
      if (name !== LOG) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  /** Kills it, paused or not: its data is the run's, and the run is over. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
