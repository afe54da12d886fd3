/**
 * One run of one variant: fresh services, the load in its own process, the faults, and what all of them measured.
 *
 * Invariant: whatever happens, this returns an observation or throws, and nothing that it started still runs.
 * A variant that fails in the middle has an `error` in its observation; what it measured until then is kept.
 * Read next: stand.ts, fault-runner.ts, ../self-checks.ts.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type LoadPlan, type LoadProgress, type LoadReport, monotonicMs, openGenerator } from '@backend-labs/load';
import { disturbancesOf } from '../disturbance.ts';
import { EXIT } from '../exit-code.ts';
import { entriesOf } from '../hop-balance.ts';
import type { ExperimentDefinition, FaultDefinition, TimelineDefinition, UrlOf, WitnessContext } from '../lab.ts';
import type { Observation } from '../observation.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { type FaultRunner, startFaults } from './fault-runner.ts';
import type { Reaper } from './reaper.ts';
import type { VariantServers } from './run-servers.ts';
import { ServiceRecorder } from './service-recorder.ts';
import { ServiceStartError } from './service-start-error.ts';
import { startStand } from './stand.ts';

/** Between asking the generator to start and its first operation: its connections of its own are open by then. */
const START_MARGIN_MS = 100;

const WARM_UP_LIMIT_MS = 5000;

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
  servers: Pick<VariantServers, 'server' | 'proxy' | 'access'>;
  reaper: Reaper;
  signal: AbortSignal;
  onProgress: (progress: LoadProgress) => void;
  onFault: (entry: TimelineEntry, what: 'injected' | 'healed') => void;
}

/** Runs it. Throws ServiceStartError when a service does not start, and the signal's reason when aborted. */
export async function runVariant(options: VariantRunOptions): Promise<Observation> {
  const { experiment, parameters, folder, servers } = options;
  mkdirSync(folder, { recursive: true });
  await using disposables = new AsyncDisposableStack();
  // Of services only, and made first, so that they end last: nothing may be sent to one that is being stopped.
  const started = disposables.use(new AsyncDisposableStack());
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const recorders = new Map<string, ServiceRecorder>();
  const timeline = experiment.timeline(parameters);
  let held: FaultRunner['held'] = () => {};
  let error: string | null = null;

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
  const stand = started.use(
    await startStand({
      experiment,
      parameters,
      variantFile: resolve(options.labFolder, options.variantFile),
      labFolder: options.labFolder,
      folder,
      servers,
      reaper: options.reaper,
      signal,
      holdsOf: (name) => holdsOf(timeline, name),
      onStart: (name, destinations) => recorders.set(name, new ServiceRecorder(name, destinations)),
      onMessage(name, message) {
        if (message.type === 'held') held(name, message);
        else recorders.get(name)?.record(message);
      },
      onUnexpectedExit(name, exit) {
        recorders.get(name)?.ended(exit);
        const how = exit.signal ?? `exit code ${exit.code}`;
        const said =
          exit.lastLines.length === 0 ? 'It printed nothing.' : `Its last lines: ${exit.lastLines.join(' | ')}`;
        error = `the service ${name} ended in the middle of the run (${how}). ${said}`;
        // Before the load this is a failed start, whoever waits at that moment: for another service or a warm-up.
        broken.abort(new ServiceStartError(name, `ended before the load (${how})`, exit.lastLines, exit.logFile));
      },
    }),
  );
  const { services, urlOf } = stand;

  const plan: LoadPlan = {
    ...experiment.workload(parameters),
    seed: options.seed,
    operation: experiment.operation({ urlOf, servers: servers.access, parameters }),
    // The health route is answered by shared/service and is not counted as a request of the load's.
    roundTripUrls: entriesOf(experiment.hops).map((name) => new URL('/health/live', urlOf(name)).href),
  };
  const { warmUpLimitMs = WARM_UP_LIMIT_MS } = experiment;
  const [generator] = await Promise.all([
    opened.prepare(plan),
    warmUp(experiment, { urlOf, parameters, signal }).catch((failure: Error) => {
      options.signal.throwIfAborted();
      throw new WarmUpError(
        error ?? `its warm-up was not answered within ${warmUpLimitMs / 1000} s (${failure.message})`,
      );
    }),
  ]);
  for (const [name, recorder] of recorders) recorder.startCountingFrom(join(folder, `${name}.counters`));

  signal.throwIfAborted();

  const startMs = monotonicMs() + START_MARGIN_MS;
  const wallOffsetMs = Date.now() - monotonicMs();
  const faults = startFaults({
    timeline,
    faults: options.faults,
    parameters,
    services,
    servers,
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
  const observed = () =>
    Object.fromEntries(
      [...recorders].map(([name, recorder]) => {
        const disturbed = disturbancesOf(name, timeline, faults.played(), options.faults, load.elapsedMs);
        return [name, recorder.observe(startMs, load.elapsedMs, join(folder, `${name}.counters`), disturbed)];
      }),
    );
  let afterwards: Afterwards = { ledger: null, witnesses: {} };
  try {
    if (error === null) {
      const sinceStartMs = (wallClockMs: number) => wallClockMs - wallOffsetMs - startMs;
      const context = { urlOf, servers: servers.access, parameters, load, sinceStartMs, signal };
      afterwards = await askAfterwards(experiment, context, observed);
    }
  } catch (caught) {
    options.signal.throwIfAborted();
    error ??= `the ledger could not be reconciled: ${(caught as Error).message}`;
  }
  const wallClockSkewMs = Date.now() - monotonicMs() - wallOffsetMs;
  // Ends the services, so that their last samples are in before they are read.
  await disposables.disposeAsync();
  return {
    variant: options.variant,
    repeat: options.repeat,
    parameters,
    timeline: faults.entries(),
    load,
    services: observed(),
    ...afterwards,
    error: error ?? (faults.problems.length > 0 ? faults.problems.join('; ') : null),
    unavailable: faults.unavailable(),
    wallClockSkewMs,
  };
}

/** Where the timeline wants a service to hold itself. */
function holdsOf(timeline: readonly TimelineDefinition<string>[], service: string) {
  return timeline.flatMap((entry) =>
    'when' in entry && entry.when.service === service
      ? [{ event: entry.when.event, occurrence: entry.when.occurrence ?? 1 }]
      : [],
  );
}

async function warmUp(
  experiment: VariantRunOptions['experiment'],
  context: { urlOf: UrlOf; parameters: Record<string, number>; signal: AbortSignal },
): Promise<void> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(experiment.warmUpLimitMs ?? WARM_UP_LIMIT_MS)]);
  await experiment.warmUp?.({ ...context, signal });
}

/** Long enough for a backlog to be worked off: a broker was away, and its consumers have to find each other again. */
const LEDGER_DEADLINE_MS = 30_000;

type Afterwards = Pick<Observation, 'ledger' | 'witnesses'>;

/** Asks the witnesses, then reconciles the ledger with what they say. */
async function askAfterwards(
  experiment: VariantRunOptions['experiment'],
  context: WitnessContext<Record<string, number>>,
  observed: () => Observation['services'],
): Promise<Afterwards> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(LEDGER_DEADLINE_MS)]);
  const witnesses = (await experiment.witnesses?.({ ...context, signal })) ?? {};
  const ledger = await experiment.ledger?.({ ...context, signal, witnesses, services: observed() });
  return { witnesses, ledger: ledger ?? null };
}
