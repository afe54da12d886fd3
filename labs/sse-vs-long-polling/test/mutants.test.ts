/** That each mutant is refuted is seen in runs: `./lab run sse-vs-long-polling --mutants`. Here: that there is one. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import lab from '../lab.ts';
import { loadVariant } from '../src/variant-file.ts';

const folder = new URL('mutants/', import.meta.url);
// What lies in altered/ is no mutant itself: several are made with it.
const mutants = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const claims = Object.values(lab.experiments).flatMap((experiment) => experiment.claims);
const variants: Record<string, { file: string }> = lab.variants;

const load = (file: URL) => loadVariant(fileURLToPath(file));
const variantOf = (name: string) => load(new URL(`../${variants[name]?.file}`, import.meta.url));

test('every claim has a mutant, and every mutant a claim', () => {
  expect(mutants.sort()).toEqual(claims.map(({ id }) => `${id}.ts`).sort());
});

test('no claim is made twice', () => {
  expect(new Set(claims.map(({ id }) => id)).size).toBe(claims.length);
});

test.each(claims)('the mutant of $id is a variant, and on one side not the one of the claim', async (claim) => {
  const mutant = await load(new URL(`${claim.id}.ts`, folder));
  const variant = await variantOf(claim.variant);
  expect((['serve', 'subscribe'] as const).filter((side) => mutant[side] !== variant[side])).not.toEqual([]);
});

test.each(Object.keys(lab.variants))('%s has a claim or is the control of one', (name) => {
  const about = claims.filter(({ variant, control }) => variant === name || control === name);
  expect(about.map(({ id }) => id)).not.toEqual([]);
});
