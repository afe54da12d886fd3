/** Loads the file of a variant, ours or a reader's, and says what is wrong with it. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PushVariant } from './contract.ts';

const SIDES = ['serve', 'subscribe'] as const;

/** Throws TypeError if the file has no variant with both sides, or one with a part that nobody would call. */
export async function loadVariant(file: string): Promise<PushVariant> {
  const { default: variant } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  const see = 'see src/contract.ts';
  if (typeof variant !== 'object' || variant === null) {
    throw new TypeError(`${file} has no default export with the sides of a variant (${SIDES.join(', ')}); ${see}`);
  }
  for (const name of Object.keys(variant)) {
    if (!(SIDES as readonly string[]).includes(name)) throw new TypeError(`${file} has a part "${name}"; ${see}`);
  }
  for (const side of SIDES) {
    const part = (variant as Record<string, unknown>)[side];
    if (part === undefined) throw new TypeError(`${file} has no ${side}; ${see}`);
    if (typeof part !== 'function') throw new TypeError(`${file}: ${side} is not a function; ${see}`);
  }
  return variant as PushVariant;
}
