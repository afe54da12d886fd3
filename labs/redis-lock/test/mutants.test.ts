/** That each mutant is refuted is seen in runs: `./lab run redis-lock --mutants`. Here: that there is one to see. */
import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import lab from '../lab.ts';
import type { Update } from '../src/contract.ts';

const folder = new URL('mutants/', import.meta.url);
// What lies in altered/ is no mutant itself: several are made with it.
const mutants = readdirSync(folder).filter((name) => name.endsWith('.ts'));
const claims = Object.values(lab.experiments).flatMap((experiment) => experiment.claims);

const load = async (file: URL): Promise<Update> => ((await import(file.href)) as { default: Update }).default;

test('every claim has a mutant, and every mutant a claim', () => {
  expect(mutants.sort()).toEqual(claims.map(({ id }) => `${id}.ts`).sort());
});

test.each(claims)('the mutant of $id is an update, and not the variant itself', async ({ id, variant }) => {
  const mutant = await load(new URL(`${id}.ts`, folder));
  expect(typeof mutant).toBe('function');
  expect(mutant).not.toBe(await load(new URL(`../src/variants/${variant}.ts`, import.meta.url)));
});
