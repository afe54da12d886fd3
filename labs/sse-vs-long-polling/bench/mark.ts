/**
 * How clients know a message without parsing it: one byte of its text, which is in nothing else that a server sends.
 *
 * One byte, so that no read of a socket can cut it in two. Not in an id or a head; and as the length in the head of a
 * WebSocket's frame it would be that of a message shorter than any here. Counting is the cheapest thing that a client
 * can do: on two cores it runs beside what is measured.
 */

const MARK = '^';
export const MARK_BYTE = MARK.charCodeAt(0);
const LEAST_BYTES = MARK_BYTE + 1;

/** A message's text. Throws RangeError if it is so short that a length could be the mark. */
export function textWithMark(bytes: number): string {
  if (bytes < LEAST_BYTES) throw new RangeError(`a text has ${LEAST_BYTES} bytes or more, received ${bytes}`);
  return MARK.padStart(bytes, 'x');
}
