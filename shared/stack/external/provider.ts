/**
 * The external provider: servers that somebody else runs, by url.
 *
 * `BACKEND_LABS_REDIS_URLS` holds urls of Redis servers, separated by spaces; the other kinds have variables alike.
 * Nothing of them can be killed or paused from here, and their data is not ours to throw away: a lab makes a database,
 * a key prefix, a topic of its own. Invariant: no url ends up in a log or in an error with its password.
 */
import { connect } from 'node:net';
import { freshDataOf } from '../fresh-data/fresh-data.ts';
import { MissingServerError } from '../missing.ts';
import { RECIPES } from '../native/recipes.ts';
import { type Started, type StartServers, wantedOf } from '../provider.ts';
import { type FreshData, type Server, type ServerKind, UnsupportedError } from '../server.ts';

const CONNECT_LIMIT_MS = 5000;
const DEFAULT_PORTS: Record<ServerKind, number> = {
  postgres: 5432,
  redis: 6379,
  rabbitmq: 5672,
  kafka: 9092,
  nginx: 80,
};

/** The variable in which the urls of a kind are looked for. */
export const variableOf = (kind: ServerKind) => `BACKEND_LABS_${kind.toUpperCase()}_URLS`;

export const startExternal: StartServers = async ({ needs, environment = process.env, signal }, started) => {
  for (const { kind, count } of wantedOf(needs)) {
    const variable = variableOf(kind);
    const urls = (environment[variable] ?? '').split(/\s+/).filter((url) => url !== '');
    if (urls.length < count) {
      throw new MissingServerError(`${count} × ${kind}`, `${variable} names ${urls.length}`, [
        `set ${variable} to ${count} url(s) separated by spaces`,
        'leave --stack external out',
      ]);
    }
    for (const [index, text] of urls.slice(0, count).entries()) {
      const name = `${kind}-${index + 1}`;
      if (!URL.canParse(text))
        throw new MissingServerError(name, `what ${variable} has for it is no url`, ['correct it']);
      const url = new URL(text);
      const port = url.port === '' ? DEFAULT_PORTS[kind] : Number(url.port);
      await reach(name, url.hostname, port, signal);
      started(asStarted(new ExternalServer(kind, name, text, url.hostname, port)));
    }
  }
};

function asStarted(server: ExternalServer): Started {
  return { server, renew: () => server.refuse('renewed') };
}

async function reach(name: string, host: string, port: number, signal: AbortSignal): Promise<void> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(CONNECT_LIMIT_MS)]);
  const problem = await new Promise<string | null>((resolve) => {
    const socket = connect({ host, port, signal: limit });
    socket.once('connect', () => {
      socket.destroy();
      resolve(null);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
  signal.throwIfAborted();
  if (problem !== null) {
    throw new MissingServerError(name, `nobody answers at ${host}:${port} (${problem})`, [
      'start it',
      'correct its url',
    ]);
  }
}

class ExternalServer implements Server {
  readonly provider = 'external';
  readonly version = 'external';
  readonly logFile = null;
  readonly kind: ServerKind;
  readonly name: string;
  readonly url: string;
  readonly host: string;
  readonly port: number;

  constructor(kind: ServerKind, name: string, url: string, host: string, port: number) {
    this.kind = kind;
    this.name = name;
    this.url = url;
    this.host = host;
    this.port = port;
  }

  stop = () => this.refuse('stopped');
  kill = () => this.refuse('killed');
  start = () => this.refuse('started');
  restart = () => this.refuse('restarted');
  pause = () => this.refuse('paused');
  resume = () => this.refuse('resumed');
  setClockOffset = () => this.refuse('set to another time');

  async refuse(what: string): Promise<never> {
    throw new UnsupportedError(`${this.name} runs elsewhere and cannot be ${what} from here: use --stack native`);
  }

  freshData(name: string): Promise<FreshData> {
    return freshDataOf(RECIPES[this.kind].freshData, this.url, name);
  }

  async memoryBytes(): Promise<null> {
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
