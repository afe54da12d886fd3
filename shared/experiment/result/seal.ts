/**
 * The seal: a digest for each part of a result, so that an edit by hand is found and its place named.
 *
 * It guards against slips ("I only fixed a number"), not against forgery: whoever can run this code can seal anything.
 * Invariant: `unsealedParts(seal(r))` is empty, and changing any leaf of `r` names the part that holds it.
 */
import { createHash } from 'node:crypto';
import type { Result } from './schema.ts';

/** JSON with keys in order, so that a reordered file has the same digest. */
function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Splits a result into the parts that are sealed one by one: each variant, each claim, and the rest. */
function parts(result: Omit<Result, 'digests'>): [at: string, part: unknown][] {
  const { experiments, ...run } = result;
  return [
    ['run', run],
    ...experiments.flatMap(({ variants, claims, ...head }): [string, unknown][] => {
      const at = `experiments.${head.name}`;
      return [
        [at, head],
        ...variants.map((variant): [string, unknown] => [`${at}.variants.${variant.name}#${variant.repeat}`, variant]),
        ...claims.map((claim): [string, unknown] => [`${at}.claims.${claim.id}`, claim]),
      ];
    }),
  ];
}

function digestsOf(result: Omit<Result, 'digests'>): Record<string, string> {
  const digest = (part: unknown) => createHash('sha256').update(canonicalJson(part)).digest('hex').slice(0, 16);
  return Object.fromEntries(parts(result).map(([at, part]) => [at, digest(part)]));
}

/** Parts that share a name: one digest would speak for both, and the other could be edited unseen. */
export function repeatedParts(result: Result): string[] {
  const names = parts(result).map(([at]) => at);
  return [...new Set(names.filter((at, index) => names.indexOf(at) !== index))];
}

/** Adds the digests, or makes them anew for a result that has some. Call it last. */
export function seal(result: Omit<Result, 'digests'>): Result {
  // A sealed result fits this type too, and its old digests are no part of what is sealed.
  const { digests: _, ...rest } = result as Result;
  return { ...rest, digests: digestsOf(rest) };
}

/** The parts whose content no longer matches their digest, or that were added or taken away. */
export function unsealedParts(result: Result): string[] {
  const { digests, ...rest } = result;
  const actual = digestsOf(rest);
  const names = new Set([...Object.keys(actual), ...Object.keys(digests)]);
  return [...names].filter((at) => actual[at] !== digests[at]).sort();
}
