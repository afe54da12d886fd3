/**
 * The stack of a run: the servers that an experiment asks for, started side by side by one provider.
 *
 * Invariant: either all that was asked for is there, or nothing of it is left and the error says what was missing.
 * Read next: server.ts (what a server can do), native/provider.ts, external/provider.ts.
 */
import { startExternal } from './external/provider.ts';
import { MissingServerError } from './missing.ts';
import { startNative } from './native/provider.ts';
import { type Needs, type ProviderName, SERVER_KINDS, type Server, type ServerKind } from './server.ts';

export interface StackOptions {
  needs: Needs;
  provider: ProviderName;
  /** The run's folder: data, configuration and logs go below it. */
  folder: string;
  /** `.lab/`: what is fetched once stays there. */
  stateFolder: string;
  signal: AbortSignal;
  /** A line of progress, for a person who waits. */
  log: (line: string) => void;
  /** Told of each process as soon as it is there, so that a reaper can end it whatever happens. */
  onSpawn: (pid: number, name: string) => void;
  /** Where an external server's url is looked for. */
  environment?: NodeJS.ProcessEnv;
}

export interface Stack extends AsyncDisposable {
  /** In the order of the kinds, then by number. */
  readonly servers: readonly Server[];
  /** By its name, `redis-2`. Throws RangeError if there is none. */
  server(name: string): Server;
}

/** What of the needs is really wanted: kinds with a number above 0. */
export function wantedOf(needs: Needs): { kind: ServerKind; count: number }[] {
  return SERVER_KINDS.flatMap((kind) => {
    const count = needs[kind] ?? 0;
    return count > 0 ? [{ kind, count }] : [];
  });
}

/** A provider starts what is wanted and hands over each server as soon as it is there, also if a later one fails. */
export type StartServers = (options: StackOptions, started: (server: Server) => void) => Promise<void>;

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
  const servers: Server[] = [];
  await PROVIDERS[options.provider](options, (server) => {
    starting.use(server);
    servers.push(server);
  });
  const owned = starting.move();
  const order = ({ kind, name }: Server) => [SERVER_KINDS.indexOf(kind), Number(name.split('-').at(-1))] as const;
  servers.sort((a, b) => order(a)[0] - order(b)[0] || order(a)[1] - order(b)[1]);
  return {
    servers,
    server(name) {
      const found = servers.find((one) => one.name === name);
      if (found !== undefined) return found;
      throw new RangeError(
        `there is no server ${name}; there is: ${servers.map((one) => one.name).join(', ') || 'none'}`,
      );
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
