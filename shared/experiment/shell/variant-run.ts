/**
 * One run of one variant: fresh services, the load in its own process, the faults, and what all of them measured.
 *
 * Invariant: whatever happens, this returns an observation or throws, and nothing that it started still runs.
 * A variant that fails in the middle has an `error` in its observation; what it measured until then is kept.
 * Read next: service-process.ts, fault-runner.ts, ../self-checks.ts.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LoadPlan, type LoadProgress, type LoadReport, monotonicMs, openGenerator } from '@backend-labs/load';
import { disturbancesOf } from '../disturbance.ts';
import { EXIT } from '../exit-code.ts';
import { entriesOf } from '../hop-balance.ts';
import type { ExperimentDefinition, FaultDefinition, LedgerContext, UrlOf } from '../lab.ts';
import type { Observation } from '../observation.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { type FaultRunner, startFaults } from './fault-runner.ts';
import type { Reaper } from './reaper.ts';
import { ServiceProcess } from './service-process.ts';
import { ServiceRecorder } from './service-recorder.ts';
import { ServiceStartError } from './service-start-error.ts';

/** Between asking the generator to start and its first operation: its message must have arrived by then. */
const START_MARGIN_MS = 20;

const WARM_UP_DEADLINE_MS = 5000;

/** A variant that does not answer its warm-up: there is nothing to measure. */
export class WarmUpError extends Error {
  override readonly name = 'WarmUpError';
  readonly exitCode = EXIT.missing;
}

export interface VariantRunOptions {
  variant: string;
  /** Absolute, or relative to the lab's folder. */
  variantFile: string;
  repeat: number;
  labFolder: string;
  experiment: ExperimentDefinition<string, string, Record<string, number>>;
  faults: Record<string, FaultDefinition>;
  parameters: Record<string, number>;
  seed: number;
  folder: string;
  reaper: Reaper;
  signal: AbortSignal;
  onProgress: (progress: LoadProgress) => void;
  onFault: (entry: TimelineEntry, what: 'injected' | 'healed') => void;
}

/** Runs it. Throws ServiceStartError when a service does not start, and the signal's reason when aborted. */
export async function runVariant(options: VariantRunOptions): Promise<Observation> {
  const { experiment, parameters, folder } = options;
  mkdirSync(folder, { recursive: true });
  await using disposables = new AsyncDisposableStack();
  // Of services only, and made first, so that they end last: nothing may be sent to one that is being stopped.
  const started = disposables.use(new AsyncDisposableStack());
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const services = new Map<string, ServiceProcess>();
  const recorders = new Map<string, ServiceRecorder>();
  const timeline = experiment.timeline(parameters);
  let held: FaultRunner['held'] = () => {};
  let error: string | null = null;

  const urlOf = (name: string): string => {
    const service = services.get(name);
    if (service === undefined) throw new Error(`there is no service named ${name}, or it is not started yet`);
    return service.url;
  };
  // Before the services: it makes itself warm while they start.
  const opened = disposables.use(
    openGenerator({
      folder,
      // Not of `signal`: when a service dies, the generator is to report what it has measured until then.
      signal: options.signal,
      onSpawn: (pid) => void options.reaper.watch(pid, `load of ${options.variant}`),
      onProgress: options.onProgress,
    }),
  );
  const variantFile = resolve(options.labFolder, options.variantFile);
  for (const definition of experiment.services({ parameters, variantFile })) {
    const recorder = new ServiceRecorder(definition.name, [...services.keys()]);
    recorders.set(definition.name, recorder);
    const service = await ServiceProcess.start({
      definition,
      labFolder: options.labFolder,
      runFolder: folder,
      environment: definition.environment?.(urlOf) ?? {},
      destinations: [...services.values()].map(({ url }) => new URL(url).origin),
      holds: timeline.flatMap((entry) =>
        'when' in entry && entry.when.service === definition.name
          ? [{ event: entry.when.event, occurrence: entry.when.occurrence ?? 1 }]
          : [],
      ),
      reaper: options.reaper,
      signal,
      onMessage(message) {
        if (message.type === 'held') held(definition.name, message);
        else recorder.record(message);
      },
      onUnexpectedExit(exit) {
        recorder.ended(exit);
        const how = exit.signal ?? `exit code ${exit.code}`;
        const said =
          exit.lastLines.length === 0 ? 'It printed nothing.' : `Its last lines: ${exit.lastLines.join(' | ')}`;
        error = `the service ${definition.name} ended in the middle of the run (${how}). ${said}`;
        // Before the load this is a failed start, whoever waits at that moment: for another service or a warm-up.
        broken.abort(
          new ServiceStartError(definition.name, `ended before the load (${how})`, exit.lastLines, exit.logFile),
        );
      },
    });
    services.set(definition.name, service);
    started.use(service);
  }

  await warmUp(experiment, { urlOf, parameters, signal }).catch((failure: Error) => {
    options.signal.throwIfAborted();
    throw new WarmUpError(
      error ?? `its warm-up was not answered within ${WARM_UP_DEADLINE_MS / 1000} s (${failure.message})`,
    );
  });
  for (const [name, recorder] of recorders) recorder.startCountingFrom(join(folder, `${name}.counters`));

  const workload = experiment.workload(parameters);
  const plan: LoadPlan = {
    ...workload,
    seed: options.seed,
    operation: experiment.operation({ urlOf, parameters }),
    // The health route is answered by shared/service and is not counted as a request of the load's.
    roundTripUrls: entriesOf(experiment.hops).map((name) => new URL('/health/live', urlOf(name)).href),
  };
  const generator = await opened.prepare(plan);
  signal.throwIfAborted();

  const startMs = monotonicMs() + START_MARGIN_MS;
  const wallOffsetMs = Date.now() - monotonicMs();
  const faults = startFaults({
    timeline,
    faults: options.faults,
    parameters,
    services,
    startAtMonotonicMs: startMs,
    signal,
    onFault: options.onFault,
  });
  held = faults.held;
  for (const service of services.values()) service.arm();
  // When a service dies, the rest of the schedule would only measure refused connections.
  broken.signal.addEventListener('abort', () => generator.abort(), { once: true });

  let load: LoadReport;
  try {
    load = await generator.run(startMs);
  } finally {
    await faults.finish();
  }
  options.signal.throwIfAborted();
  let ledger: Observation['ledger'] = null;
  try {
    if (error === null) ledger = await reconcile(experiment, { urlOf, parameters, load, signal });
  } catch (caught) {
    options.signal.throwIfAborted();
    error ??= `the ledger could not be reconciled: ${(caught as Error).message}`;
  }
  const wallClockSkewMs = Date.now() - monotonicMs() - wallOffsetMs;
  const disturbedSpans = (name: string) =>
    disturbancesOf(name, timeline, faults.played(), options.faults, load.elapsedMs);
  // Ends the services, so that their last samples are in before they are read.
  await disposables.disposeAsync();
  return {
    variant: options.variant,
    repeat: options.repeat,
    parameters,
    timeline: faults.entries(),
    load,
    services: Object.fromEntries(
      [...recorders].map(([name, recorder]) => [
        name,
        recorder.observe(startMs, load.elapsedMs, join(folder, `${name}.counters`), disturbedSpans(name)),
      ]),
    ),
    ledger,
    error: error ?? (faults.problems.length > 0 ? faults.problems.join('; ') : null),
    wallClockSkewMs,
  };
}

async function warmUp(
  experiment: VariantRunOptions['experiment'],
  context: { urlOf: UrlOf; parameters: Record<string, number>; signal: AbortSignal },
): Promise<void> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(WARM_UP_DEADLINE_MS)]);
  await experiment.warmUp?.({ ...context, signal });
}

const LEDGER_DEADLINE_MS = 10_000;

async function reconcile(
  experiment: VariantRunOptions['experiment'],
  context: LedgerContext<Record<string, number>>,
): Promise<Observation['ledger']> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LEDGER_DEADLINE_MS)]);
  return (await experiment.ledger?.({ ...context, signal })) ?? null;
}
