/**
 * The nearest name to a mistyped one, for messages.
 *
 * Levenshtein distance by the usual dynamic programme over one row; names are short, so its cost does not matter.
 */
import { UsageError } from '@backend-labs/experiment/engine';

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** The name closest to what was typed, if it is close enough to be meant: at most half of it differs. */
export function nearest(typed: string, names: readonly string[]): string | null {
  const ranked = names
    .map((name) => ({ name, distance: distance(typed, name) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, typed.length / 2) ? best.name : null;
}

/** The name itself if it exists. Throws UsageError with the nearest one and all that there are. */
export function requireName(kind: string, typed: string, names: readonly string[]): string {
  if (names.includes(typed)) return typed;
  const suggestion = nearest(typed, names);
  const meant = suggestion === null ? '' : ` Did you mean ${suggestion}?`;
  throw new UsageError(
    `There is no ${kind} "${typed}".${meant} There ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ') || 'none yet'}.`,
  );
}
