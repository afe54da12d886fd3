/**
 * The generator's process as its parent sees it.
 *
 * States: opened (it makes itself warm) → prepared with a plan → running → gone. Invariant: nothing is left behind. The
 * process dies with its parent (its stdin ends), on disposal, when a deadline passes, and when the signal fires. It
 * leads a process group of its own, so that Ctrl-C in a terminal reaches the parent only, which then decides between
 * abort() (what was measured so far) and disposal.
 * Read next: generator.ts (the process itself), protocol.ts (what is said).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { monotonicMs } from './clock.ts';
import { columnsFromBytes } from './columns.ts';
import type { LoadPlan, LoadReport } from './plan.ts';
import { type FromGenerator, type LoadProgress, MARGIN_MS, type ToGenerator } from './protocol.ts';
import { scheduleOf } from './schedule.ts';

const GENERATOR = join(import.meta.dirname, 'generator.ts');
const READY_LIMIT_MS = 30_000;
/** Between the call of run() and the first send: the message is there by then, and connections beside the load are open. */
const START_DELAY_MS = 100;
const LOG_LINES = 8;

export interface GeneratorOptions {
  /** An existing temporary folder for the generator's log and, while they are handed over, its rows. */
  folder: string;
  /** When it fires, the process is killed and what is pending rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Called right after the spawn, before anything else can happen, so that a reaper can be told. */
  onSpawn?: (pid: number) => void;
  /** Every 250 ms of a run. */
  onProgress?: (progress: LoadProgress) => void;
  /** Arguments for node itself, before the file. */
  nodeArguments?: string[];
}

/** A generator whose plan is not known yet. */
export interface OpenGenerator extends AsyncDisposable {
  readonly pid: number;
  /**
   * Gives it its plan; resolves when it is ready. Rejects with RangeError on a plan that is nonsense, and with an Error
   * that carries the exit code and the last log lines if the process has died or cannot load its operation.
   */
  prepare(plan: LoadPlan): Promise<LoadGenerator>;
}

/** A generator that is ready to send. It runs once. */
export interface LoadGenerator extends AsyncDisposable {
  readonly pid: number;
  /** Sends. `startAtMonotonicMs` is on clock.ts's clock and may be in the future; default: as soon as possible. */
  run(startAtMonotonicMs?: number): Promise<LoadReport>;
  /** Stops sending. run() resolves with what there is; operations in flight stay unfinished. */
  abort(): void;
}

/** Throws RangeError on a plan that is nonsense. */
export function requireSense(plan: LoadPlan): void {
  if (!Number.isFinite(plan.timeoutMs) || plan.timeoutMs <= 0) {
    throw new RangeError(`timeoutMs must be above 0, received ${plan.timeoutMs}`);
  }
  scheduleOf({ ...plan, durationMs: Math.min(plan.durationMs, 1) }); // its checks of the plan, without the rows
}

export class GeneratorProcess implements OpenGenerator, LoadGenerator {
  readonly pid: number;
  #plan: LoadPlan | undefined;
  readonly #options: GeneratorOptions;
  readonly #child: ChildProcess;
  readonly #logFile: string;
  readonly #operationsFile: string;
  readonly #ready = Promise.withResolvers<void>();
  readonly #report = Promise.withResolvers<Omit<LoadReport, 'operations'>>();
  readonly #exited = Promise.withResolvers<void>();
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    const name = `load-${randomUUID().slice(0, 8)}`;
    this.#logFile = join(options.folder, `${name}.log`);
    this.#operationsFile = join(options.folder, `${name}.operations`);
    const log = openSync(this.#logFile, 'a');
    try {
      this.#child = spawn(process.execPath, [...(options.nodeArguments ?? []), GENERATOR], {
        detached: true,
        stdio: ['pipe', log, log, 'pipe'],
      });
    } finally {
      closeSync(log);
    }
    this.pid = this.#child.pid ?? -1;
    if (this.#child.pid !== undefined) options.onSpawn?.(this.#child.pid);
    // Whichever of these is not awaited must not count as unhandled.
    this.#ready.promise.catch(() => {});
    this.#report.promise.catch(() => {});
    this.#listen();
  }

  #listen(): void {
    const fromChild = this.#child.stdio[3] as Readable;
    const lines = createInterface({ input: fromChild });
    lines.on('line', (line) => this.#hear(JSON.parse(line) as FromGenerator));
    (this.#child.stdin as Writable).on('error', () => {}); // it died; 'exit' says so
    this.#child.on('error', (error) => this.#fail(error));
    // 'close' rather than 'exit': the last line may still be in the pipe when the process is gone.
    this.#child.on('close', (code, signal) => void this.#onClose(code, signal));
    this.#child.on('exit', () => this.#exited.resolve());
    this.#options.signal?.addEventListener('abort', this.#onSignal, { once: true });
  }

  #hear(message: FromGenerator): void {
    if (message.type === 'ready') this.#ready.resolve();
    else if (message.type === 'report') this.#report.resolve(message.report);
    else if (message.type === 'failed') this.#fail(new Error(`The load generator failed: ${message.message}`));
    else {
      const { type: _, ...progress } = message;
      this.#options.onProgress?.(progress);
    }
  }

  #tell(message: ToGenerator): void {
    (this.#child.stdin as Writable).write(`${JSON.stringify(message)}\n`);
  }

  #onSignal = (): void => this.#fail(this.#options.signal?.reason);

  #fail(error: unknown): void {
    this.#ready.reject(error);
    this.#report.reject(error);
    this.#kill();
  }

  async #onClose(code: number | null, signal: string | null): Promise<void> {
    const log = await readFile(this.#logFile, 'utf8').catch(() => '');
    const lastLines = log.trimEnd().split('\n').slice(-LOG_LINES).join('\n');
    const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
    this.#fail(new Error(`The load generator ended early (${how}). Its last lines:\n${lastLines || '(none)'}`));
    this.#exited.resolve(); // 'exit' never comes if it could not be spawned
  }

  /** Warms HTTP up while there is no plan yet. */
  warmUp(): this {
    this.#tell({ type: 'warm-up' });
    return this;
  }

  async prepare(plan: LoadPlan): Promise<LoadGenerator> {
    requireSense(plan);
    this.#plan = plan;
    this.#limit(READY_LIMIT_MS, 'was not ready');
    this.#tell({ type: 'plan', plan, operationsFile: this.#operationsFile });
    await this.#ready.promise;
    return this;
  }

  async run(startAtMonotonicMs = monotonicMs() + START_DELAY_MS): Promise<LoadReport> {
    if (this.#plan === undefined) throw new Error('the load generator has no plan to run');
    const { durationMs, timeoutMs } = this.#plan;
    const untilStart = Math.max(0, startAtMonotonicMs - monotonicMs());
    this.#limit(untilStart + durationMs + timeoutMs + MARGIN_MS * 3, 'did not report');
    this.#tell({ type: 'start', atMonotonicMs: startAtMonotonicMs });
    const report = await this.#report.promise;
    clearTimeout(this.#deadline);
    await this.#exited.promise;
    const bytes = await readFile(this.#operationsFile);
    await rm(this.#operationsFile, { force: true });
    return { ...report, operations: columnsFromBytes(bytes, report.counts.intended) };
  }

  abort(): void {
    this.#tell({ type: 'abort' });
  }

  #limit(limitMs: number, what: string): void {
    clearTimeout(this.#deadline);
    this.#deadline = setTimeout(() => {
      this.#fail(new Error(`The load generator ${what} within ${Math.round(limitMs)} ms; its log is ${this.#logFile}`));
    }, limitMs);
    this.#deadline.unref();
  }

  #kill(): void {
    clearTimeout(this.#deadline);
    this.#options.signal?.removeEventListener('abort', this.#onSignal);
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL'); // the group: a module's own children too
    } catch {
      this.#child.kill('SIGKILL'); // gone already, or its group is not there yet
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kill();
    await this.#exited.promise;
    await rm(this.#operationsFile, { force: true });
  }
}
