/**
 * From the observations of an experiment to its part of the result: self-checks, facts, series, claims. Pure.
 *
 * Read next: self-checks.ts, judge.ts.
 */
import { scheduleOf } from '@backend-labs/load';
import { type ClaimJudgement, claimResult, type JudgedRun, judgeClaim } from './judge.ts';
import type { ClaimDefinition, ExperimentDefinition } from './lab.ts';
import type { Observation } from './observation.ts';
import { readersFailure } from './readers-file.ts';
import type { ExperimentResult, VariantResult } from './result/schema.ts';
import type { ExperimentPlan } from './selection.ts';
import { runSelfChecks } from './self-checks.ts';
import { seriesOf } from './series.ts';
import { expectedFaults } from './trigger.ts';

export type AnyExperiment = ExperimentDefinition<string, string, Record<string, number>>;

/** A run that ended, checked. */
export interface FinishedRun extends JudgedRun {
  experiment: string;
  result: VariantResult;
}

/** The parameters of a profile. */
export function parametersOf(experiment: AnyExperiment, quick: boolean): Record<string, number> {
  return quick ? ({ ...experiment.parameters, ...experiment.quick } as Record<string, number>) : experiment.parameters;
}

/** The workload with its seed. */
function workloadOf(experiment: AnyExperiment, parameters: Record<string, number>, seed: number) {
  return { ...experiment.workload(parameters), seed };
}

/** When a fault was to begin and to be healed: at its times, or as soon as its event came. Null if it never came. */
function plannedTimes({ planned, entry }: ReturnType<typeof expectedFaults>[number]) {
  if (!('when' in planned)) return { injectAtMs: planned.atMs, healAtMs: planned.healAtMs };
  if (entry === undefined || entry.effectiveAtMs === null) return null;
  return { injectAtMs: entry.askedAtMs, healAtMs: entry.effectiveAtMs + planned.healAfterMs };
}

/** Checks a run and makes its part of the result. */
export function finishRun(options: {
  experimentName: string;
  experiment: AnyExperiment;
  observation: Observation;
  seed: number;
  broughtByReader: boolean;
}): FinishedRun {
  const { experiment } = options;
  const { parameters } = options.observation;
  const input = {
    observation: options.observation,
    scheduled: scheduleOf(workloadOf(experiment, parameters, options.seed)).length,
    hops: experiment.hops,
    resolutionMs: experiment.resolutionMs(parameters),
    plannedAtMs: expectedFaults(experiment.timeline(parameters), options.observation.timeline).map(plannedTimes),
  };
  const failure = options.broughtByReader
    ? readersFailure(options.observation, experiment.workload(parameters).timeoutMs)
    : null;
  const observation = { ...options.observation, error: failure ?? options.observation.error };
  const selfChecks = observation.error === null ? runSelfChecks(input) : [];
  const plotted = experiment.plots.map(({ series }) => series);
  return {
    experiment: options.experimentName,
    observation,
    selfChecks,
    broughtByReader: failure !== null,
    result: {
      name: observation.variant,
      repeat: observation.repeat,
      error: observation.error,
      timeline: observation.timeline,
      operations: observation.load.counts,
      latencyMs: observation.load.latencyMs,
      facts: observation.error === null ? experiment.facts(observation) : {},
      ledger: observation.ledger,
      series: seriesOf(observation, plotted),
      selfChecks,
    },
  };
}

/** Why a claim cannot be run here: something that one of its variants needs cannot be had. Null if nothing. */
function unavailable(claim: ClaimDefinition<string, string>, runs: readonly FinishedRun[]): string | null {
  const involved = [claim.variant, claim.control, ...(claim.comparesWith ?? [])];
  const missing = runs.find(
    ({ observation }) => observation.unavailable !== null && involved.includes(observation.variant),
  );
  return missing?.observation.unavailable ?? null;
}

/** Judges an experiment's claims on the runs that have ended so far. */
export function experimentResult(options: {
  name: string;
  experiment: AnyExperiment;
  plan: ExperimentPlan;
  runs: readonly FinishedRun[];
  quick: boolean;
  seed: number;
  environment: { versions: Record<string, string>; platform: string };
}): ExperimentResult {
  const { name, experiment, plan, runs } = options;
  const parameters = parametersOf(experiment, options.quick);
  const repeats = [...new Set(runs.map(({ observation }) => observation.repeat))].sort((a, b) => a - b);
  const runsOf = (repeat: number) =>
    new Map(runs.filter((run) => run.observation.repeat === repeat).map((run) => [run.observation.variant, run]));
  return {
    name,
    question: experiment.question,
    parameters,
    workload: workloadOf(experiment, parameters, options.seed),
    plots: [...experiment.plots],
    variants: runs.map(({ result }) => result),
    claims: plan.claims.map(({ claim, decides }) => {
      const property = experiment.properties[claim.property] as AnyExperiment['properties'][string];
      const skipped = claim.skip?.(options.environment) ?? unavailable(claim, runs);
      const judged: ClaimJudgement[] = (repeats.length === 0 ? [1] : repeats).map((repeat) =>
        judgeClaim({ claim, property, runs: runsOf(repeat), skipped }),
      );
      return claimResult(claim, property, parameters, judged, decides);
    }),
  };
}
