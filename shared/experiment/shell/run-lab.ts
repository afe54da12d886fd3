/**
 * Runs a lab: its experiments, each variant after the other, and judges what was measured.
 *
 * Invariant: a result exists after each finished variant, so a later crash costs only what was still running.
 * Read next: variant-run.ts (one run), ../judge.ts (the verdicts), ../selection.ts (what is run).
 */
import { join } from 'node:path';
import { type LoadProgress, scheduleOf } from '@backend-labs/load';
import { type ClaimJudgement, claimResult, combineVerdicts, type JudgedRun, judgeClaim } from '../judge.ts';
import type { ExperimentDefinition, LabDefinition } from '../lab.ts';
import type { Observation } from '../observation.ts';
import type { ExperimentResult, Result, TimelineEntry, VariantResult } from '../result/schema.ts';
import { seal } from '../result/seal.ts';
import { type Choice, type ExperimentPlan, interleave, type PlannedVariant, planExperiment } from '../selection.ts';
import { runSelfChecks } from '../self-checks.ts';
import { seriesOf } from '../series.ts';
import { describeMachine, describeSources, describeVersions } from './environment.ts';
import { startReaper } from './reaper.ts';
import { createRunFolder } from './run-folder.ts';
import { ServiceStartError } from './service-process.ts';
import { failedToStart, runVariant, type VariantRunOptions } from './variant-run.ts';

type AnyExperiment = ExperimentDefinition<string, string, Record<string, number>>;

export interface RunOptions {
  lab: LabDefinition;
  labFolder: string;
  workspaceFolder: string;
  runsFolder: string;
  experiments: readonly string[];
  choice: Choice;
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
  | { type: 'progress'; progress: LoadProgress }
  | { type: 'fault'; entry: TimelineEntry; what: 'injected' | 'healed' }
  | { type: 'variant-ended'; variant: string; error: string | null }
  | { type: 'kept'; folder: string };

interface FinishedRun extends JudgedRun {
  experiment: string;
  result: VariantResult;
}

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
  const resultSoFar = (interrupted: boolean): Result => {
    const experiments = [...plans].map(([name, plan]) => experimentResult(options, name, plan, finished));
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
      provider: {},
      versions: describeVersions(options.labFolder),
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
          await finishedRun(options, name, variant, {
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
    keep = finished.some(({ observation }) => observation.error !== null);
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

/** The parameters of a profile. */
export function parametersOf(experiment: AnyExperiment, quick: boolean): Record<string, number> {
  return quick ? ({ ...experiment.parameters, ...experiment.quick } as Record<string, number>) : experiment.parameters;
}

function planOf(experiment: AnyExperiment, parameters: Record<string, number>, seed: number) {
  return { ...experiment.workload(parameters), seed };
}

/** Runs one variant and checks the run itself. A file of the reader that fails is a finished run with an error. */
async function finishedRun(
  options: RunOptions,
  experimentName: string,
  variant: PlannedVariant,
  run: VariantRunOptions,
): Promise<FinishedRun> {
  let observation: Observation;
  try {
    observation = await runVariant(run);
  } catch (error) {
    if (options.signal.aborted) throw error;
    // A service of the lab's own that does not start is a broken set-up: nothing that follows would run either.
    if (!(error instanceof ServiceStartError) || !(variant.broughtByReader || options.choice.kind === 'mutants'))
      throw error;
    observation = failedToStart(run, error);
  }
  options.onEvent({ type: 'variant-ended', variant: variant.name, error: observation.error });
  const { experiment, parameters } = run;
  const resolutionMs = experiment.resolutionMs(parameters);
  const selfChecks =
    observation.error !== null
      ? []
      : runSelfChecks({
          observation,
          scheduled: scheduleOf(planOf(experiment, parameters, run.seed)).length,
          hops: experiment.hops,
          resolutionMs,
          plannedAtMs: experiment
            .timeline(parameters)
            .map((entry) => ('when' in entry ? null : { injectAtMs: entry.atMs, healAtMs: entry.healAtMs })),
        });
  const wanted = experiment.plots.map(({ series }) => series);
  return {
    experiment: experimentName,
    observation,
    selfChecks,
    broughtByReader: variant.broughtByReader,
    result: {
      name: observation.variant,
      repeat: observation.repeat,
      error: observation.error,
      timeline: observation.timeline,
      operations: observation.load.counts,
      latencyMs: observation.load.latencyMs,
      facts: observation.error === null ? experiment.facts(observation) : {},
      ledger: observation.ledger,
      series: seriesOf(observation, wanted),
      selfChecks,
    },
  };
}

function experimentResult(
  options: RunOptions,
  name: string,
  plan: ExperimentPlan,
  finished: readonly FinishedRun[],
): ExperimentResult {
  const experiment = experimentOf(options, name);
  const parameters = parametersOf(experiment, options.quick);
  const runs = finished.filter((run) => run.experiment === name);
  const repeats = [...new Set(runs.map(({ observation }) => observation.repeat))].sort((a, b) => a - b);
  const environment = { versions: describeVersions(options.labFolder), platform: process.platform };
  return {
    name,
    question: experiment.question,
    parameters,
    workload: planOf(experiment, parameters, options.seed),
    plots: [...experiment.plots],
    variants: runs.map(({ result }) => result),
    claims: plan.claims.map(({ claim, decides }) => {
      const property = experiment.properties[claim.property] as AnyExperiment['properties'][string];
      const judged: ClaimJudgement[] = (repeats.length === 0 ? [1] : repeats).map((repeat) =>
        judgeClaim({
          claim,
          property,
          runs: new Map(
            runs
              .filter(({ observation }) => observation.repeat === repeat)
              .map((run) => [run.observation.variant, run]),
          ),
          skipped: claim.skip?.(environment) ?? null,
        }),
      );
      return claimResult(claim, property, parameters, judged, decides);
    }),
  };
}
