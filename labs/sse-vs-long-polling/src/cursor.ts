/**
 * A place in a feed's history: which history, and how far.
 *
 * The epoch is new with each start of the server. Without it a cursor of yesterday's server is a number that today's
 * takes for its own. Invariant: what `formatCursor` gives, `parseCursor` takes, and nothing else.
 * Read next: ring.ts.
 */

export interface Cursor {
  epoch: string;
  /** Of the last message that was got; 0 before the first. */
  seq: number;
}

/** Fifteen digits: any more and a number would not be exact. */
const CURSOR = /^([\w-]{1,64}):(\d{1,15})$/;

/** `epoch:seq`. It goes into headers, urls and fields of an event stream, so it has none of their special characters. */
export function formatCursor({ epoch, seq }: Cursor): string {
  return `${epoch}:${seq}`;
}

/** Null if this is no cursor. It came from outside: from a header or a url, written by whoever wanted to. */
export function parseCursor(text: string): Cursor | null {
  const [, epoch, seq] = CURSOR.exec(text) ?? [];
  return epoch === undefined ? null : { epoch, seq: Number(seq) };
}
