/**
 * What one Redis was told, as MONITOR shows it: every command of every client, in the order in which the node
 * executed them.
 *
 *   connecting ── MONITOR accepted ──▶ watching ── connection lost ──▶ connecting …
 *
 * Invariant: what was not seen is known. Each time it is back it says since when it saw nothing, and which keys the
 * node has now; both are asked for in the same write as MONITOR, so that no command of another client comes between.
 * The connection is a plain socket: ioredis splits MONITOR's lines at quotes that may be part of a script, and loses
 * the lines that arrive together with the first answer.
 * While nodes are busy a witness must cost nothing, or it disturbs what it watches: what arrives is kept as bytes,
 * outside of the garbage collector's heap, and taken apart when somebody asks.
 * Read next: resp.ts (how the lines are read), grants.ts (what follows from them).
 */
import { connect, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { type Reply, readReply, splitArguments } from './resp.ts';

export interface SeenCommand {
  /** The node's place in the list of urls, from 0. */
  node: number;
  /** By the node's wall clock, in milliseconds since 1970, with microseconds as a fraction. */
  atMs: number;
  /** Run by a script, which is seen as a command of its own right before. */
  isScript: boolean;
  /** The command and its arguments. A long argument, such as a script's text, is cut. */
  command: string[];
}

/** A time in which a node was not watched. */
export interface Gap {
  node: number;
  /** When the connection was lost, by this machine's clock. */
  fromMs: number;
  /** When it was back, by the node's clock. */
  untilMs: number;
  /** The keys of this run that the node had then. */
  keys: string[];
}

/** Shorter than the services' own wait, so that it is back before they are. */
const RECONNECT_MS = 10;
/** Far above a lock's value. */
const MAX_ARGUMENT_LENGTH = 200;
/** These touch every key and name none. */
const FOR_ALL_KEYS = ['FLUSHALL', 'FLUSHDB'];

export interface MonitorOptions {
  url: string;
  node: number;
  /** A command is of interest if one of its arguments begins with this. */
  keyPrefix: string;
  /** What is kept of the node's lines, of all keys. Those that come later are dropped. */
  maxBytes: number;
  onCommand: (seen: SeenCommand) => void;
  onGap: (gap: Gap) => void;
}

export class Monitor {
  readonly #options: MonitorOptions;
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #lostAtMs: number | undefined;
  #isWatching = false;
  readonly #watching = Promise.withResolvers<void>();
  /** As it arrived; null where a connection ended, maybe in the middle of a line. */
  #kept: (Buffer | null)[] = [];
  #keptBytes = 0;
  #overflowed = false;
  /** The beginning of a line whose end has not arrived yet. */
  #unread = '';
  #reading = Promise.resolve();

  constructor(options: MonitorOptions) {
    this.#options = options;
    this.#connect();
  }

  get isWatching(): boolean {
    return this.#isWatching;
  }

  /** Whether lines were dropped. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Resolves when it watches for the first time. */
  get watching(): Promise<void> {
    return this.#watching.promise;
  }

  /** Hands over the commands that have arrived until now, a piece at a turn of the event loop. */
  read(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#readKept());
    return this.#reading;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#socket?.destroy();
  }

  #connect(): void {
    const { hostname, port, username, password } = new URL(this.#options.url);
    const socket = connect({ host: hostname, port: Number(port || 6379) });
    this.#socket = socket;
    const answers: Reply[] = [];
    let unread = '';
    const hello = [
      ...(password === '' ? [] : [['AUTH', ...(username === '' ? [] : [username]), password].map(decodeURIComponent)]),
      ['TIME'],
      ['KEYS', `${this.#options.keyPrefix.replaceAll(/[*?[\]^\\]/g, '\\$&')}*`],
      ['MONITOR'],
    ];
    socket.once('connect', () => socket.write(hello.map(asRequest).join('')));
    socket.on('data', (bytes: Buffer) => {
      if (this.#isWatching) return this.#keep(bytes);
      unread += bytes.toString('latin1');
      for (let read = readReply(unread, 0); read !== null; read = readReply(unread, 0)) {
        unread = unread.slice(read.end);
        // A node that still loads its data refuses all of them.
        if (read.reply instanceof Error) return void socket.destroy();
        if (answers.push(read.reply) < hello.length) continue;
        this.#watch(answers);
        return this.#keep(Buffer.from(unread, 'latin1'));
      }
    });
    // A node that is down is no reason to fail: what comes of it is 'close'.
    socket.on('error', () => {});
    socket.once('close', () => {
      if (this.#isWatching) {
        this.#lostAtMs = Date.now();
        this.#kept.push(null);
      }
      this.#isWatching = false;
      if (!this.#isClosed) this.#timer = setTimeout(() => this.#connect(), RECONNECT_MS);
    });
  }

  #watch(answers: readonly Reply[]): void {
    const [time, keys] = answers.slice(-3) as [string[], string[]];
    const [seconds, microseconds] = time.map(Number) as [number, number];
    const { node, onGap } = this.#options;
    if (this.#lostAtMs !== undefined) {
      onGap({ node, fromMs: this.#lostAtMs, untilMs: seconds * 1000 + microseconds / 1000, keys });
    }
    this.#isWatching = true;
    this.#watching.resolve();
  }

  #keep(bytes: Buffer): void {
    // The first are kept: a replay that begins in the middle knows nothing of who holds.
    this.#overflowed ||= this.#keptBytes + bytes.length > this.#options.maxBytes;
    if (this.#overflowed) return;
    this.#keptBytes += bytes.length;
    this.#kept.push(bytes);
  }

  async #readKept(): Promise<void> {
    const kept = this.#kept;
    this.#kept = [];
    for (const bytes of kept) {
      // One byte is one character: lengths are in bytes, and MONITOR escapes whatever is not ASCII.
      const text = bytes === null ? '' : this.#unread + bytes.toString('latin1');
      let at = 0;
      for (let read = readReply(text, at); read !== null; read = readReply(text, at)) {
        at = read.end;
        this.#see(read.reply);
      }
      this.#unread = text.slice(at);
      await turn();
    }
  }

  /** `1795281979.948873 [0 lua] "get" "lab:lock:1"` */
  #see(line: Reply): void {
    const [, seconds, source, rest] = /^(\d+\.\d+) \[\d+ ([^\]]*)\] (.*)$/s.exec(String(line)) ?? [];
    if (seconds === undefined || source === undefined || rest === undefined) return;
    const { node, keyPrefix, onCommand } = this.#options;
    const command = splitArguments(rest);
    const isOfInterest =
      command.some((argument) => argument.startsWith(keyPrefix)) ||
      FOR_ALL_KEYS.includes(command[0]?.toUpperCase() ?? '');
    if (!isOfInterest) return;
    onCommand({
      node,
      atMs: Number(seconds) * 1000,
      isScript: source === 'lua',
      command: command.map((argument) => argument.slice(0, MAX_ARGUMENT_LENGTH)),
    });
  }
}

function asRequest(command: readonly string[]): string {
  const bulk = command.map((argument) => Buffer.from(argument).toString('latin1'));
  return `*${bulk.length}\r\n${bulk.map((argument) => `$${argument.length}\r\n${argument}\r\n`).join('')}`;
}
