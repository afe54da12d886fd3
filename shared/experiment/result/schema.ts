/**
 * The result of a run, version 1: what `--json` prints, what `results/reference.json` holds.
 *
 * Invariant: a result says everything that is needed to judge it again; nothing in it was typed by hand.
 * Read next: seal.ts (how an edit by hand is noticed), ../verdict.ts (where the verdicts come from).
 */
import { z } from 'zod';

const milliseconds = z.number();
const count = z.int().nonnegative();

export const verdictSchema = z.enum(['holds', 'refuted', 'inconclusive', 'skipped']);
export type Verdict = z.infer<typeof verdictSchema>;

/** One self-check of a variant's run. `expected` and `measured` are numbers where the check compares two. */
export const selfCheckSchema = z.strictObject({
  name: z.string(),
  ok: z.boolean(),
  expected: z.union([z.number(), z.string()]),
  measured: z.union([z.number(), z.string()]),
});
export type SelfCheck = z.infer<typeof selfCheckSchema>;

/** When a fault was planned, asked for, took effect, and was healed; ms after the load's start. */
export const timelineEntrySchema = z.strictObject({
  fault: z.string(),
  trigger: z.string().describe('"at 1200 ms" or "worker announces lock:held, occurrence 3"'),
  askedAtMs: milliseconds,
  effectiveAtMs: milliseconds.nullable(),
  healAskedAtMs: milliseconds.nullable(),
  healedAtMs: milliseconds.nullable(),
});
export type TimelineEntry = z.infer<typeof timelineEntrySchema>;

export const operationCountsSchema = z.strictObject({
  intended: count,
  ok: count,
  degraded: count,
  failed: count,
  rejected: count,
  timeout: count,
  lost: count,
  inFlight: count,
});

const percentilesSchema = z.strictObject({
  p50: milliseconds,
  p90: milliseconds,
  p99: milliseconds,
  p999: milliseconds,
  max: milliseconds,
});

/** Named series in buckets of bucketMs after the load's start; null where there was nothing to measure. */
export const seriesSchema = z.strictObject({
  bucketMs: z.number().positive(),
  values: z.record(z.string(), z.array(z.number().nullable())),
});

export const ledgerSchema = z.strictObject({
  acknowledged: count,
  lost: z.array(z.string()),
  duplicate: z.array(z.string()),
  phantom: z.array(z.string()),
  reordered: z.array(z.string()),
});

export const variantResultSchema = z.strictObject({
  name: z.string(),
  repeat: z.int().positive().describe('1 for the first run of this variant; --repeat N goes to N'),
  error: z.string().nullable().describe('why this variant did not run to its end; null if it did'),
  timeline: z.array(timelineEntrySchema),
  operations: operationCountsSchema,
  latencyMs: percentilesSchema,
  facts: z.record(z.string(), z.union([z.number(), z.string(), z.null()])),
  ledger: ledgerSchema.nullable(),
  series: seriesSchema,
  selfChecks: z.array(selfCheckSchema),
});
export type VariantResult = z.infer<typeof variantResultSchema>;

/** How many independent times the forbidden thing could have happened, and how many it did. */
export const chancesSchema = z.strictObject({
  count,
  occurrences: count,
  upperBound95: z.number().describe('95 % upper bound of the rate; 3/count when nothing was seen (rule of three)'),
});
export type Chances = z.infer<typeof chancesSchema>;

export const claimResultSchema = z.strictObject({
  id: z.string(),
  statement: z.string(),
  property: z.string(),
  variant: z.string(),
  control: z.string(),
  predicted: z.string(),
  measured: z.string(),
  controlMeasured: z.string(),
  verdict: verdictSchema,
  controlVerdict: verdictSchema.describe('of the same property on the control; refuted is what it must be'),
  chances: chancesSchema.nullable(),
  reason: z.string().nullable().describe('why it is inconclusive, skipped or refuted'),
  evidence: z.array(z.string()).describe('raw ids or readings behind the verdict, as --explain shows them'),
  decides: z
    .boolean()
    .describe('whether the exit code depends on it; false for a characteristic of a file given by --variant'),
  spread: z
    .strictObject({ unit: z.string(), min: z.number(), median: z.number(), max: z.number(), repeats: count })
    .nullable()
    .describe('of the measured value over --repeat N'),
});
export type ClaimResult = z.infer<typeof claimResultSchema>;

export const workloadSchema = z.strictObject({
  arrivals: z.enum(['constant', 'poisson']),
  ratePerSecond: z.number().positive(),
  durationMs: z.number().positive(),
  timeoutMs: z.number().positive(),
  seed: z.int(),
});

/** Which series the lab wants drawn, one chart each with a line per variant. */
export const plotSchema = z.strictObject({ series: z.string(), title: z.string(), unit: z.string() });
export type Plot = z.infer<typeof plotSchema>;

export const experimentResultSchema = z.strictObject({
  name: z.string(),
  question: z.string(),
  parameters: z.record(z.string(), z.number()),
  workload: workloadSchema,
  plots: z.array(plotSchema),
  variants: z.array(variantResultSchema),
  claims: z.array(claimResultSchema),
});
export type ExperimentResult = z.infer<typeof experimentResultSchema>;

/** What the call asked for, beside `profile` and `seed`: enough to make the same call again. */
export const askedSchema = z.strictObject({
  experiment: z.string().nullable().describe('a name, or "all"; null for what the lab runs by default'),
  variant: z.string().nullable().describe('a name, or a file seen from the workspace; null for all'),
  mutants: z.boolean(),
  repeats: z.int().positive(),
  stack: z.string().nullable().describe('null where nobody chose; `provider` says who provided'),
});
export type Asked = z.infer<typeof askedSchema>;

export const resultSchema = z.strictObject({
  schema: z.literal(1),
  lab: z.string(),
  question: z.string(),
  headlineClaim: z.string().describe('the claim that stands for the lab where there is room for one'),
  startedAt: z.iso.datetime(),
  durationMs: milliseconds,
  commit: z.string().nullable(),
  sources: z.strictObject({ hash: z.string(), dirty: z.boolean() }),
  seed: z.int(),
  profile: z.enum(['quick', 'default']),
  interrupted: z.boolean(),
  // Not z.optional(), which admits an undefined: that is in no file, but would be in the digest.
  asked: askedSchema.exactOptional().describe('results from before it was recorded have none'),
  provider: z.record(z.string(), z.string()),
  versions: z.record(z.string(), z.string()),
  machine: z.strictObject({ cpu: z.string(), cores: z.int().positive(), memoryBytes: count, os: z.string() }),
  experiments: z.array(experimentResultSchema),
  verdict: verdictSchema,
  digests: z.record(z.string(), z.string()).describe('per part of this result, see seal.ts'),
});
export type Result = z.infer<typeof resultSchema>;
