/**
 * Rows of numbers that only grow: who got what, and when.
 *
 * In typed arrays, eight bytes a number: a thousand subscribers at twenty messages a second are twenty thousand rows a
 * second, and as objects they would be what the process does. Invariant: no row is lost in silence. Read next:
 * subscribers/app.ts, source/app.ts (whose rows).
 */

/** Rows in one array. Further ones go to another, so that nothing is ever copied. */
const CHUNK_ROWS = 65_536;
/** Half a gigabyte with three columns. A run has a tenth at the most; it is who stays up for days that gets there. */
const MOST_ROWS = 20_000_000;
/** Rows in one piece of text. */
const PIECE_ROWS = 2000;

export class LedgerFullError extends Error {
  override readonly name = 'LedgerFullError';
  readonly code = 'LEDGER_FULL';
}

export class LedgerRows {
  readonly #columns: number;
  readonly #mostRows: number;
  readonly #chunks: Float64Array[] = [];
  #length = 0;

  constructor(columns: number, mostRows = MOST_ROWS) {
    this.#columns = columns;
    this.#mostRows = mostRows;
  }

  /** Also those that found no room. */
  get length(): number {
    return this.#length;
  }

  /** One number for each column. */
  add(...row: number[]): void {
    const at = this.#length++;
    if (at >= this.#mostRows) return;
    const within = at % CHUNK_ROWS;
    if (within === 0) this.#chunks.push(new Float64Array(CHUNK_ROWS * this.#columns));
    const chunk = this.#chunks.at(-1) as Float64Array;
    for (let column = 0; column < this.#columns; column++)
      chunk[within * this.#columns + column] = row[column] as number;
  }

  /** What one column holds in each row that has been kept, in order. */
  *column(column: number): Iterable<number> {
    const length = Math.min(this.#length, this.#mostRows);
    for (let at = 0; at < length; at++) {
      const chunk = this.#chunks[Math.floor(at / CHUNK_ROWS)] as Float64Array;
      yield chunk[(at % CHUNK_ROWS) * this.#columns + column] as number;
    }
  }

  /**
   * The rows until now as JSON, piece by piece; `write` says what becomes of one. Throws LedgerFullError if some found no
   * room: what is not whole is no ledger.
   */
  json(write: (row: number[]) => unknown = (row) => row): Iterable<string> {
    const length = this.#length;
    if (length > this.#mostRows) {
      throw new LedgerFullError(
        `there were more than ${this.#mostRows} entries, which is all that fits; start it anew`,
      );
    }
    return this.#pieces(length, write);
  }

  *#pieces(length: number, write: (row: number[]) => unknown): Iterable<string> {
    yield '[';
    for (let from = 0; from < length; from += PIECE_ROWS) {
      const rows = Array.from({ length: Math.min(PIECE_ROWS, length - from) }, (_, index) => this.#row(from + index));
      yield (from === 0 ? '' : ',') + rows.map((row) => JSON.stringify(write(row))).join();
    }
    yield ']';
  }

  #row(at: number): number[] {
    const within = (at % CHUNK_ROWS) * this.#columns;
    const chunk = this.#chunks[Math.floor(at / CHUNK_ROWS)] as Float64Array;
    return Array.from(chunk.subarray(within, within + this.#columns));
  }
}
