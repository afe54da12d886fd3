/**
 * The stand of an experiment: its services, started in their order on the servers that they need.
 *
 * Used by a measured run (variant-run.ts) and by `./lab up`, so that what one pokes at by hand is what is measured.
 * Invariant: either all services answer, or none is left and the error names the one that did not start.
 * Read next: service-process.ts (one of them), run-servers.ts (what they connect to).
 */
import type { ExperimentDefinition, PrepareContext, ServerAccess, UrlOf } from '../lab.ts';
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
  for (const definition of experiment.services({ parameters, variantFile })) {
    const { name } = definition;
    options.onStart?.(name, [...services.keys()]);
    const service = await ServiceProcess.start({
      definition,
      labFolder,
      runFolder: folder,
      environment: definition.environment?.(urlOf, access) ?? {},
      destinations: [...services.values()].map(({ url }) => new URL(url).origin),
      holds: options.holdsOf?.(name) ?? [],
      reaper,
      signal,
      onMessage: (message) => options.onMessage(name, message),
      onUnexpectedExit: (exit) => options.onUnexpectedExit(name, exit),
    });
    services.set(name, service);
    starting.use(service);
  }
  const owned = starting.move();
  return { services, urlOf, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
