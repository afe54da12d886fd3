/**
 * What a server of the stack is, whoever provides it.
 *
 *   running ── pause ──▶ paused ── resume ──▶ running
 *   running ── stop or kill ──▶ down ── start ──▶ running, on the same data and port
 *
 * Invariant: each of these resolves when its effect was observed (a port is closed, an operation is answered), not when
 * it was asked for. Read next: native/server-process.ts (how), native/recipe.ts (what differs from kind to kind).
 */
export const SERVER_KINDS = ['postgres', 'redis', 'rabbitmq', 'kafka', 'nginx'] as const;
export type ServerKind = (typeof SERVER_KINDS)[number];

/** How many instances of each an experiment asks for. */
export type Needs = Partial<Record<ServerKind, number>>;

export type ProviderName = 'native' | 'external' | 'docker';

/** An effect that was observed, and how long that took from the moment it was asked for. */
export interface Observed {
  durationMs: number;
}

/** Data of one variant or test, apart from that of others on the same server. Disposing it throws it away. */
export interface FreshData extends AsyncDisposable {
  /** What a client of this data connects to. */
  readonly url: string;
}

export interface Server extends AsyncDisposable {
  readonly kind: ServerKind;
  /** The kind with a number: `redis-1`, `redis-2`. */
  readonly name: string;
  readonly provider: ProviderName;
  readonly host: string;
  readonly port: number;
  /** What a client connects to. The same after a restart. */
  readonly url: string;
  /** As the server itself says it. */
  readonly version: string;
  /** SIGTERM or the server's own way to end in order; resolves when it is gone and its port is closed. */
  stop(): Promise<Observed>;
  /** SIGKILL; resolves when it is gone and its port is closed. */
  kill(): Promise<Observed>;
  /** After `stop` or `kill`: on the same data and port; resolves when a real operation is answered. */
  start(): Promise<Observed>;
  /** `stop`, then `start`. */
  restart(): Promise<Observed>;
  /** SIGSTOP of all its processes; resolves when the system shows them stopped. */
  pause(): Promise<Observed>;
  /** SIGCONT; resolves when a real operation is answered again. */
  resume(): Promise<Observed>;
  /**
   * Data of that name alone. Postgres: a database, dropped with its connections when disposed. Redis: the keys that
   * begin with the name and a colon, removed when disposed. Kafka: topics and groups that begin with the name and a dot,
   * removed when disposed. The others: nothing, queues carry the name.
   * Disposing does nothing if the server is down, paused or gone. Postgres refuses a name that is there already.
   *
   * Throws RangeError unless the name is of lower-case letters, digits and _, begins with a letter, has at most 63.
   */
  freshData(name: string): Promise<FreshData>;
  /**
   * Sets its wall clock that far from this machine's, forwards or (negative) back; 0 is in step. Resolves when the server
   * itself says the new time. Its monotonic clock, and everybody else's clocks, stay as they are; a restart keeps the
   * offset. Throws UnsupportedError unless it was started by `renew` with `adjustableClock`.
   */
  setClockOffset(offsetMs: number): Promise<Observed>;
  /** Resident memory of all its processes; null where nobody can tell. */
  memoryBytes(): Promise<number | null>;
  /** Null for a server that somebody else runs. */
  readonly logFile: string | null;
}

/** What a provider cannot do with its servers: an external one is nobody's to kill. */
export class UnsupportedError extends Error {
  override readonly name = 'UnsupportedError';
}

/** A server that did not start. The message ends with its own last lines and says where the rest is. */
export class ServerStartError extends Error {
  override readonly name = 'ServerStartError';
  readonly code = 'SERVER_START';
  /** As shared/experiment/exit-code.ts has it: something needed is missing. Without one it would pass for our defect. */
  readonly exitCode = 4;
  readonly server: string;
  readonly logFile: string;
  constructor(server: string, why: string, lastLines: readonly string[], logFile: string) {
    const said = lastLines.length === 0 ? 'It printed nothing.' : `Its last lines:\n  ${lastLines.join('\n  ')}`;
    super(`${server} ${why}. ${said}\nThe rest is in ${logFile}`);
    this.server = server;
    this.logFile = logFile;
  }
}
