/** The ids that a Redis Stream gives: milliseconds, and a number within the millisecond. They ascend, also as pairs. */

/** Fifteen digits and ten, so that both are exact numbers. */
const STREAM_ID = /^(\d{1,15})-(\d{1,10})$/;

export function isStreamId(text: string): boolean {
  return STREAM_ID.test(text);
}

/** Whether `id` comes after `other`. Compared as text, 10-9 would come after 10-10. */
export function isAfter(id: string, other: string): boolean {
  const [ms = 0, number = 0] = id.split('-').map(Number);
  const [otherMs = 0, otherNumber = 0] = other.split('-').map(Number);
  return ms > otherMs || (ms === otherMs && number > otherNumber);
}
