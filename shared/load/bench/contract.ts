/**
 * What a bench is: `shared/NAME/bench.ts` or `labs/NAME/bench.ts`, whose default export is a `Bench`.
 *
 * A bench measures this machine and says which of its parts were met; it makes no claim about a pattern.
 */

export interface BenchContext {
  /** Shorter runs: enough to see that it works, too short for a number to quote. */
  quick: boolean;
  /** Fires on Ctrl-C; a bench ends what it started and rejects. */
  signal: AbortSignal;
  /** A line of progress, for stderr. */
  log: (line: string) => void;
  /** An existing temporary folder, removed afterwards. */
  folder: string;
  /** Where tools are kept between runs. */
  stateFolder: string;
}

export interface BenchTable {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

export interface BenchPart {
  name: string;
  /** null: skipped; `detail` says why. */
  met: boolean | null;
  detail: string;
}

export interface BenchReport {
  name: string;
  tables: BenchTable[];
  parts: BenchPart[];
}

export type Bench = (context: BenchContext) => Promise<BenchReport>;
