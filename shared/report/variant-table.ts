/**
 * The table of variants, before anyone decides how it looks: one column a variant, one row a number.
 *
 * Repeats of a variant share a column: median, and smallest to largest. Outcomes that no variant had are left out
 * of the rows and named in `absent`, so that a zero is said once and not five times. Pure.
 */
import type { ExperimentResult, VariantResult } from '@backend-labs/experiment/result';
import { formatNumber, formatSpread, spreadOf } from './numbers.ts';

export type Value = number | string | null;

export interface VariantRow {
  kind: 'outcome' | 'latency' | 'fact';
  label: string;
  /** One per variant, in the order of `variants`; each with one value per repeat. */
  values: Value[][];
}

export interface VariantTable {
  variants: string[];
  rows: VariantRow[];
  absent: string[];
}

const OUTCOMES = ['intended', 'ok', 'degraded', 'failed', 'rejected', 'timeout', 'lost', 'inFlight'] as const;
const ALWAYS_SHOWN: readonly string[] = ['intended', 'ok'];
const OUTCOME_LABEL: Partial<Record<string, string>> = { inFlight: 'in flight' };

/** The table of one experiment; variants in the order of their first run. `absent: 'shown'` keeps all outcomes. */
export function variantTable(
  experiment: Pick<ExperimentResult, 'variants'>,
  absent: 'named' | 'shown' = 'named',
): VariantTable {
  const variants = [...new Set(experiment.variants.map((variant) => variant.name))];
  const runs = variants.map((name) => experiment.variants.filter((variant) => variant.name === name));
  const row = (kind: VariantRow['kind'], label: string, read: (run: VariantResult) => Value): VariantRow => ({
    kind,
    label,
    values: runs.map((repeats) => repeats.map(read)),
  });
  const outcomes = OUTCOMES.map((name) => row('outcome', OUTCOME_LABEL[name] ?? name, (run) => run.operations[name]));
  const shown = outcomes.filter(
    ({ label, values }) =>
      absent === 'shown' || ALWAYS_SHOWN.includes(label) || values.flat().some((value) => value !== 0),
  );
  const facts = [...new Set(experiment.variants.flatMap((variant) => Object.keys(variant.facts)))];
  return {
    variants,
    rows: [
      ...shown,
      row('latency', 'p50 ms', (run) => run.latencyMs.p50),
      row('latency', 'p99 ms', (run) => run.latencyMs.p99),
      ...facts.map((name) => row('fact', name, (run) => run.facts[name] ?? null)),
    ],
    absent: outcomes.filter((outcome) => !shown.includes(outcome)).map(({ label }) => label),
  };
}

/** One cell. Nothing measured: "–". Texts that differ between repeats stand beside each other. */
export function formatCell(values: readonly Value[]): string {
  const present = values.filter((value) => value !== null);
  if (present.length === 0) return '–';
  const numbers = present.filter((value) => typeof value === 'number');
  if (numbers.length === values.length) return formatSpread(spreadOf(numbers));
  const said = values.map((value) => (value === null ? '–' : typeof value === 'number' ? formatNumber(value) : value));
  return [...new Set(said)].join(' / ');
}

/** "No operation was failed, rejected or lost." Null if every outcome occurred. */
export function absentSentence(table: VariantTable): string | null {
  if (table.absent.length === 0) return null;
  const last = table.absent.at(-1);
  const rest = table.absent.slice(0, -1).join(', ');
  return `Zero in all variants: ${rest === '' ? last : `${rest} and ${last}`}.`;
}
