/**
 * Runs a lab: its experiments, each variant after the other, and judges what was measured.
 *
 * Invariant: a result exists after each finished variant, so a later crash costs only what was still running.
 * Read next: variant-run.ts (one run), ../judge.ts (the verdicts), ../selection.ts (what is run).
 */
import { join } from 'node:path';
import type { LoadProgress } from '@backend-labs/load';
import type { ProviderName } from '@backend-labs/stack';
import {
  type AnyExperiment,
  experimentResult,
  type FinishedRun,
  finishRun,
  parametersOf,
} from '../experiment-result.ts';
import { combineVerdicts } from '../judge.ts';
import type { LabDefinition } from '../lab.ts';
import type { Observation } from '../observation.ts';
import type { Asked, Result, TimelineEntry } from '../result/schema.ts';
import { seal } from '../result/seal.ts';
import { type Choice, interleave, type PlannedVariant, planExperiment } from '../selection.ts';
import { unstartedObservation } from '../unstarted-observation.ts';
import { describeMachine, describeSources, describeVersions } from './environment.ts';
import { startReaper } from './reaper.ts';
import { createRunFolder } from './run-folder.ts';
import { isUnavailable, RunServers } from './run-servers.ts';
import { ServiceStartError } from './service-start-error.ts';
import { runVariant, type VariantRunOptions, WarmUpError } from './variant-run.ts';

export interface RunOptions {
  lab: LabDefinition;
  labFolder: string;
  workspaceFolder: string;
  runsFolder: string;
  /** `.lab/`: what servers are made of is fetched once and stays there. */
  stateFolder: string;
  /** Who provides the servers that the lab needs. */
  provider: ProviderName;
  experiments: readonly string[];
  choice: Choice;
  /** How the call put `experiments`, `choice` and `provider`, for the result. */
  asked: Pick<Asked, 'experiment' | 'variant' | 'stack'>;
  quick: boolean;
  seed: number;
  repeats: number;
  signal: AbortSignal;
  onEvent: (event: RunEvent) => void;
  /** Called with all that is known after each finished variant, and at the end. */
  save: (result: Result) => Promise<void>;
}

export type RunEvent =
  | { type: 'experiment'; name: string; question: string; runs: number }
  | {
      type: 'variant';
      experiment: string;
      variant: string;
      repeat: number;
      index: number;
      runs: number;
      durationMs: number;
    }
  | { type: 'servers'; line: string }
  | { type: 'progress'; progress: LoadProgress }
  | { type: 'fault'; entry: TimelineEntry; what: 'injected' | 'healed' }
  | { type: 'variant-ended'; variant: string; error: string | null }
  | { type: 'kept'; folder: string };

/**
 * Runs what is asked for and returns the result; `interrupted` is set when the signal ended it early.
 * Throws ServiceStartError when a service of the lab's own does not start.
 */
export async function runLab(options: RunOptions): Promise<Result> {
  const started = { at: new Date(), ms: performance.now() };
  const { commit, sources } = await describeSources(options.labFolder, options.workspaceFolder);
  const plans = new Map(
    options.experiments.map((name) => [
      name,
      planExperiment(experimentOf(options, name), variantFiles(options.lab), options.choice),
    ]),
  );
  const finished: FinishedRun[] = [];
  let servers: RunServers | undefined;
  const resultSoFar = (interrupted: boolean): Result => {
    const { quick, seed } = options;
    const versions = { ...describeVersions(options.labFolder), ...servers?.versions };
    const environment = { versions, platform: process.platform };
    const experiments = [...plans].map(([name, plan]) => {
      const runs = finished.filter((run) => run.experiment === name);
      return experimentResult({ name, experiment: experimentOf(options, name), plan, runs, quick, seed, environment });
    });
    return seal({
      schema: 1,
      lab: options.lab.name,
      question: options.lab.question,
      headlineClaim: options.lab.headlineClaim,
      startedAt: started.at.toISOString(),
      durationMs: Math.round(performance.now() - started.ms),
      commit,
      sources,
      seed: options.seed,
      profile: options.quick ? 'quick' : 'default',
      interrupted,
      asked: { ...options.asked, mutants: options.choice.kind === 'mutants', repeats: options.repeats },
      provider: servers?.provider ?? {},
      versions: environment.versions,
      machine: describeMachine(),
      experiments,
      verdict: combineVerdicts(
        experiments.flatMap(({ claims }) => claims.filter((c) => c.decides).map((c) => c.verdict)),
      ),
    });
  };

  const folder = createRunFolder(options.runsFolder);
  let keep = true;
  try {
    await using reaper = startReaper(folder);
    await using running = await RunServers.start({
      needs: options.lab.needs,
      provider: options.provider,
      folder: join(folder.path, 'servers'),
      stateFolder: options.stateFolder,
      reaper,
      signal: options.signal,
      log: (line) => options.onEvent({ type: 'servers', line }),
    });
    servers = running;
    for (const [name, plan] of plans) {
      const experiment = experimentOf(options, name);
      const runs = interleave(plan.variants, options.repeats);
      options.onEvent({ type: 'experiment', name, question: experiment.question, runs: runs.length });
      for (const [index, { variant, repeat }] of runs.entries()) {
        const parameters = parametersOf(experiment, options.quick);
        const { durationMs } = experiment.workload(parameters);
        options.onEvent({
          type: 'variant',
          experiment: name,
          variant: variant.name,
          repeat,
          index,
          runs: runs.length,
          durationMs,
        });
        finished.push(
          await finishedRun(options, running, name, variant, {
            variant: variant.name,
            variantFile: variant.file,
            repeat,
            labFolder: options.labFolder,
            experiment,
            faults: options.lab.faults,
            parameters,
            seed: options.seed + repeat - 1,
            folder: join(folder.path, `${name}-${index + 1}-${variant.name.replaceAll(/[^\w.-]/g, '-')}`),
            reaper,
            signal: options.signal,
            onProgress: (progress) => options.onEvent({ type: 'progress', progress }),
            onFault: (entry, what) => options.onEvent({ type: 'fault', entry, what }),
          }),
        );
        await options.save(resultSoFar(true));
      }
    }
    keep = finished.some(({ observation }) => observation.error !== null && observation.unavailable === null);
    const result = resultSoFar(false);
    await options.save(result);
    return result;
  } catch (error) {
    if (!options.signal.aborted) throw error;
    keep = false;
    const result = resultSoFar(true);
    if (finished.length > 0) await options.save(result);
    return result;
  } finally {
    folder.close(keep);
    if (keep) options.onEvent({ type: 'kept', folder: folder.path });
  }
}

function experimentOf(options: RunOptions, name: string): AnyExperiment {
  return options.lab.experiments[name] as AnyExperiment;
}

function variantFiles(lab: LabDefinition): Map<string, string> {
  return new Map(Object.entries(lab.variants).map(([name, { file }]) => [name, file]));
}

/** Runs one variant and checks the run itself. A file of the reader that fails is a finished run with an error. */
async function finishedRun(
  options: RunOptions,
  running: RunServers,
  experimentName: string,
  { broughtByReader }: PlannedVariant,
  run: Omit<VariantRunOptions, 'servers'>,
): Promise<FinishedRun> {
  let observation: Observation;
  try {
    const { proxies = {}, adjustableClocks = [], needs = {} } = run.experiment;
    await using servers = await running.forVariant({ proxies, adjustableClocks, needs });
    observation = await runVariant({ ...run, servers });
  } catch (error) {
    if (options.signal.aborted) throw error;
    observation = unstartedObservation(
      run,
      whyNotRun(error as Error, broughtByReader || options.choice.kind === 'mutants'),
    );
  }
  const { experiment, seed, variant } = run;
  const finished = finishRun({ experimentName, experiment, observation, seed, broughtByReader });
  options.onEvent({ type: 'variant-ended', variant, error: finished.observation.error });
  return finished;
}

/** What an error says of a variant that got to no load. Throws it again if nothing that follows would run either. */
function whyNotRun(error: Error, notOurs: boolean): { error: string; unavailable?: string } {
  if (isUnavailable(error)) return { error: error.message, unavailable: error.message };
  // A service of the lab's own that does not start is a broken set-up.
  if (notOurs && (error instanceof ServiceStartError || error instanceof WarmUpError)) return { error: error.message };
  throw error;
}
