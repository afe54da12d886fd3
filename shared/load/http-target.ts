/**
 * HTTP operations, one connection per operation in flight, without a cap.
 *
 * A cap would queue operations inside the client, which is what an open model must not do. Connections are undici
 * Clients on a stack, the last one used first, rather than an undici Pool: the Pool looks for a free connection by
 * walking over all of them, so a system that hangs (thousands in flight) would slow the client down, and a Pool cannot
 * drop a connection that is still connecting. Invariant: a Connection carries one operation at a time and is its
 * handler, so an operation allocates nothing of ours, but for a path that holds its id.
 * Read next: destination.ts (urls taken in turn), sender.ts (when operations are sent and given up), http-outcome.ts (how they are judged).
 */
import type { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher } from 'undici';
import { type Destination, destinationsOf } from './destination.ts';
import { outcomeOfAnswer, outcomeOfError } from './http-outcome.ts';
import type { HttpOperation } from './plan.ts';
import type { OperationTarget, Settle } from './target.ts';

/** One error for all: making an Error captures a stack, and ten thousand operations may be given up at once. */
const GIVEN_UP = new Error('given up by the client');
const ignore = () => {};

const IDLE_LIMIT_MS = 60_000;

/** A destination, ready to be sent to. */
interface Route {
  origin: string;
  /** Idle connections to its origin, shared with the other routes there. */
  idle: Connection[];
  /** Path and query around each id; null where none is asked for. */
  parts: readonly string[] | null;
  options: Dispatcher.DispatchOptions;
}

export class HttpTarget implements OperationTarget {
  readonly #routes: readonly [Route, ...Route[]];
  readonly #headers: string[];
  readonly #settle: Settle;
  /** Connections whose answer ended just now, inside undici's parser: free when it has returned. */
  readonly #returning: Connection[] = [];
  readonly #busy = new Map<number, Connection>();
  // No timeouts of undici's: the client's one timeout is the sender's. HTTP/2 would share a connection.
  readonly #connector = buildConnector({ timeout: 0, allowH2: false });
  #closed = false;

  constructor(operation: HttpOperation, settle: Settle) {
    this.#settle = settle;
    // One array for all operations, its last element the id: undici copies it while it dispatches.
    this.#headers = [...Object.entries(operation.headers ?? {}).flat(), 'operation-id', ''];
    const shared = {
      method: (operation.method ?? 'GET') as Dispatcher.HttpMethod,
      headers: this.#headers,
      body: operation.body === undefined ? null : Buffer.from(operation.body),
    };
    const idleByOrigin = new Map<string, Connection[]>();
    const routeOf = ({ origin, parts }: Destination): Route => {
      const idle = idleByOrigin.get(origin) ?? [];
      idleByOrigin.set(origin, idle);
      return { origin, idle, parts: parts.length === 1 ? null : parts, options: { ...shared, path: parts[0] } };
    };
    const [first, ...rest] = destinationsOf(operation.url);
    this.#routes = [routeOf(first), ...rest.map(routeOf)];
  }

  send(row: number): void {
    const route = this.#routes[row % this.#routes.length] as Route;
    const connection = route.idle.pop() ?? new Connection(this, route, this.#connector);
    const id = String(row);
    connection.row = row;
    connection.isSent = false;
    connection.status = 0;
    this.#busy.set(row, connection);
    this.#headers[this.#headers.length - 1] = id;
    if (route.parts !== null) route.options.path = route.parts.join(id);
    connection.client.dispatch(route.options, connection);
  }

  async connect(urls: readonly string[], connections: number): Promise<void> {
    await Promise.all(
      urls.flatMap((url) => {
        const { origin, pathname: path } = new URL(url);
        const route = this.#routes.find((one) => one.origin === origin);
        if (route === undefined) return [];
        const idle = route.idle.splice(0, connections);
        return Array.from({ length: connections }, async (_, index) => {
          const connection = idle[index];
          // An idle one whose server is gone is opened again by a request, or fails if it does not know that yet.
          if (connection !== undefined && (await this.#open(connection, path))) return;
          await this.#open(new Connection(this, route, this.#connector), path);
        });
      }),
    );
  }

  /** Whether the connection is open and idle now; if not, it is dropped. */
  async #open(connection: Connection, path: string): Promise<boolean> {
    try {
      const { body } = await connection.client.request({ path, method: 'GET' });
      await body.dump();
      if (!this.#closed) connection.idle.push(connection);
      else connection.drop();
      return true;
    } catch {
      connection.drop();
      return false;
    }
  }

  giveUp(row: number): void {
    const connection = this.#busy.get(row);
    if (connection === undefined) return;
    this.#busy.delete(row);
    connection.drop();
  }

  /** Called by a connection whose operation ended. */
  ended(connection: Connection, outcomeIndex: number, reason: string | null, isReusable: boolean): void {
    const { row } = connection;
    this.#busy.delete(row);
    if (isReusable && !this.#closed) {
      connection.row = -1;
      if (this.#returning.push(connection) === 1) queueMicrotask(this.#takeBack);
    } else {
      connection.drop();
    }
    this.#settle(row, outcomeIndex, reason);
  }

  #takeBack = (): void => {
    for (const connection of this.#returning) connection.idle.push(connection);
    this.#returning.length = 0;
  };

  async close(): Promise<void> {
    this.#closed = true;
    this.#takeBack();
    for (const connection of this.#busy.values()) connection.drop();
    for (const { idle } of this.#routes) {
      for (const connection of idle) connection.drop();
      idle.length = 0;
    }
    this.#busy.clear();
  }
}

/** A connection and, while an operation is on it, undici's handler of that operation. */
class Connection implements Dispatcher.DispatchHandler {
  readonly client: Client;
  /** Where it waits for its next operation. */
  readonly idle: Connection[];
  /** The operation on it, or -1. */
  row = -1;
  /** Whether the request was given to the socket: after that, nobody can say that it did not arrive. */
  isSent = false;
  status = 0;
  #fallback: unknown;
  #retryAfter: unknown;
  #socket: Socket | undefined;
  readonly #target: HttpTarget;

  constructor(target: HttpTarget, { origin, idle }: Route, connector: buildConnector.connector) {
    this.#target = target;
    this.idle = idle;
    this.client = new Client(origin, {
      // undici's connectors return their socket; the type leaves it out. It is what a drop has to close.
      connect: (options, callback) => {
        this.#socket = connector(options, callback) as unknown as Socket;
      },
      headersTimeout: 0,
      bodyTimeout: 0,
      // Until the server says that it closes sooner; undici's own limit of 4 s is shorter than a run.
      keepAliveTimeout: IDLE_LIMIT_MS,
      keepAliveMaxTimeout: IDLE_LIMIT_MS,
      // Never two at once here. But with 1 undici sits out a turn of the event loop after each answer, to see whether
      // the server closes the connection; it looks at an idle connection again before it sends, so that is enough.
      pipelining: 2,
    });
  }

  onRequestStart(): void {
    this.isSent = true;
  }

  onResponseStart(_controller: unknown, status: number, headers: Record<string, unknown>): void {
    this.status = status;
    this.#fallback = headers['x-outcome'];
    this.#retryAfter = headers['retry-after'];
  }

  onResponseData(): void {}

  onResponseEnd(): void {
    if (this.row === -1) return;
    const { outcomeIndex, reason } = outcomeOfAnswer(this.status, this.#fallback, this.#retryAfter);
    this.#target.ended(this, outcomeIndex, reason, true);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.row === -1) return;
    const { outcomeIndex, reason } = outcomeOfError(error, this.isSent, this.status);
    this.#target.ended(this, outcomeIndex, reason, false);
  }

  /** Closes the connection, also one that is still connecting. Its operation is told nothing. */
  drop(): void {
    this.row = -1;
    this.client.destroy(GIVEN_UP, ignore);
    this.#socket?.destroy();
  }
}
