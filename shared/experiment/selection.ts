/**
 * Which variants a run needs, in which order, and which claims they decide. Pure.
 *
 * Invariant: no claim is planned without its control in the same run.
 * Read next: shell/run-lab.ts (which runs the plan).
 */
import type { ClaimDefinition, ExperimentDefinition } from './lab.ts';

type AnyExperiment = ExperimentDefinition<string, string, Record<string, number>>;

/** Who is judged: what the lab says, one of its variants, a file of the reader, or the claims' mutants. */
export type Choice =
  | { kind: 'all' }
  | { kind: 'variant'; name: string }
  | { kind: 'file'; name: string; file: string }
  | { kind: 'mutants'; files: ReadonlyMap<string, string | null> };

/** A claim to judge. `decides` is false for a property that only describes one variant, on a reader's file. */
export interface PlannedClaim {
  claim: ClaimDefinition<string, string>;
  decides: boolean;
}

/** A variant to run: a name of its own and the file that implements it. */
export interface PlannedVariant {
  name: string;
  file: string;
  broughtByReader: boolean;
}

export interface ExperimentPlan {
  variants: PlannedVariant[];
  claims: PlannedClaim[];
}

/** The name under which the mutant of a claim runs. */
export function mutantName(claimId: string): string {
  return `mutant of ${claimId}`;
}

/** Plans one experiment. `variantFiles` holds the lab's own variants in the order of lab.ts. */
export function planExperiment(
  experiment: AnyExperiment,
  variantFiles: ReadonlyMap<string, string>,
  choice: Choice,
): ExperimentPlan {
  const claims = plannedClaims(experiment, choice);
  const needed = new Set(claims.flatMap(({ claim }) => [claim.variant, claim.control, ...(claim.comparesWith ?? [])]));
  if (choice.kind === 'variant') needed.add(choice.name);
  const variants: PlannedVariant[] = [...variantFiles]
    .filter(([name]) => needed.has(name))
    .map(([name, file]) => ({ name, file, broughtByReader: false }));
  if (choice.kind === 'file') variants.push({ name: choice.name, file: choice.file, broughtByReader: true });
  if (choice.kind === 'mutants') {
    for (const { claim } of claims) {
      const file = choice.files.get(claim.id) ?? null;
      if (file !== null) variants.push({ name: mutantName(claim.id), file, broughtByReader: false });
    }
  }
  return { variants, claims };
}

function plannedClaims(experiment: AnyExperiment, choice: Choice): PlannedClaim[] {
  if (choice.kind === 'variant') {
    return experiment.claims
      .filter(({ variant }) => variant === choice.name)
      .map((claim) => ({ claim, decides: true }));
  }
  if (choice.kind === 'mutants') {
    return experiment.claims
      .filter(({ id }) => choice.files.has(id))
      .map((claim) => ({ claim: { ...claim, variant: mutantName(claim.id) }, decides: true }));
  }
  if (choice.kind === 'file') {
    // Several claims may ask the same property of several variants; the reader's file is asked once.
    const first = new Map<string, ClaimDefinition<string, string>>();
    for (const claim of experiment.claims) if (!first.has(claim.property)) first.set(claim.property, claim);
    return [...first.values()].map((claim) => ({
      claim: { ...claim, statement: experiment.properties[claim.property]?.description ?? '', variant: choice.name },
      decides: experiment.properties[claim.property]?.kind === 'guarantee',
    }));
  }
  return experiment.claims.map((claim) => ({ claim, decides: true }));
}

/**
 * The order of all runs: repeats one after the other, every second one backwards (ABBA), so that a drift of the
 * machine does not favour the same variant each time.
 */
export function interleave<T>(variants: readonly T[], repeats: number): { variant: T; repeat: number }[] {
  return Array.from({ length: repeats }, (_, index) => index + 1).flatMap((repeat) => {
    const ordered = repeat % 2 === 1 ? variants : variants.toReversed();
    return ordered.map((variant) => ({ variant, repeat }));
  });
}
