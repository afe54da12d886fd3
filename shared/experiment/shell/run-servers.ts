/**
 * The real servers of a run, and what each variant's run gets of them: data of its own, proxies, adjustable clocks.
 *
 * Servers live as long as the run, because starting Kafka for each variant would take longer than the measurement.
 * Invariant: no variant meets what another one left. Data is fresh for each, and a server that a fault or a
 * preparation took hold of is replaced before the next one. Read next: variant-run.ts, ../../stack/stack.ts.
 */
import type { FreshData, Needs, ProviderName, Server, ServerKind, Stack, TcpProxy } from '@backend-labs/stack';
import type { ServerAccess, ServerHandles } from '../lab.ts';
import type { Reaper } from './reaper.ts';

export interface RunServersOptions {
  needs: Needs;
  provider: ProviderName;
  /** Data, configuration and logs go below it. */
  folder: string;
  /** `.lab/`: what is fetched once stays there. */
  stateFolder: string;
  reaper: Reaper;
  signal: AbortSignal;
  log: (line: string) => void;
}

/** What one variant's run gets. Disposing it removes the data and the proxies. */
export interface VariantServers extends ServerHandles, AsyncDisposable {
  access: ServerAccess;
}

/** Whether it says that this machine or this provider cannot give what was asked for: no defect, and no result. */
export function isUnavailable({ name }: Error): boolean {
  // By name: loading the stack for two classes would load the clients of all servers.
  return name === 'UnsupportedError' || name === 'MissingServerError';
}

type Proxies = Map<string, { server: string; proxy: TcpProxy }>;

async function startProxies(
  asked: Readonly<Record<string, string>>,
  serverOf: (name: string) => Server,
  made: AsyncDisposableStack,
): Promise<Proxies> {
  const proxies: Proxies = new Map();
  if (Object.keys(asked).length === 0) return proxies;
  const { TcpProxy } = await import('@backend-labs/stack');
  for (const [name, server] of Object.entries(asked)) {
    proxies.set(name, { server, proxy: made.use(await TcpProxy.start(serverOf(server))) });
  }
  return proxies;
}

export class RunServers implements AsyncDisposable {
  readonly #options: Omit<RunServersOptions, 'needs'>;
  /** That of the lab, and those that single experiments have added. */
  readonly #stacks: Stack[] = [];
  /** By kind: whom an experiment asked for and cannot have. */
  readonly #missing = new Map<string, Error>();
  /** By name: whom a fault, a preparation or an adjustable clock has changed. */
  readonly #touched = new Set<string>();
  #runs = 0;

  private constructor(options: Omit<RunServersOptions, 'needs'>) {
    this.#options = options;
  }

  /** Starts what is needed, which may be nothing. Throws MissingServerError, ServerStartError. */
  static async start({ needs, ...options }: RunServersOptions): Promise<RunServers> {
    const servers = new RunServers(options);
    await servers.#start(needs);
    return servers;
  }

  async #start(needs: Needs): Promise<void> {
    if (Object.keys(needs).length === 0) return;
    // Loaded only now, because the clients of all servers come with it.
    const { startStack } = await import('@backend-labs/stack');
    const { reaper, ...options } = this.#options;
    const onSpawn = (pid: number, name: string) => void reaper.watch(pid, name);
    this.#stacks.push(await startStack({ ...options, needs, onSpawn }));
  }

  /** Starts those of an experiment's that are not there yet. What cannot be had is looked for once. */
  async #startFurther(needs: Needs): Promise<void> {
    for (const [kind, count] of Object.entries(needs) as [ServerKind, number][]) {
      const missing = this.#missing.get(kind);
      if (missing !== undefined) throw missing;
      if (this.#servers.filter((server) => server.kind === kind).length >= count) continue;
      try {
        await this.#start({ [kind]: count });
      } catch (error) {
        if (isUnavailable(error as Error)) this.#missing.set(kind, error as Error);
        throw error;
      }
    }
  }

  get #servers(): Server[] {
    return this.#stacks.flatMap(({ servers }) => servers);
  }

  #stackOf(name: string): Stack {
    const stack = this.#stacks.find(({ servers }) => servers.some((server) => server.name === name));
    if (stack !== undefined) return stack;
    const there = this.#servers.map((server) => server.name).join(', ');
    throw new RangeError(`there is no server ${name}; there is: ${there || 'none, the lab needs none'}`);
  }

  /** Who provides each kind of server. */
  get provider(): Record<string, string> {
    return Object.fromEntries(this.#servers.map(({ kind, provider }) => [kind, provider]));
  }

  /** As the servers themselves say them. */
  get versions(): Record<string, string> {
    return Object.fromEntries(this.#servers.map(({ kind, version }) => [kind, version]));
  }

  /** Throws UnsupportedError or MissingServerError if this machine or this provider cannot give what is asked for. */
  async forVariant(asked: {
    proxies: Readonly<Record<string, string>>;
    adjustableClocks: readonly string[];
    /** Beside those of the lab. */
    needs?: Needs;
  }): Promise<VariantServers> {
    await this.#startFurther(asked.needs ?? {});
    const renewed = new Set([...this.#touched, ...asked.adjustableClocks]);
    await Promise.all(
      [...renewed].map((name) =>
        this.#stackOf(name).renew(name, { adjustableClock: asked.adjustableClocks.includes(name) }),
      ),
    );
    this.#touched.clear();
    for (const name of asked.adjustableClocks) this.#touched.add(name);

    await using made = new AsyncDisposableStack();
    this.#runs += 1;
    const dataName = `run_${Date.now().toString(36)}_${process.pid}_${this.#runs}`;
    const data = new Map<string, FreshData>();
    // All of them, also after one has failed: what was made must be known before it can be removed.
    const making = this.#servers.map(async (server) => {
      const fresh = made.use(await server.freshData(dataName));
      data.set(server.name, fresh);
    });
    for (const one of await Promise.allSettled(making)) if (one.status === 'rejected') throw one.reason;
    const serverOf = (name: string) => this.#stackOf(name).server(name);
    const proxies = await startProxies(asked.proxies, serverOf, made);
    const owned = made.move();
    return {
      access: {
        dataName,
        urlOf: (name) => {
          const proxied = proxies.get(name);
          if (proxied === undefined) return data.get(serverOf(name).name)?.url as string;
          const url = new URL(data.get(proxied.server)?.url as string);
          url.port = String(proxied.proxy.port);
          return url.href;
        },
      },
      server: (name) => {
        this.#touched.add(name);
        return serverOf(name);
      },
      proxy: (name) => {
        const found = proxies.get(name);
        if (found !== undefined) return found.proxy;
        throw new RangeError(`there is no proxy ${name}; there is: ${[...proxies.keys()].join(', ') || 'none'}`);
      },
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stacks.map((stack) => stack[Symbol.asyncDispose]()));
  }
}
