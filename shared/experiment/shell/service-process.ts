/**
 * One service of the subject, as a process: started, watched, stopped, killed, started again on the same port.
 *
 * States: starting → listening → (paused ⇄ listening) → gone, and from gone back to starting by restart().
 * Invariant: the engine is told of a process before the process can do anything; every wait has a deadline.
 * Read next: ../probe/preload.ts (the other end of the pipe), ../observation.ts (what comes of it).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '@backend-labs/load';
import { EXIT } from '../exit-code.ts';
import type { ServiceDefinition } from '../lab.ts';
import { PROBE_FD, PROBE_VARIABLE, type ProbeConfiguration, type ProbeMessage } from '../probe/protocol.ts';
import { isStopped, type ProcessIdentity, signalGroup } from './process-identity.ts';
import type { Reaper } from './reaper.ts';

const START_DEADLINE_MS = 15_000;
const STOP_DEADLINE_MS = 3000;
const SIGNAL_DEADLINE_MS = 2000;
const POLL_MS = 2;
const LAST_LINES = 8;

/** A service that ended or stayed silent before it was ready. The message holds its last lines. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
  readonly exitCode = EXIT.missing;
  readonly service: string;
  readonly logFile: string;
  constructor(service: string, why: string, lastLines: string[], logFile: string) {
    const said =
      lastLines.length === 0
        ? 'It printed nothing.'
        : `Its last lines:\n${lastLines.map((l) => `    ${l}`).join('\n')}`;
    super(`the service ${service} ${why}. ${said}\n  All of its output: ${logFile}`);
    this.service = service;
    this.logFile = logFile;
  }
}

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
  onUnexpectedExit: (exit: {
    code: number | null;
    signal: string | null;
    atMonotonicMs: number;
    lastLines: string[];
    logFile: string;
  }) => void;
}

export class ServiceProcess implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  readonly counterFile: string;
  url = '';
  #options: ServiceProcessOptions;
  #child: ChildProcess | null = null;
  #identity: ProcessIdentity | null = null;
  #exited: Promise<void> = Promise.resolve();
  /** The pipe of the probe is read to its end. */
  #drained: Promise<void> = Promise.resolve();
  #ending = false;
  #startDeadlineMs: number;

  private constructor(options: ServiceProcessOptions) {
    this.#options = options;
    this.#startDeadlineMs = options.startDeadlineMs ?? START_DEADLINE_MS;
    this.name = options.definition.name;
    this.logFile = join(options.runFolder, `${this.name}.log`);
    this.counterFile = join(options.runFolder, `${this.name}.counters`);
  }

  /** Starts it; resolves when it accepts connections and answers its readiness route. Throws ServiceStartError. */
  static async start(options: ServiceProcessOptions): Promise<ServiceProcess> {
    const service = new ServiceProcess(options);
    try {
      await service.#launch('0');
      return service;
    } catch (error) {
      await service[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #launch(port: string): Promise<void> {
    const { definition, labFolder, reaper } = this.#options;
    const configuration: ProbeConfiguration = {
      service: this.name,
      counterFile: this.counterFile,
      destinations: this.#options.destinations,
      gauges: definition.watch?.gauges ?? {},
      events: [...(definition.watch?.events ?? [])],
      holds: this.#options.holds,
    };
    const preload = new URL('../probe/preload.ts', import.meta.url).href;
    const log = openSync(this.logFile, 'a');
    this.#ending = false;
    const child = spawn(process.execPath, ['--import', preload, join(labFolder, definition.entry)], {
      cwd: labFolder,
      env: {
        ...inheritedEnvironment(),
        ...this.#options.environment,
        PORT: port,
        [PROBE_VARIABLE]: JSON.stringify(configuration),
      },
      stdio: ['ignore', log, log, 'pipe'],
      detached: true,
    });
    this.#child = child;
    closeSync(log);
    let ended: { code: number | null; signal: string | null } | null = null;
    this.#exited = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('exit', (code, signal) => {
        ended = { code, signal };
        if (!this.#ending && this.url !== '') {
          const { logFile } = this;
          this.#options.onUnexpectedExit({
            code,
            signal,
            atMonotonicMs: monotonicMs(),
            lastLines: this.lastLines(),
            logFile,
          });
        }
        resolve();
      });
    });
    try {
      this.#identity = child.pid === undefined ? null : reaper.watch(child.pid, this.name);
    } catch (error) {
      // It could not be written down (no space). Without an identity nobody else would end it.
      child.kill('SIGKILL');
      throw error;
    }
    const listening = Promise.withResolvers<string>();
    const lines = createInterface({ input: child.stdio[PROBE_FD] as Readable });
    this.#drained = new Promise((resolve) => lines.once('close', resolve));
    lines.on('line', (line) => {
      const message = parseMessage(line);
      if (message?.type === 'listening') listening.resolve(message.url);
      else if (message !== null) this.#options.onMessage(message);
    });
    const gone = new AbortController();
    void this.#exited.then(() => gone.abort());
    const deadline = AbortSignal.any([this.#options.signal, gone.signal, AbortSignal.timeout(this.#startDeadlineMs)]);
    const gaveUp = new Promise<null>((resolve) => {
      if (deadline.aborted) resolve(null);
      deadline.addEventListener('abort', () => resolve(null), { once: true });
    });
    const url = await Promise.race([listening.promise, gaveUp]);
    this.#options.signal.throwIfAborted();
    if (url === null || !(await answers(url, deadline))) throw this.#startError(ended);
    this.url = url;
  }

  #startError(ended: { code: number | null; signal: string | null } | null): ServiceStartError {
    const why =
      ended === null
        ? `was not ready after ${this.#startDeadlineMs / 1000} s`
        : `ended at its start (${ended.signal ?? `exit code ${ended.code}`})`;
    return new ServiceStartError(this.name, why, this.lastLines(), this.logFile);
  }

  /** The end of its log, without stack frames: those of Node's loader alone would push the message itself out. */
  lastLines(): string[] {
    const lines = readFileSync(this.logFile, 'utf8')
      .split('\n')
      .map((line) => line.trimEnd());
    return lines.filter((line) => line !== '' && !/^ +at |^Node\.js v/.test(line)).slice(-LAST_LINES);
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

  async kill(): Promise<void> {
    this.#ending = true;
    this.#signal('SIGKILL');
    await this.#exited;
    const goneAtMs = monotonicMs();
    await this.#lastMessages();
    // A sample holds until the next one: without this, the dead would hold what it held until its restart.
    const gauges = ['http.inFlight', ...Object.keys(this.#options.definition.watch?.gauges ?? {})];
    const none = Object.fromEntries(gauges.map((gauge) => [gauge, [0]]));
    this.#options.onMessage({ type: 'samples', atMs: [goneAtMs], gauges: none });
  }

  async restart(): Promise<void> {
    const { port } = new URL(this.url);
    this.#options.holds = [];
    await this.#launch(port);
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
    const child = this.#child;
    if (child === null || child.pid === undefined) return;
    this.#ending = true;
    this.#signal('SIGCONT');
    this.#signal('SIGTERM');
    const ended = await Promise.race([this.#exited.then(() => true), delay(STOP_DEADLINE_MS, false, { ref: false })]);
    if (!ended) this.#signal('SIGKILL');
    await this.#exited;
    await this.#lastMessages();
  }

  async #lastMessages(): Promise<void> {
    // A grandchild that inherited the pipe would keep it open for ever: the last samples are not worth that.
    await Promise.race([this.#drained, delay(SIGNAL_DEADLINE_MS, undefined, { ref: false })]);
  }
}

/** The last line of a killed process may be cut short. */
function parseMessage(line: string): ProbeMessage | null {
  try {
    return JSON.parse(line) as ProbeMessage;
  } catch {
    return null;
  }
}

/** What of the caller's environment a service sees: nothing that would change how it behaves under load. */
function inheritedEnvironment(): Record<string, string> {
  const keep = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'JAVA_HOME'];
  return Object.fromEntries(
    keep.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
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
