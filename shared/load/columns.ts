/**
 * The raw record of a run: one row per intended operation, as columns.
 *
 * Columns rather than objects: a million operations are 25 MB here and several hundred as objects, and the hot path
 * stores a number without allocating. Read next: summary.ts (what is computed from them, after the run).
 */
import { type OperationColumns, type OperationCounts, OUTCOMES, type Outcome, UNFINISHED } from './plan.ts';

/** The number that stands for an outcome in the `outcome` column. */
export const OUTCOME_INDEX = Object.fromEntries(OUTCOMES.map((outcome, index) => [outcome, index])) as Record<
  Outcome,
  number
>;

/** Rows for a schedule, none of them started. */
export function columnsFor(intendedAtMs: Float64Array): OperationColumns {
  const length = intendedAtMs.length;
  return {
    intendedAtMs,
    startedAtMs: new Float64Array(length).fill(Number.NaN),
    endedAtMs: new Float64Array(length).fill(Number.NaN),
    outcome: new Uint8Array(length).fill(UNFINISHED),
  };
}

/** The first `count` rows. */
export function firstRows(columns: OperationColumns, count: number): OperationColumns {
  return {
    intendedAtMs: columns.intendedAtMs.subarray(0, count),
    startedAtMs: columns.startedAtMs.subarray(0, count),
    endedAtMs: columns.endedAtMs.subarray(0, count),
    outcome: columns.outcome.subarray(0, count),
  };
}

/** Counts rows by outcome. `inFlight`: rows without one, whether they were sent or not. */
export function countOutcomes(columns: OperationColumns): OperationCounts {
  const byIndex = new Array<number>(256).fill(0);
  for (const outcome of columns.outcome) byIndex[outcome] = (byIndex[outcome] as number) + 1;
  const count = (outcome: Outcome) => byIndex[OUTCOME_INDEX[outcome]] as number;
  return {
    intended: columns.outcome.length,
    ok: count('ok'),
    degraded: count('degraded'),
    failed: count('failed'),
    rejected: count('rejected'),
    timeout: count('timeout'),
    lost: count('lost'),
    inFlight: byIndex[UNFINISHED] as number,
  };
}

/**
 * The summed time in system inside a window, in operations × ms: each operation from its actual start to its end,
 * clipped to [fromMs, toMs]; one that never ended counts to `toMs`. Divided by the window's length it is the mean
 * number in flight as the client sees it (Little's law: L = λ·W, here in its exact finite form).
 */
export function littlesLawSum(columns: OperationColumns, fromMs: number, toMs: number): number {
  const { startedAtMs, endedAtMs } = columns;
  let sum = 0;
  for (let row = 0; row < startedAtMs.length; row++) {
    const startedAt = startedAtMs[row] as number;
    if (Number.isNaN(startedAt)) continue;
    const endedAt = endedAtMs[row] as number;
    const from = Math.max(startedAt, fromMs);
    const to = Number.isNaN(endedAt) ? toMs : Math.min(endedAt, toMs);
    if (to > from) sum += to - from;
  }
  return sum;
}

/** The columns' bytes, one column after the other, in this machine's byte order: they never leave it. */
export function columnBytes({ intendedAtMs, startedAtMs, endedAtMs, outcome }: OperationColumns): Uint8Array[] {
  return [intendedAtMs, startedAtMs, endedAtMs, outcome].map(
    (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
  );
}

/** Reads back what `columnBytes` gave, for `count` rows. Throws if bytes are missing. */
export function columnsFromBytes(bytes: Uint8Array, count: number): OperationColumns {
  const expected = count * 25;
  if (bytes.byteLength !== expected) {
    throw new Error(`the operations' file holds ${bytes.byteLength} bytes, ${count} rows need ${expected}`);
  }
  // Copied, because a view needs an offset divisible by 8 and a file's buffer may start anywhere.
  const floats = (index: number) => {
    const column = new Float64Array(count);
    new Uint8Array(column.buffer).set(bytes.subarray(index * count * 8, (index + 1) * count * 8));
    return column;
  };
  return {
    intendedAtMs: floats(0),
    startedAtMs: floats(1),
    endedAtMs: floats(2),
    outcome: Uint8Array.from(bytes.subarray(count * 24)),
  };
}
