/**
 * The stack of a run: the servers that an experiment asks for, started side by side by one provider.
 *
 * Invariant: either all that was asked for is there, or nothing of it is left and the error says what was missing.
 * Read next: server.ts (what a server can do), native/provider.ts, external/provider.ts.
 */
import { startExternal } from './external/provider.ts';
import { MissingServerError } from './missing.ts';
import { startNative } from './native/provider.ts';
import type { RenewOptions, StackOptions, Started, StartServers } from './provider.ts';
import { type ProviderName, SERVER_KINDS, type Server } from './server.ts';

export interface Stack extends AsyncDisposable {
  /** In the order of the kinds, then by number. */
  readonly servers: readonly Server[];
  /** By its name, `redis-2`. Throws RangeError if there is none. */
  server(name: string): Server;
  /**
   * Ends that server and starts another of the same name in its place, without any data and on another port; resolves
   * when the new one is ready. What was made from the old one (urls, proxies, clients) is of no use any more.
   *
   * Throws RangeError if there is none of that name; UnsupportedError for what this provider or this kind cannot do and
   * MissingServerError for what this machine lacks, in both cases before the old one is ended.
   */
  renew(name: string, options?: RenewOptions): Promise<Server>;
}

const PROVIDERS: Record<ProviderName, StartServers> = {
  native: startNative,
  external: startExternal,
  // Its place in the interface; the compose files come first.
  docker: async () => {
    throw new MissingServerError('Servers in containers', 'they cannot be started yet', [
      'leave --stack out, and they are started without Docker',
      'give --stack external with servers of your own',
    ]);
  },
};

/** Starts them; resolves when each has answered a real operation. Throws MissingServerError, ServerStartError. */
export async function startStack(options: StackOptions): Promise<Stack> {
  await using starting = new AsyncDisposableStack();
  const all: Started[] = [];
  await PROVIDERS[options.provider](options, (one) => {
    starting.use(one.server);
    all.push(one);
  });
  starting.move();
  const order = ({ kind, name }: Server) => [SERVER_KINDS.indexOf(kind), Number(name.split('-').at(-1))] as const;
  all.sort(({ server: a }, { server: b }) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
  return new StartedStack(all);
}

class StartedStack implements Stack {
  readonly #all: Started[];
  readonly #renewals = new Map<string, Promise<Started>>();
  #isOver = false;

  constructor(all: Started[]) {
    this.#all = all;
  }

  get servers(): readonly Server[] {
    return this.#all.map(({ server }) => server);
  }

  server(name: string): Server {
    return (this.#all[this.#indexOf(name)] as Started).server;
  }

  #indexOf(name: string): number {
    const index = this.#all.findIndex(({ server }) => server.name === name);
    if (index >= 0) return index;
    const names = this.servers.map((one) => one.name).join(', ') || 'none';
    throw new RangeError(`there is no server ${name}; there is: ${names}`);
  }

  async renew(name: string, options: RenewOptions = {}): Promise<Server> {
    const index = this.#indexOf(name);
    if (this.#isOver) throw new Error(`${name} cannot be renewed: its stack is over`);
    // Two at once would both end the old one, and one of the two new ones would be nobody's.
    if (this.#renewals.has(name)) throw new Error(`${name} is being renewed already`);
    const renewal = (this.#all[index] as Started).renew(options);
    this.#renewals.set(name, renewal);
    try {
      const renewed = await renewal;
      this.#all[index] = renewed;
      return renewed.server;
    } finally {
      this.#renewals.delete(name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    // What is being started must be there before it can be ended.
    await Promise.allSettled(this.#renewals.values());
    await using ending = new AsyncDisposableStack();
    for (const { server } of this.#all) ending.use(server);
  }
}
