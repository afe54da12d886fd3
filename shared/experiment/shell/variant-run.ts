/**
 * One run of one variant: fresh services, the load in its own process, the faults, and what all of them measured.
 *
 * Invariant: whatever happens, this returns an observation or throws, and nothing that it started still runs.
 * A variant that fails in the middle has an `error` in its observation; what it measured until then is kept.
 * Read next: service-process.ts, fault-runner.ts, ../self-checks.ts.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LoadPlan, type LoadProgress, type LoadReport, monotonicMs, startGenerator } from '@backend-labs/load';
import type { ExperimentDefinition, FaultDefinition, LedgerContext } from '../lab.ts';
import type { Observation } from '../observation.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { startFaults } from './fault-runner.ts';
import type { Reaper } from './reaper.ts';
import { ServiceProcess, type ServiceStartError } from './service-process.ts';
import { ServiceRecorder } from './service-recorder.ts';

/** Between asking the generator to start and its first operation: its message must have arrived by then. */
const START_MARGIN_MS = 50;

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
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const services = new Map<string, ServiceProcess>();
  const recorders = new Map<string, ServiceRecorder>();
  const timeline = experiment.timeline(parameters);
  let held: (service: string, event: string, occurrence: number) => void = () => {};
  let error: string | null = null;

  const urlOf = (name: string): string => {
    const service = services.get(name);
    if (service === undefined) throw new Error(`there is no service named ${name}, or it is not started yet`);
    return service.url;
  };
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
        if (message.type === 'held') held(definition.name, message.event, message.occurrence);
        else recorder.record(message);
      },
      onUnexpectedExit(exit) {
        recorder.ended(exit);
        const how = exit.signal ?? `exit code ${exit.code}`;
        error = `the service ${definition.name} ended in the middle of the run (${how}). Its last lines: ${exit.lastLines.join(' | ')}`;
        broken.abort(new Error(error));
      },
    });
    services.set(definition.name, service);
    disposables.use(service);
  }

  const workload = experiment.workload(parameters);
  const plan: LoadPlan = { ...workload, seed: options.seed, operation: experiment.operation({ urlOf, parameters }) };
  const generator = disposables.use(
    await startGenerator(plan, {
      folder,
      signal,
      onSpawn: (pid) => void options.reaper.watch(pid, `load of ${options.variant}`),
      onProgress: options.onProgress,
    }),
  );

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
  // When a service dies, the rest of the schedule would only measure refused connections.
  broken.signal.addEventListener('abort', () => generator.abort(), { once: true });
  options.signal.addEventListener('abort', () => generator.abort(), { once: true });

  let load: LoadReport;
  try {
    load = await generator.run(startMs);
  } finally {
    await faults.finish();
  }
  options.signal.throwIfAborted();
  const ledger = error === null ? await reconcile(experiment, { urlOf, parameters, load, signal }) : null;
  const wallClockSkewMs = Date.now() - monotonicMs() - wallOffsetMs;
  const touched = new Set(timeline.flatMap((entry) => options.faults[entry.fault]?.touches ?? []));
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
        recorder.observe(startMs, load.elapsedMs, join(folder, `${name}.counters`), touched.has(name)),
      ]),
    ),
    ledger,
    error: error ?? (faults.problems.length > 0 ? faults.problems.join('; ') : null),
    wallClockSkewMs,
  };
}

const LEDGER_DEADLINE_MS = 10_000;

async function reconcile(
  experiment: VariantRunOptions['experiment'],
  context: LedgerContext<Record<string, number>>,
): Promise<Observation['ledger']> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LEDGER_DEADLINE_MS)]);
  return (await experiment.ledger?.({ ...context, signal })) ?? null;
}

/** The observation of a variant whose services did not start: nothing was measured. */
export function failedToStart(options: VariantRunOptions, failure: ServiceStartError): Observation {
  const counts = { intended: 0, ok: 0, degraded: 0, failed: 0, rejected: 0, timeout: 0, lost: 0, inFlight: 0 };
  const none = { p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  const empty = () => new Float64Array(0);
  return {
    variant: options.variant,
    repeat: options.repeat,
    parameters: options.parameters,
    timeline: [],
    load: {
      startedAtMonotonicMs: 0,
      elapsedMs: 0,
      counts,
      latencyMs: none,
      serviceMs: none,
      sendLagMs: { p50: 0, p99: 0, max: 0 },
      eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
      cpuMs: 0,
      series: {
        bucketMs: 250,
        sent: [],
        outcomes: { ok: [], degraded: [], failed: [], rejected: [], timeout: [], lost: [] },
        latencyP50Ms: [],
        latencyP99Ms: [],
      },
      reasons: {},
      operations: { intendedAtMs: empty(), startedAtMs: empty(), endedAtMs: empty(), outcome: new Uint8Array(0) },
    },
    services: {},
    ledger: null,
    error: failure.message,
    wallClockSkewMs: 0,
  };
}
