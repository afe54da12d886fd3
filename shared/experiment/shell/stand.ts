/**
 * The stand of an experiment: its services, on the servers that they need. Who needs another one's url starts after it;
 * all others start side by side.
 *
 * Used by a measured run (variant-run.ts) and by `./lab up`, so that what one pokes at by hand is what is measured.
 * Invariant: either all services answer, or none is left and the error names the one that did not start.
 * Read next: service-process.ts (one of them), run-servers.ts (what they connect to).
 */
import type { ExperimentDefinition, PrepareContext, ServerAccess, ServiceDefinition, UrlOf } from '../lab.ts';
import type { ProbeMessage } from '../probe/protocol.ts';
import type { Reaper } from './reaper.ts';
import { type ServiceExit, ServiceProcess } from './service-process.ts';

export interface StandOptions {
  experiment: ExperimentDefinition<string, string, Record<string, number>>;
  parameters: Record<string, number>;
  /** Absolute. */
  variantFile: string;
  labFolder: string;
  /** Logs and counters go here. */
  folder: string;
  servers: Pick<PrepareContext<never>, 'server' | 'proxy'> & { access: ServerAccess };
  reaper: Reaper;
  signal: AbortSignal;
  /** Where a service is to hold itself; nowhere by default. */
  holdsOf?: (service: string) => { event: string; occurrence: number }[];
  /** Before a service starts. The names are those of the services that it may call. */
  onStart?: (service: string, destinations: string[]) => void;
  onMessage: (service: string, message: ProbeMessage) => void;
  /** A service ended although nobody asked it to. */
  onUnexpectedExit: (service: string, exit: ServiceExit) => void;
}

export interface Stand extends AsyncDisposable {
  services: ReadonlyMap<string, ServiceProcess>;
  urlOf: UrlOf;
}

/**
 * Who can be started at the same time: first those that need no other's url, then those that need these, and so on,
 * each in the order of the experiment. Who needs whom is found by asking for each environment once, with urls that
 * stand for nothing.
 */
function layersOf(definitions: readonly ServiceDefinition[], access: ServerAccess): ServiceDefinition[][] {
  const needs = new Map<string, Set<string>>();
  for (const { name, environment } of definitions) {
    const asked = new Set<string>();
    const ask = (service: string) => {
      asked.add(service);
      return 'http://127.0.0.1:1';
    };
    environment?.(ask, access);
    needs.set(name, asked);
  }
  const layers: ServiceDefinition[][] = [];
  for (let left = [...definitions]; left.length > 0; ) {
    const layer = left.filter(({ name }) => !left.some((other) => needs.get(name)?.has(other.name)));
    if (layer.length === 0) {
      const circle = left.map(({ name }) => name).join(', ');
      throw new Error(`the services ${circle} need each other's urls in a circle: none of them can be started first`);
    }
    layers.push(layer);
    left = left.filter((definition) => !layer.includes(definition));
  }
  return layers;
}

/** How long an experiment may take to prepare its servers. */
const PREPARE_DEADLINE_MS = 15_000;

/** Prepares the servers and starts the services. Throws ServiceStartError, and whatever the preparation throws. */
export async function startStand(options: StandOptions): Promise<Stand> {
  const { experiment, parameters, variantFile, labFolder, folder, reaper, signal } = options;
  const { server, proxy, access } = options.servers;
  await experiment.prepare?.({
    server,
    proxy,
    servers: access,
    parameters,
    signal: AbortSignal.any([signal, AbortSignal.timeout(PREPARE_DEADLINE_MS)]),
  });
  await using starting = new AsyncDisposableStack();
  const services = new Map<string, ServiceProcess>();
  const urlOf = (name: string): string => {
    const service = services.get(name);
    if (service === undefined) throw new Error(`there is no service named ${name}, or it is not started yet`);
    return service.url;
  };
  const start = async (definition: ServiceDefinition, destinations: readonly string[]) => {
    const { name } = definition;
    options.onStart?.(name, [...destinations]);
    return ServiceProcess.start({
      definition,
      labFolder,
      runFolder: folder,
      environment: definition.environment?.(urlOf, access) ?? {},
      destinations: destinations.map((destination) => new URL(urlOf(destination)).origin),
      holds: options.holdsOf?.(name) ?? [],
      reaper,
      signal,
      onMessage: (message) => options.onMessage(name, message),
      onUnexpectedExit: (exit) => options.onUnexpectedExit(name, exit),
    });
  };
  for (const layer of layersOf(experiment.services({ parameters, variantFile }), access)) {
    const destinations = [...services.keys()];
    const started = await Promise.allSettled(layer.map((definition) => start(definition, destinations)));
    const running = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    starting.defer(async () => void (await Promise.all(running.map((one) => one[Symbol.asyncDispose]()))));
    for (const service of running) services.set(service.name, service);
    for (const one of started) if (one.status === 'rejected') throw one.reason;
  }
  const owned = starting.move();
  return { services, urlOf, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
