/**
 * The last messages, for those who come back.
 *
 *   seq      … 6 7 | 8 9 10 11        size 4: 8 to 11 are kept
 *   cursor       7   → 8 9 10 11      nothing is missing
 *   cursor     6     → lost; 8 9 …    7 is gone
 *   cursor              12 → lost; …  there is no 12 yet: this is not somebody who was here
 *
 * Invariant: `since` gives everything after the cursor, in order, or says that it does not. A bound is what makes the
 * second case; without one, whoever stays away long enough takes all memory.
 * Read next: subscriptions.ts (history and live messages without a seam).
 */
import type { Cursor } from './cursor.ts';

export interface Since<T> {
  /** Something may have been there that is not among `entries`. */
  isHistoryLost: boolean;
  /** The place before the first of the entries. */
  after: Cursor;
  /** The oldest first. */
  entries: T[];
}

export class Ring<T> {
  readonly epoch: string;
  readonly #size: number;
  /** Number n is at n % size, so nothing is ever moved. */
  readonly #slots: T[] = [];
  #last = 0;

  /** `size`: how many are kept. Throws RangeError if it is not a whole number above 0. */
  constructor({ epoch, size }: { epoch: string; size: number }) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`a ring's size is 1 or more, received ${size}`);
    this.epoch = epoch;
    this.#size = size;
  }

  /** Where somebody is who has everything. */
  get end(): Cursor {
    return { epoch: this.epoch, seq: this.#last };
  }

  /** Adds what `make` gives for its place. The oldest one goes when the ring is full. */
  add(make: (cursor: Cursor) => T): T {
    const entry = make({ epoch: this.epoch, seq: this.#last + 1 });
    this.#last += 1;
    this.#slots[this.#last % this.#size] = entry;
    return entry;
  }

  /** What is kept of the numbers beyond `seq`, whoever may have asked: it does not look whether something is missing. */
  after(seq: number): T[] {
    const entries: T[] = [];
    for (let next = Math.max(seq, this.#gone) + 1; next <= this.#last; next++) {
      entries.push(this.#slots[next % this.#size] as T);
    }
    return entries;
  }

  /**
   * What came after the cursor. When its place is not in this ring (another epoch, too old, from the future, null for one
   * that could not be read) history is lost, and the entries are all there are: to an old cursor and to another epoch each
   * of them is new, and who comes with a made-up one may get something twice.
   */
  since(cursor: Cursor | null): Since<T> {
    const gone = this.#gone;
    const isKnown = cursor !== null && cursor.epoch === this.epoch && cursor.seq >= gone && cursor.seq <= this.#last;
    const seq = isKnown ? cursor.seq : gone;
    return { isHistoryLost: !isKnown, after: { epoch: this.epoch, seq }, entries: this.after(seq) };
  }

  /** The last number that is not kept any more. */
  get #gone(): number {
    return Math.max(0, this.#last - this.#size);
  }
}
