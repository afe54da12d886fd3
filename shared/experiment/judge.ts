/**
 * From observations to a verdict. Pure.
 *
 *   skipped       it could not be run here
 *   inconclusive  a self-check of an involved run failed, a run is missing, the property could not tell, or the
 *                 control passed (then the experiment proves nothing)
 *   refuted       the property fails on the variant
 *   holds         the property holds on the variant and fails on the control
 *
 * Invariant: in that order. A disturbed machine never refutes anything, and a claim never holds without a control
 * that failed in the same run. Read next: ../docs/methodology.md.
 */
import type { ClaimDefinition } from './lab.ts';
import type { Observation } from './observation.ts';
import type { Judgement, Property } from './properties.ts';
import type { ClaimResult, SelfCheck, Verdict } from './result/schema.ts';
import { chancesOf, spreadOf } from './statistics.ts';

/** One variant's run, with what the run says of itself. */
export interface JudgedRun {
  observation: Observation;
  selfChecks: SelfCheck[];
  /** Set for a file of the reader that failed by itself: then its error refutes, rather than tells nothing. */
  broughtByReader: boolean;
}

export interface ClaimInput {
  claim: ClaimDefinition<string, string>;
  property: Property<Record<string, number>>;
  /** The runs of one repeat, by variant. */
  runs: ReadonlyMap<string, JudgedRun>;
  /** Why the claim is skipped, else null. */
  skipped: string | null;
}

/** What one repeat says of one claim. */
export interface ClaimJudgement {
  verdict: Verdict;
  controlVerdict: Verdict;
  variant: Judgement | null;
  control: Judgement | null;
  reason: string | null;
}

/** The checks that failed, said in one line; null if none did. */
function disturbance(name: string, run: JudgedRun): string | null {
  const failed = run.selfChecks.filter((check) => !check.ok);
  if (failed.length === 0) return null;
  const said = failed.map((check) => `${check.name}: expected ${check.expected}, measured ${check.measured}`);
  return `${name}: self-check failed (${said.join('; ')})`;
}

function judgeRun(
  input: ClaimInput,
  name: string,
): { verdict: Verdict; judgement: Judgement | null; reason: string | null } {
  const run = input.runs.get(name);
  if (run === undefined) return { verdict: 'inconclusive', judgement: null, reason: `${name} was not run` };
  const { observation } = run;
  if (observation.error !== null) {
    const reason = `${name} failed: ${observation.error}`;
    return { verdict: run.broughtByReader ? 'refuted' : 'inconclusive', judgement: null, reason };
  }
  const disturbed = disturbance(name, run);
  if (disturbed !== null) return { verdict: 'inconclusive', judgement: null, reason: disturbed };
  const judgement = input.property.judge(observation, {
    parameters: observation.parameters,
    other: (variant) => input.runs.get(variant)?.observation,
  });
  const verdict = judgement.ok === null ? 'inconclusive' : judgement.ok ? 'holds' : 'refuted';
  return { verdict, judgement, reason: judgement.ok === null ? `${name}: ${judgement.reason}` : null };
}

/** Judges one claim on the runs of one repeat. */
export function judgeClaim(input: ClaimInput): ClaimJudgement {
  if (input.skipped !== null) {
    return { verdict: 'skipped', controlVerdict: 'skipped', variant: null, control: null, reason: input.skipped };
  }
  const variant = judgeRun(input, input.claim.variant);
  const control = judgeRun(input, input.claim.control);
  const compared = (input.claim.comparesWith ?? [])
    .map((name) => judgeRun(input, name))
    .find(({ judgement }) => judgement === null);
  const said = (verdict: Verdict, reason: string | null): ClaimJudgement => ({
    verdict,
    controlVerdict: control.verdict,
    variant: variant.judgement,
    control: control.judgement,
    reason,
  });
  if (variant.verdict === 'inconclusive') return said('inconclusive', variant.reason);
  // Before "refuted": a comparison with a disturbed or missing run refutes nothing. A reader's file that failed
  // (no judgement) was compared with nothing.
  if (compared !== undefined && variant.judgement !== null) return said('inconclusive', compared.reason);
  if (variant.verdict === 'refuted') return said('refuted', variant.reason);
  if (control.verdict === 'inconclusive') return said('inconclusive', control.reason);
  if (control.verdict === 'holds') {
    return said('inconclusive', `the control ${input.claim.control} passed: the experiment proves nothing`);
  }
  return said('holds', null);
}

const WORST_FIRST: readonly Verdict[] = ['refuted', 'inconclusive', 'holds', 'skipped'];

/** The verdict of several: refuted, else inconclusive, else holds; skipped only if all were. None at all: skipped. */
export function combineVerdicts(verdicts: Iterable<Verdict>): Verdict {
  const seen = new Set(verdicts);
  return WORST_FIRST.find((verdict) => seen.has(verdict)) ?? 'skipped';
}

/** The claim's line in the result, over all repeats. What is quoted comes from the repeat that decided. */
export function claimResult(
  claim: ClaimDefinition<string, string>,
  property: Property<Record<string, number>>,
  parameters: Record<string, number>,
  repeats: readonly ClaimJudgement[],
  decides: boolean,
): ClaimResult {
  const verdict = combineVerdicts(repeats.map((repeat) => repeat.verdict));
  const deciding = repeats.find((repeat) => repeat.verdict === verdict);
  const judged = repeats.flatMap((repeat) => (repeat.variant === null ? [] : [repeat.variant]));
  const values = judged.flatMap((judgement) => (judgement.value === null ? [] : [judgement.value]));
  const spread = repeats.length > 1 ? spreadOf(values) : null;
  const counted = judged.flatMap((judgement) => (judgement.chances === null ? [] : [judgement.chances]));
  return {
    id: claim.id,
    statement: claim.statement,
    property: property.description,
    variant: claim.variant,
    control: claim.control,
    predicted: property.predicted(parameters),
    measured: deciding?.variant?.measured ?? 'not measured',
    controlMeasured: deciding?.control?.measured ?? 'not measured',
    verdict,
    controlVerdict: combineControlVerdicts(repeats.map((repeat) => repeat.controlVerdict)),
    chances:
      counted.length === 0
        ? null
        : chancesOf(
            counted.reduce((sum, one) => sum + one.count, 0),
            counted.reduce((sum, one) => sum + one.occurrences, 0),
          ),
    reason: deciding?.reason ?? null,
    evidence: deciding?.variant?.evidence ?? [],
    decides,
    spread: spread === null ? null : { unit: judged[0]?.unit ?? '', ...spread, repeats: values.length },
  };
}

/** A control must fail in every repeat: one that passed once says so. */
function combineControlVerdicts(verdicts: readonly Verdict[]): Verdict {
  const worst: readonly Verdict[] = ['holds', 'inconclusive', 'refuted', 'skipped'];
  return worst.find((verdict) => verdicts.includes(verdict)) ?? 'skipped';
}
