/** Real services for one test: started as the engine starts them, ended with the test. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '@backend-labs/stack/process-identity';
import type { ServiceDefinition } from '../lab.ts';
import type { ServiceObservation } from '../observation.ts';
import type { ProbeMessage } from '../probe/protocol.ts';
import { type Reaper, startReaper } from '../shell/reaper.ts';
import { createRunFolder } from '../shell/run-folder.ts';
import { ServiceProcess, type ServiceProcessOptions } from '../shell/service-process.ts';
import { ServiceRecorder } from '../shell/service-recorder.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const FIXTURES = join(import.meta.dirname, 'fixtures');

type Changes = Partial<Omit<ServiceProcessOptions, 'definition'>> & {
  name?: string;
  watch?: ServiceDefinition['watch'];
  calls?: readonly StartedService[];
  /** Whether announced steps count from the start; they do unless told. */
  armed?: boolean;
};

export interface StartedService {
  process: ServiceProcess;
  messages: ProbeMessage[];
  /** Exits that nobody asked for. */
  exits: { code: number | null; signal: string | null; lastLines: string[] }[];
  /** The text of an answer. */
  get(path: string): Promise<string>;
  identity(): Promise<ProcessIdentity>;
  observe(): ServiceObservation;
}

export interface Harness extends AsyncDisposable {
  folder: string;
  reaper: Reaper;
  /** Starts a fixture by the name of its file. */
  start(entry: string, changes?: Changes): Promise<StartedService>;
}

export function serviceHarness(): Harness {
  const temporary = temporaryFolder();
  const runFolder = createRunFolder(temporary.path);
  const reaper = startReaper(runFolder);
  const started = new AsyncDisposableStack();
  return {
    folder: temporary.path,
    reaper,
    async start(entry, { name = entry, watch, calls = [], armed = true, ...changes } = {}) {
      const messages: ProbeMessage[] = [];
      const exits: StartedService['exits'] = [];
      const destinations = calls.map((one) => one.process.name);
      const recorder = new ServiceRecorder(name, destinations);
      const process = await ServiceProcess.start({
        definition: { name, entry: `services/${entry}.ts`, ...(watch === undefined ? {} : { watch }) },
        labFolder: FIXTURES,
        runFolder: runFolder.path,
        environment: {},
        destinations: calls.map((one) => new URL(one.process.url).origin),
        holds: [],
        reaper,
        signal: new AbortController().signal,
        onMessage(message) {
          messages.push(message);
          recorder.record(message);
        },
        onUnexpectedExit: (exit) => exits.push(exit),
        ...changes,
      });
      started.use(process);
      if (armed) process.arm();
      const get = async (path: string) => (await fetch(new URL(path, process.url))).text();
      return {
        process,
        messages,
        exits,
        get,
        identity: async () => identify(Number(await get('/pid'))) as ProcessIdentity,
        observe: () => recorder.observe(0, Number.MAX_SAFE_INTEGER, process.counterFile, []),
      };
    },
    async [Symbol.asyncDispose]() {
      await started.disposeAsync();
      await reaper[Symbol.asyncDispose]();
      temporary[Symbol.dispose]();
    },
  };
}

/** Waits until a condition is met; how long that may take is up to the test's own deadline. */
export async function until(condition: () => unknown): Promise<void> {
  while (!(await condition())) await delay(5);
}

export const gone = (identity: ProcessIdentity) => until(() => !isAlive(identity));
