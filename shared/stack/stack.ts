/**
 * The stack of a run: the servers that an experiment asks for, started side by side by one provider.
 *
 * Invariant: either all that was asked for is there, or nothing of it is left and the error says what was missing.
 * Read next: server.ts (what a server can do), native/provider.ts, external/provider.ts.
 */
import { startExternal } from './external/provider.ts';
import { MissingServerError } from './missing.ts';
import { startNative } from './native/provider.ts';
import type { StackOptions, StartServers } from './provider.ts';
import { type ProviderName, SERVER_KINDS, type Server } from './server.ts';

export interface Stack extends AsyncDisposable {
  /** In the order of the kinds, then by number. */
  readonly servers: readonly Server[];
  /** By its name, `redis-2`. Throws RangeError if there is none. */
  server(name: string): Server;
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
