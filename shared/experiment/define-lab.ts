/**
 * defineLab: the rules that a lab.ts must keep, checked by the compiler and again at run time.
 *
 * Invariant: a lab that defineLab returned has no claim without a control, no fault without a heal, no name that
 * stands for nothing. Read next: load-lab.ts (how a broken rule gets its file and line).
 */
import type {
  ExperimentDefinition,
  FaultDefinition,
  LabDefinition,
  Needs,
  TimelineDefinition,
  VariantDefinition,
} from './lab.ts';

/** A lab.ts that breaks a rule. `near` is a text in the file that is close to the place. */
export class LabRuleError extends Error {
  override readonly name = 'LabRuleError';
  readonly rule: string;
  readonly near: string;
  constructor(rule: string, near: string) {
    super(rule);
    this.rule = rule;
    this.near = near;
  }
}

function requireRule(holds: unknown, rule: string, near: string): asserts holds {
  if (!holds) throw new LabRuleError(rule, near);
}

/**
 * Types one experiment against its own parameters. It returns the same object with those erased, because the
 * experiments of one lab may have different ones.
 */
export function experiment<
  const V extends string,
  P extends Record<string, number>,
  const K extends string,
  // An empty timeline names no fault: without this default that would be inferred as any string.
  const F extends string = never,
>(
  definition: Omit<ExperimentDefinition<V, F, P, K>, 'claims' | 'quick'> & {
    quick: Partial<NoInfer<P>>;
    claims: readonly {
      id: string;
      statement: string;
      property: NoInfer<K>;
      variant: V;
      control: V;
      comparesWith?: readonly V[];
      skip?: (environment: { versions: Record<string, string>; platform: string }) => string | null;
    }[];
  },
): ExperimentDefinition<V, F, Record<string, number>> {
  return definition as unknown as ExperimentDefinition<V, F, Record<string, number>>;
}

/** Checks a lab and returns it. Throws LabRuleError on the first broken rule. */
export function defineLab<const V extends string, const F extends string>(
  lab: Omit<LabDefinition<V, F>, 'experiments' | 'variants' | 'faults'> & {
    variants: Record<V, VariantDefinition>;
    faults: Record<F, FaultDefinition>;
    experiments: Record<string, ExperimentDefinition<NoInfer<V>, NoInfer<F>, Record<string, number>>>;
  },
): LabDefinition {
  const checked = lab as unknown as LabDefinition;
  requireRule(/^[a-z][a-z0-9-]*$/.test(checked.name), `the name "${checked.name}" is not in kebab-case`, 'name');
  requireRule(Object.keys(checked.variants).length > 0, 'the lab has no variants', 'variants');
  requireRule(Object.keys(checked.experiments).length > 0, 'the lab has no experiments', 'experiments');
  for (const [name, fault] of Object.entries(checked.faults)) {
    requireRule(typeof fault.inject === 'function', `fault "${name}" has no inject`, name);
    requireRule(typeof fault.heal === 'function', `fault "${name}" has no heal: every fault is healed`, name);
  }
  const claimIds = new Set<string>();
  for (const [name, one] of Object.entries(checked.experiments)) {
    checkExperiment(checked, name, one);
    for (const claim of one.claims) {
      requireRule(!claimIds.has(claim.id), `two claims have the id "${claim.id}"`, claim.id);
      claimIds.add(claim.id);
    }
  }
  for (const key of ['runByDefault', 'runByQuick'] as const) {
    for (const name of checked[key] ?? []) {
      requireRule(checked.experiments[name], `${key} names "${name}", which is no experiment`, name);
    }
  }
  requireRule(
    claimIds.has(checked.headlineClaim),
    `headlineClaim "${checked.headlineClaim}" is no claim`,
    'headlineClaim',
  );
  return checked;
}

function checkExperiment(
  lab: LabDefinition,
  name: string,
  one: ExperimentDefinition<string, string, Record<string, number>>,
): void {
  requireRule(one.claims?.length > 0, `experiment "${name}" has no claims: it could not say no`, name);
  requireRule(
    one.hops?.some(({ from }) => from === 'load'),
    `experiment "${name}" names no hop from "load": what it sends could not be checked`,
    name,
  );
  for (const [kind, count] of Object.entries(one.needs ?? {}) as [keyof Needs, number][]) {
    requireRule(
      !(kind in lab.needs),
      `experiment "${name}" needs "${kind}", which the lab has for all of its experiments`,
      name,
    );
    // They are started once for a run, and have the same names for all that use them.
    const [other] = Object.entries(lab.experiments).find(([, { needs }]) => (needs?.[kind] ?? count) !== count) ?? [];
    requireRule(
      other === undefined,
      `experiments "${name}" and "${other}" need different numbers of "${kind}": let both need the larger one`,
      name,
    );
  }
  for (const claim of one.claims) {
    requireRule(claim.control, `claim "${claim.id}" has no control: it could not fail`, claim.id);
    requireRule(
      claim.control !== claim.variant,
      `claim "${claim.id}" is its own control: "${claim.control}" cannot both keep and break the property`,
      claim.id,
    );
    for (const variant of [claim.variant, claim.control, ...(claim.comparesWith ?? [])]) {
      requireRule(
        lab.variants[variant],
        `claim "${claim.id}" names variant "${variant}", which does not exist`,
        claim.id,
      );
    }
    requireRule(
      one.properties[claim.property],
      `claim "${claim.id}" names property "${claim.property}", which experiment "${name}" does not have`,
      claim.id,
    );
  }
  for (const parameters of [one.parameters, { ...one.parameters, ...one.quick } as Record<string, number>]) {
    const workload = one.workload(parameters);
    requireRule(workload.ratePerSecond > 0, `experiment "${name}" has a rate of ${workload.ratePerSecond}/s`, name);
    requireRule(workload.durationMs > 0, `experiment "${name}" has a duration of ${workload.durationMs} ms`, name);
    for (const entry of one.timeline(parameters)) checkTimelineEntry(lab, name, entry, workload.durationMs);
  }
}

function checkTimelineEntry(
  lab: LabDefinition,
  name: string,
  entry: TimelineDefinition<string>,
  durationMs: number,
): void {
  const place = `experiment "${name}": fault "${entry.fault}"`;
  requireRule(lab.faults[entry.fault], `${place} does not exist`, entry.fault);
  if ('when' in entry) {
    requireRule(entry.healAfterMs > 0, `${place} has no healAfterMs: every fault is healed`, entry.fault);
    return;
  }
  requireRule(
    entry.healAtMs > entry.atMs,
    `${place} is healed at ${entry.healAtMs} ms, not after ${entry.atMs} ms`,
    entry.fault,
  );
  requireRule(
    entry.atMs >= 0 && entry.healAtMs <= durationMs,
    `${place} (${entry.atMs}–${entry.healAtMs} ms) is not within the load's ${durationMs} ms`,
    entry.fault,
  );
}
