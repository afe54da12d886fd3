/**
 * One life of a native server: from the process that was started to the moment when nothing of it runs any more.
 *
 *   spawned ── end ──▶ gone        pause and resume between them
 *
 * Invariant: every signal goes to processes whose identity is known to be ours, never to a number alone.
 * Read next: process-family.ts (who belongs to it), server-process.ts (a server, which has several lives).
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { isOpen } from '../ports.ts';
import { identify, isAlive, isStopped, type ProcessIdentity } from '../process-identity.ts';
import { familyOf, residentBytes } from './process-family.ts';
import { POLL_MS } from './readiness.ts';
import type { Command } from './recipe.ts';

const SIGNAL_DEADLINE_MS = 2000;

export interface LifeOptions {
  /** The server's name, for messages. */
  name: string;
  command: Command;
  /** Where it runs if the command does not say. */
  folder: string;
  /** The one for clients: closed when it is gone. */
  port: number;
  logFile: string;
  onSpawn: (pid: number, name: string) => void;
}

export class ServerLife {
  /** How it ended or why it could not be run, for a sentence that begins with its name. */
  readonly ended: Promise<string>;
  /** Where in the log what it says begins. */
  readonly logStartByte: number;
  readonly #name: string;
  readonly #port: number;
  readonly #leader: ProcessIdentity | null;

  constructor({ name, command: { file, args, env, cwd }, folder, port, logFile, onSpawn }: LifeOptions) {
    this.#name = name;
    this.#port = port;
    const log = openSync(logFile, 'a');
    this.logStartByte = fstatSync(log).size;
    const child = spawn(file, [...args], {
      stdio: ['ignore', log, log],
      // A group of its own: a terminal's Ctrl-C does not reach it, and what it starts goes with it.
      detached: true,
      cwd: cwd ?? folder,
      env: { ...process.env, ...env },
    });
    closeSync(log);
    this.ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`could not be run (${error.message})`));
      child.once('exit', (code, killed) => resolve(`ended at its start (${killed ?? `exit code ${code}`})`));
    });
    if (child.pid !== undefined) onSpawn(child.pid, name);
    this.#leader = child.pid === undefined ? null : identify(child.pid);
  }

  /** Neither ended nor paused. */
  get isRunning(): boolean {
    return this.#leader !== null && isAlive(this.#leader) && !isStopped(this.#leader.pid);
  }

  #family(): ProcessIdentity[] {
    return this.#leader === null ? [] : familyOf(this.#leader.pid);
  }

  /** Asks it to end in order; resolves when it is gone and nobody accepts connections at its port. */
  async stop(name: NodeJS.Signals, limitMs: number): Promise<void> {
    const family = this.#family();
    // To the server itself and to no other: Postgres, for one, ends its children in an order of its own.
    send(
      family.filter(({ pid }) => pid === this.#leader?.pid),
      name,
    );
    await this.#gone(family, limitMs, `did not end within ${limitMs / 1000} s of ${name}`);
  }

  /** SIGKILL to all of it, paused or not; resolves as `stop` does. */
  async kill(): Promise<void> {
    const family = this.#family();
    send(family, 'SIGKILL');
    await this.#gone(family, SIGNAL_DEADLINE_MS, 'did not end by SIGKILL');
  }

  #gone(family: readonly ProcessIdentity[], limitMs: number, otherwise: string): Promise<void> {
    return this.#until(async () => !family.some(isAlive) && !(await isOpen(this.#port)), limitMs, otherwise);
  }

  /** SIGSTOP to all of it; resolves when the system shows them stopped. */
  pause(): Promise<void> {
    // Until none is left that runs: one that was not stopped yet may have started another.
    const allStopped = async () => {
      const running = this.#family().filter(({ pid }) => !isStopped(pid));
      send(running, 'SIGSTOP');
      return running.length === 0;
    };
    return this.#until(allStopped, SIGNAL_DEADLINE_MS, 'did not stop');
  }

  /** SIGCONT to all of it. */
  resume(): void {
    send(this.#family(), 'SIGCONT');
  }

  residentBytes(): number | null {
    return this.#leader === null ? null : residentBytes(this.#leader.pid);
  }

  async #until(condition: () => Promise<boolean>, limitMs: number, otherwise: string): Promise<void> {
    const deadlineMs = performance.now() + limitMs;
    while (!(await condition())) {
      if (performance.now() > deadlineMs) throw new Error(`${this.#name} ${otherwise}`);
      await delay(POLL_MS);
    }
  }
}

/** Sends a signal to each; one that has ended meanwhile is left out. */
function send(processes: readonly ProcessIdentity[], name: NodeJS.Signals): void {
  for (const one of processes) {
    if (!isAlive(one)) continue;
    try {
      process.kill(one.pid, name);
    } catch {
      // It ended between the question and the signal.
    }
  }
}
