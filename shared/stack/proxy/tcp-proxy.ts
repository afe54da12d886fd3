/**
 * A TCP proxy in front of a server: the network between a client and a server, to be broken on purpose.
 *
 *   open     bytes pass
 *   delayed  bytes pass, later by a fixed time each way, in order
 *   dropped  nothing passes and nothing is refused, as when packets are lost: what was sent meanwhile arrives after
 *            `heal`, since TCP would send it again
 *   cut      connections are reset, new ones too
 *
 * Invariant: bytes are never lost, doubled or reordered within a connection that lives; each change has taken effect
 * for all connections when it resolves. Read next: direction.ts, ../server.ts (the server behind it).
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server as Listener, type Socket } from 'node:net';
import { observed } from '../observed.ts';
import type { Observed } from '../server.ts';
import { Direction, type Passing } from './direction.ts';
import { reset } from './reset.ts';

type State = Passing | { kind: 'cut' };

export interface ProxyTarget {
  host: string;
  port: number;
}

export class TcpProxy implements AsyncDisposable {
  readonly host = '127.0.0.1';
  readonly port: number;
  #target: ProxyTarget;
  readonly #listener: Listener;
  readonly #links = new Set<Link>();
  #state: State = { kind: 'open' };

  private constructor(target: ProxyTarget, listener: Listener) {
    this.#target = target;
    this.#listener = listener;
    this.port = (listener.address() as AddressInfo).port;
    listener.on('connection', (socket) => this.#accept(socket));
  }

  /** Listens on a free port of loopback; `port` chooses one. */
  static async start(target: ProxyTarget, port = 0): Promise<TcpProxy> {
    // Half-open connections are passed on as such: some protocols end one direction before the other.
    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    listener.listen(port, '127.0.0.1');
    await once(listener, 'listening');
    return new TcpProxy(target, listener);
  }

  /** How many connections pass through it now. */
  get connections(): number {
    return this.#links.size;
  }

  /** Resets all connections, and every new one, until `heal`. */
  cut(): Promise<Observed> {
    return this.#become({ kind: 'cut' });
  }

  /** Holds everything back, both ways, until `heal`. */
  drop(): Promise<Observed> {
    return this.#become({ kind: 'dropped' });
  }

  /** Passes each chunk on `delayMs` later than it came. */
  delay(delayMs: number): Promise<Observed> {
    if (!(delayMs >= 0)) throw new RangeError(`delayMs must be 0 or more, received ${delayMs}`);
    return this.#become({ kind: 'delayed', delayMs });
  }

  heal(): Promise<Observed> {
    return this.#become({ kind: 'open' });
  }

  /**
   * Resets all connections and sends new ones there, as a virtual address that moves to another machine. The state (cut,
   * delayed …) stays. What was not passed on yet is lost with its connection, as in a failover.
   */
  retarget(target: ProxyTarget): Promise<Observed> {
    this.#target = { host: target.host, port: target.port };
    return this.#toAll({ kind: 'cut' });
  }

  #become(state: State): Promise<Observed> {
    this.#state = state;
    return this.#toAll(state);
  }

  #toAll(state: State): Promise<Observed> {
    return observed(() => Promise.all([...this.#links].map((link) => link.become(state))));
  }

  #accept(client: Socket): void {
    if (this.#state.kind === 'cut') {
      client.on('error', () => {});
      reset(client);
      return;
    }
    const link = new Link(
      client,
      connect({ host: this.#target.host, port: this.#target.port, allowHalfOpen: true }),
      () => this.#links.delete(link),
    );
    this.#links.add(link);
    void link.become(this.#state);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    await this.#toAll({ kind: 'cut' });
    await closed;
  }
}

/** A connection through the proxy: a direction each way. */
class Link {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #directions: readonly Direction[];
  readonly #ended = Promise.withResolvers<void>();

  constructor(client: Socket, server: Socket, onEnd: () => void) {
    this.#client = client;
    this.#server = server;
    this.#directions = [new Direction(client, server), new Direction(server, client)];
    let open = 2;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      // A reset is passed on as one. Without a listener it would end this process.
      socket.on('error', () => reset(other));
      socket.once('close', () => {
        if (socket.errored !== null || !socket.readableEnded) reset(other);
        open -= 1;
        if (open > 0) return;
        for (const direction of this.#directions) direction.end();
        onEnd();
        this.#ended.resolve();
      });
    }
  }

  async become(state: State): Promise<void> {
    if (state.kind === 'cut') {
      reset(this.#client);
      reset(this.#server);
      await this.#ended.promise;
      return;
    }
    for (const direction of this.#directions) direction.become(state);
  }
}
