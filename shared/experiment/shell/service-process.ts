/**
 * One service of the subject, as a process: started, watched, stopped, killed, started again on the same port.
 *
 * States: starting → listening → (paused ⇄ listening) → gone, and from gone back to starting by restart().
 * Invariant: the engine is told of a process before the process can do anything; every wait has a deadline.
 * Read next: spawn-service.ts, ../observation.ts (what comes of what it tells).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '@backend-labs/load';
import { freePorts } from '@backend-labs/stack/ports';
import { isStopped, type ProcessIdentity, signalGroup } from '@backend-labs/stack/process-identity';
import type { ServiceDefinition } from '../lab.ts';
import type { ProbeMessage } from '../probe/protocol.ts';
import type { Reaper } from './reaper.ts';
import { lastLinesOf, ServiceStartError } from './service-start-error.ts';
import { type ProcessEnd, type SpawnedService, spawnService } from './spawn-service.ts';

const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 3000;
const SIGNAL_DEADLINE_MS = 2000;
const POLL_MS = 2;

export interface ServiceProcessOptions {
  definition: ServiceDefinition;
  labFolder: string;
  runFolder: string;
  environment: Record<string, string>;
  /** Origins this service may call. */
  destinations: string[];
  holds: { event: string; occurrence: number }[];
  reaper: Reaper;
  signal: AbortSignal;
  /** How long it may take until it answers; 15 s unless told. */
  startDeadlineMs?: number;
  onMessage: (message: ProbeMessage) => void;
  /** The process ended although nobody asked it to. */
  onUnexpectedExit: (exit: ServiceExit) => void;
}

export interface ServiceExit {
  code: number | null;
  signal: string | null;
  atMonotonicMs: number;
  lastLines: string[];
  logFile: string;
}

export class ServiceProcess implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  readonly counterFile: string;
  url = '';
  #options: ServiceProcessOptions;
  #spawned: SpawnedService | null = null;
  #identity: ProcessIdentity | null = null;
  #ending = false;
  /** Holds that are still to come; one that came is not set again by a restart. */
  #holds: ServiceProcessOptions['holds'];
  #startDeadlineMs: number;

  private constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.#holds = options.holds;
    this.#startDeadlineMs = options.startDeadlineMs ?? START_DEADLINE_MS;
    this.name = options.definition.name;
    this.logFile = join(options.runFolder, `${this.name}.log`);
    this.counterFile = join(options.runFolder, `${this.name}.counters`);
  }

  /** Starts it; resolves when it accepts connections and answers its readiness route. Throws ServiceStartError. */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(options);
    try {
      // Not port 0: while a killed service is down, its port must not be given to a client that looks for it.
      const [port] = await freePorts(1);
      await service.#launch(String(port));
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #launch(port: string): Promise<void> {
    const { definition, labFolder, reaper, signal } = this.#options;
    this.#ending = false;
    const spawned = spawnService({
      entry: join(labFolder, definition.entry),
      folder: labFolder,
      environment: { ...this.#options.environment, PORT: port },
      configuration: {
        service: this.name,
        counterFile: this.counterFile,
        destinations: this.#options.destinations,
        gauges: definition.watch?.gauges ?? {},
        events: [...(definition.watch?.events ?? [])],
        records: [...(definition.watch?.records ?? [])],
        holds: this.#holds,
        armedFile: this.#armedFile,
      },
      logFile: this.logFile,
      onMessage: (message) => this.#onMessage(message),
    });
    this.#spawned = spawned;
    try {
      const { pid } = spawned.child;
      this.#identity = pid === undefined ? null : reaper.watch(pid, this.name);
    } catch (error) {
      // It could not be written down (no space). Without an identity nobody else would end it.
      spawned.child.kill('SIGKILL');
      throw error;
    }
    let ended: ProcessEnd | null = null;
    const gone = new AbortController();
    void spawned.exited.then((end) => {
      ended = end;
      if (end !== null && !this.#ending && this.url !== '') this.#reportExit(end);
      gone.abort();
    });
    const deadline = AbortSignal.any([signal, gone.signal, AbortSignal.timeout(this.#startDeadlineMs)]);
    const gaveUp = new Promise<null>((resolve) => {
      if (deadline.aborted) resolve(null);
      deadline.addEventListener('abort', () => resolve(null), { once: true });
    });
    const url = await Promise.race([spawned.listening, gaveUp]);
    signal.throwIfAborted();
    if (url === null || !(await answers(url, deadline))) throw this.#startError(ended);
    this.url = url;
  }

  #onMessage(message: ProbeMessage): void {
    if (message.type === 'held') {
      const came = (hold: { event: string; occurrence: number }) =>
        hold.event === message.event && hold.occurrence === message.occurrence;
      this.#holds = this.#holds.filter((hold) => !came(hold));
    }
    this.#options.onMessage(message);
  }

  #reportExit({ code, signal }: ProcessEnd): void {
    const { logFile } = this;
    this.#options.onUnexpectedExit({
      code,
      signal,
      atMonotonicMs: monotonicMs(),
      lastLines: lastLinesOf(logFile),
      logFile,
    });
  }

  #startError(ended: ProcessEnd | null): ServiceStartError {
    const why =
      ended === null
        ? `was not ready after ${this.#startDeadlineMs / 1000} s`
        : `ended at its start (${ended.signal ?? `exit code ${ended.code}`})`;
    return new ServiceStartError(this.name, why, lastLinesOf(this.logFile), this.logFile);
  }

  get #armedFile(): string {
    return `${this.counterFile}.armed`;
  }

  /** From now on, announced steps count towards its holds. */
  arm(): void {
    writeFileSync(this.#armedFile, '');
  }

  async pause(): Promise<void> {
    this.#signal('SIGSTOP');
    await this.#until(() => this.#identity !== null && isStopped(this.#identity.pid), 'did not stop');
  }

  /** Waits until a process that holds itself at an event is stopped. */
  async untilHeld(): Promise<void> {
    await this.#until(() => this.#identity !== null && isStopped(this.#identity.pid), 'did not hold');
  }

  async resume(): Promise<void> {
    this.#signal('SIGCONT');
    await this.#until(() => this.#identity !== null && !isStopped(this.#identity.pid), 'did not go on');
  }

  /**
   * Resolves when the kernel closes what the process had open, all that it had told has been read, and it is gone or
   * about to be: its exit is only reported after all of its connections are closed, and whoever waited for one of them
   * (a hundred sessions of a database, each waking up) comes first then.
   */
  async kill(): Promise<void> {
    this.#ending = true;
    this.#signal('SIGKILL');
    await Promise.race([this.#spawned?.drained, this.#spawned?.exited]);
    const goneAtMs = monotonicMs();
    await this.#lastMessages();
    // A sample holds until the next one: without this, the dead would hold what it held until its restart.
    const gauges = ['http.inFlight', ...Object.keys(this.#options.definition.watch?.gauges ?? {})];
    const none = Object.fromEntries(gauges.map((gauge) => [gauge, [0]]));
    this.#options.onMessage({ type: 'samples', atMs: [goneAtMs], gauges: none });
  }

  /** Holds that did not come yet are set again, and count from the restart. */
  async restart(): Promise<void> {
    await this.#spawned?.exited;
    await this.#launch(new URL(this.url).port);
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#identity !== null) signalGroup(this.#identity, signal);
  }

  async #until(condition: () => boolean, otherwise: string): Promise<void> {
    const deadlineMs = monotonicMs() + SIGNAL_DEADLINE_MS;
    while (!condition()) {
      if (monotonicMs() > deadlineMs)
        throw new Error(`the service ${this.name} ${otherwise} within ${SIGNAL_DEADLINE_MS} ms`);
      await delay(POLL_MS);
    }
  }

  /** Ends it politely, then with SIGKILL. Its last samples have arrived when this resolves. */
  async [Symbol.asyncDispose](): Promise<void> {
    const spawned = this.#spawned;
    if (spawned?.child.pid === undefined) return;
    this.#ending = true;
    this.#signal('SIGCONT');
    this.#signal('SIGTERM');
    const politely = spawned.exited.then(() => true);
    if (!(await Promise.race([politely, delay(STOP_DEADLINE_MS, false, { ref: false })]))) this.#signal('SIGKILL');
    await spawned.exited;
    await this.#lastMessages();
  }

  async #lastMessages(): Promise<void> {
    // A grandchild that inherited the pipe would keep it open for ever: the last samples are not worth that.
    await Promise.race([this.#spawned?.drained, delay(SIGNAL_DEADLINE_MS, undefined, { ref: false })]);
  }
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const response = await fetch(new URL('/health/ready', url), { signal });
      await response.arrayBuffer();
      if (response.ok) return true;
    } catch {
      // Not yet, or never: the deadline decides.
    }
    await delay(POLL_MS);
  }
  return false;
}
