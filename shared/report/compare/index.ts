/**
 * Two results of one lab side by side: what makes them comparable or not, which verdicts changed, which numbers.
 *
 * Invariant: what differs besides the thing one wanted to compare is said first, because then the rest may mean
 * nothing. Pure. Read next: terminal.ts.
 */
import { UsageError } from '@backend-labs/experiment/engine';
import type { ExperimentResult, Result, Verdict } from '@backend-labs/experiment/result';
import { type Spread, spreadOf } from '../numbers.ts';
import { type Value, variantTable } from '../variant-table.ts';
import { machineSentence } from '../wording.ts';

/** One number or text of one variant in both results. */
export interface ComparedRow {
  label: string;
  a: Spread | string | null;
  b: Spread | string | null;
  /** B's median minus A's; null unless both are numbers. */
  difference: number | null;
  /** B's median over A's; null unless both are numbers and A's is not 0. */
  ratio: number | null;
  /** Both have repeats, and their ranges overlap: the difference may be noise. Null where that can't be told. */
  overlap: boolean | null;
}

export interface ComparedClaim {
  experiment: string;
  id: string;
  /** Null: not in that result. */
  a: { verdict: Verdict; controlVerdict: Verdict; measured: string } | null;
  b: { verdict: Verdict; controlVerdict: Verdict; measured: string } | null;
  changed: boolean;
}

export interface Comparison {
  lab: string;
  /** Circumstances that differ, other than the numbers. */
  circumstances: { what: string; a: string; b: string }[];
  claims: ComparedClaim[];
  /** A variant that is in one result only has no rows. */
  variants: { experiment: string; variant: string; onlyIn: 'a' | 'b' | null; rows: ComparedRow[] }[];
}

/** Compares. Throws UsageError if the results are of different labs. */
export function compareResults(a: Result, b: Result): Comparison {
  if (a.lab !== b.lab)
    throw new UsageError(`These are results of different labs (${a.lab} and ${b.lab}); nothing can be compared.`);
  const names = union(a.experiments, b.experiments, (experiment) => experiment.name);
  const pairs = names.map((name) => ({
    name,
    a: a.experiments.find((experiment) => experiment.name === name),
    b: b.experiments.find((experiment) => experiment.name === name),
  }));
  return {
    lab: a.lab,
    circumstances: [...runCircumstances(a, b), ...pairs.flatMap((pair) => experimentCircumstances(pair))],
    claims: pairs.flatMap((pair) => comparedClaims(pair)),
    variants: pairs.flatMap((pair) => comparedVariants(pair)),
  };
}

interface Pair {
  name: string;
  a: ExperimentResult | undefined;
  b: ExperimentResult | undefined;
}

function union<T>(a: readonly T[], b: readonly T[], key: (item: T) => string): string[] {
  return [...new Set([...a, ...b].map(key))];
}

function differing(entries: [what: string, a: string, b: string][]): Comparison['circumstances'] {
  return entries.filter(([, a, b]) => a !== b).map(([what, a, b]) => ({ what, a, b }));
}

function runCircumstances(a: Result, b: Result): Comparison['circumstances'] {
  const dirty = (result: Result) => (result.sources.dirty ? 'not all committed' : 'all committed');
  const each = (what: string, read: (result: Result) => Record<string, string>) =>
    union(Object.keys(read(a)), Object.keys(read(b)), (key) => key).map((key): [string, string, string] => [
      `${what} ${key}`,
      read(a)[key] ?? 'none',
      read(b)[key] ?? 'none',
    ]);
  return differing([
    ['sources', a.sources.hash, b.sources.hash],
    ['state of the sources', dirty(a), dirty(b)],
    ['machine', machineSentence(a), machineSentence(b)],
    ...each('version of', (result) => result.versions),
    ...each('provider of', (result) => result.provider),
    ['seed', String(a.seed), String(b.seed)],
    ['profile', a.profile, b.profile],
    ['interrupted', a.interrupted ? 'yes' : 'no', b.interrupted ? 'yes' : 'no'],
  ]);
}

function experimentCircumstances({ name, a, b }: Pair): Comparison['circumstances'] {
  if (a === undefined || b === undefined) {
    return [{ what: `experiment ${name}`, a: a ? 'run' : 'not run', b: b ? 'run' : 'not run' }];
  }
  const numbers = (one: ExperimentResult): Record<string, string> =>
    Object.fromEntries(
      Object.entries({ ...one.workload, ...one.parameters }).map(([key, value]) => [key, String(value)]),
    );
  const [inA, inB] = [numbers(a), numbers(b)];
  const keys = union(Object.keys(inA), Object.keys(inB), (key) => key).filter((key) => key !== 'seed');
  return differing(keys.map((key) => [`${name}: ${key}`, inA[key] ?? 'none', inB[key] ?? 'none']));
}

function comparedClaims({ name, a, b }: Pair): ComparedClaim[] {
  return union(a?.claims ?? [], b?.claims ?? [], (claim) => claim.id).map((id) => {
    const side = (experiment: ExperimentResult | undefined) => {
      const claim = experiment?.claims.find((one) => one.id === id);
      if (claim === undefined) return null;
      const { verdict, controlVerdict, measured } = claim;
      return { verdict, controlVerdict, measured };
    };
    const [inA, inB] = [side(a), side(b)];
    const changed = inA?.verdict !== inB?.verdict || inA?.controlVerdict !== inB?.controlVerdict;
    return { experiment: name, id, a: inA, b: inB, changed };
  });
}

function comparedVariants({ name, a, b }: Pair): Comparison['variants'] {
  const inA = variantTable({ variants: a?.variants ?? [] }, 'shown');
  const inB = variantTable({ variants: b?.variants ?? [] }, 'shown');
  return union(inA.variants, inB.variants, (variant) => variant).map((variant) => {
    const values = (table: typeof inA, label: string) =>
      table.rows.find((row) => row.label === label)?.values[table.variants.indexOf(variant)] ?? [];
    const onlyIn = !inB.variants.includes(variant) ? 'a' : !inA.variants.includes(variant) ? 'b' : null;
    const labels = onlyIn === null ? union(inA.rows, inB.rows, (row) => row.label) : [];
    const rows = labels.map((label) => comparedRow(label, values(inA, label), values(inB, label)));
    return { experiment: name, variant, onlyIn, rows: rows.filter((row) => !(isZero(row.a) && isZero(row.b))) };
  });
}

function comparedRow(label: string, valuesA: readonly Value[], valuesB: readonly Value[]): ComparedRow {
  const [a, b] = [summary(valuesA), summary(valuesB)];
  if (a === null || b === null || typeof a === 'string' || typeof b === 'string') {
    return { label, a, b, difference: null, ratio: null, overlap: null };
  }
  const repeated = valuesA.length > 1 && valuesB.length > 1;
  return {
    label,
    a,
    b,
    difference: b.median - a.median,
    ratio: a.median === 0 ? null : b.median / a.median,
    overlap: repeated ? a.min <= b.max && b.min <= a.max : null,
  };
}

function isZero(value: ComparedRow['a']): boolean {
  return value !== null && typeof value !== 'string' && value.min === 0 && value.max === 0;
}

function summary(values: readonly Value[]): Spread | string | null {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return null;
  const numbers = present.filter((value) => typeof value === 'number');
  return numbers.length === present.length ? spreadOf(numbers) : [...new Set(present.map(String))].join(' / ');
}
