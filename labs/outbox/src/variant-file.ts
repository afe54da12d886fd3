/** Loads the file of a variant, ours or a reader's, and says what is wrong with it. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { OutboxVariant } from './contract.ts';

const PARTS = ['place', 'prepareRelay', 'relay', 'apply'] as const;

/** Throws TypeError if the file has no variant, or one with a part that nobody would call. */
export async function loadVariant(file: string): Promise<OutboxVariant> {
  const { default: variant } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  const see = 'see src/contract.ts';
  if (typeof variant !== 'object' || variant === null) {
    throw new TypeError(`${file} has no default export with the parts of a variant (${PARTS.join(', ')}); ${see}`);
  }
  for (const [name, part] of Object.entries(variant)) {
    if (!(PARTS as readonly string[]).includes(name)) throw new TypeError(`${file} has a part "${name}"; ${see}`);
    if (typeof part !== 'function') throw new TypeError(`${file}: ${name} is not a function; ${see}`);
  }
  return variant;
}
