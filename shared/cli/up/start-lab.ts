/**
 * The servers and services of one experiment, started as a measured run starts them, without load and without faults.
 *
 * Invariant: either all of it answers, or none is left and the error says what did not start.
 * Read next: shared/experiment/shell/stand.ts (the same for a run), keeper.ts (who calls this).
 */
import { join } from 'node:path';
import {
  type LoadedLab,
  type ProcessIdentity,
  parametersOf,
  RunServers,
  startReaper,
  startStand,
} from '@backend-labs/experiment/engine';
import { stateFolder } from '../folders.ts';
import { exampleOf } from './example.ts';
import type { UpEntry, UpRequest, UpState } from './up-folder.ts';

export interface StartOptions {
  lab: Extract<LoadedLab, { problem: null }>;
  request: UpRequest;
  folder: string;
  /** Writes down a process before it is used. */
  register: (identity: ProcessIdentity, name: string) => void;
  signal: AbortSignal;
  /** A line of progress, for a person who waits. */
  log: (line: string) => void;
  /** What happened later, for the keeper's log. */
  note: (line: string) => void;
}

export interface StartedLab extends AsyncDisposable {
  /** What there is and where. */
  found: Pick<UpState, 'dataName' | 'entries' | 'example'>;
}

/** Starts it; resolves when all of it answers. Throws what a run throws. */
export async function startLab(options: StartOptions): Promise<StartedLab> {
  const { lab, request, folder, signal, log, note } = options;
  const experiment = lab.definition.experiments[request.experiment];
  if (experiment === undefined) throw new Error(`there is no experiment ${request.experiment}`);
  const parameters = parametersOf(experiment, false);
  const { proxies = {}, adjustableClocks = [] } = experiment;
  const needs = { ...lab.definition.needs, ...experiment.needs };
  const processes = new Map<string, ProcessIdentity>();

  await using starting = new AsyncDisposableStack();
  const reaper = starting.use(
    startReaper({
      path: folder,
      register(identity, name) {
        // The latest of a name: a server that is renewed for its clock is another process than before.
        processes.set(name, identity);
        options.register(identity, name);
      },
      close: () => {},
    }),
  );
  const wanted = Object.entries(needs).map(([kind, count]) => `${count} × ${kind}`);
  if (wanted.length > 0) log(`starting ${wanted.join(', ')}`);
  const running = starting.use(
    await RunServers.start({
      needs,
      provider: request.provider,
      folder: join(folder, 'servers'),
      stateFolder,
      reaper,
      signal,
      log,
    }),
  );
  const servers = starting.use(await running.forVariant({ proxies, adjustableClocks }));
  log('starting the services');
  const stand = starting.use(
    await startStand({
      experiment,
      parameters,
      variantFile: request.variantFile,
      labFolder: lab.folder,
      folder,
      servers,
      reaper,
      signal,
      onMessage: () => {},
      onUnexpectedExit: (name, { code, signal: killed }) =>
        note(`the service ${name} ended (${killed ?? `exit code ${code}`})`),
    }),
  );
  const serverNames = Object.entries(needs).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`),
  );
  const urlOf = (name: string) => {
    const url = servers.access.urlOf(name);
    return request.provider === 'native' ? url : withoutSecret(url);
  };
  const entries: UpEntry[] = [
    ...[...stand.services.values()].map(
      ({ name, url }): UpEntry => ({ kind: 'service', name, url, process: processes.get(name) ?? null }),
    ),
    ...serverNames.map(
      (name): UpEntry => ({ kind: 'server', name, url: urlOf(name), process: processes.get(name) ?? null }),
    ),
    ...Object.keys(proxies).map((name): UpEntry => ({ kind: 'proxy', name, url: urlOf(name), process: null })),
  ];
  const operation = () => experiment.operation({ urlOf: stand.urlOf, servers: servers.access, parameters });
  const found = {
    dataName: serverNames.length === 0 ? null : servers.access.dataName,
    entries,
    example: exampleOf(operation),
  };
  const owned = starting.move();
  return { found, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** A server of somebody else's may have a password, and this goes to files and screens. Ours have none that is secret. */
function withoutSecret(text: string): string {
  if (!URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.password === '') return text;
  url.password = '***';
  return url.href;
}
