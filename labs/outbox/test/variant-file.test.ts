import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import lab from '../lab.ts';
import { loadVariant } from '../src/variant-file.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'variant-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
/** A file of a reader's with that text. */
async function fileOf(text: string): Promise<string> {
  const file = join(folder, `mine-${files++}.ts`);
  await writeFile(file, text);
  return file;
}

test.each(Object.entries(lab.variants))('%s of the lab is a variant', async (_, { file }) => {
  expect(Object.keys(await loadVariant(join(import.meta.dirname, '..', file))).length).toBeGreaterThan(0);
});

test('a file of a reader with some of the parts is a variant, also by its path from here', async () => {
  const file = await fileOf('export default { async relay() {}, apply: async (event, { effect }) => effect() };');
  expect(Object.keys(await loadVariant(file))).toEqual(['relay', 'apply']);
  expect(Object.keys(await loadVariant(relative(process.cwd(), file)))).toEqual(['relay', 'apply']);
});

test('a variant without any part is the plain way', async () => {
  expect(await loadVariant(await fileOf('export default {};'))).toEqual({});
});

test.each([
  ['no default export', 'export const relay = async () => {};'],
  ['a function', 'export default async () => {};'],
  ['null', 'export default null;'],
  ['a word', `export default 'relay';`],
])('%s is not one, and it says what is', async (_, text) => {
  const file = await fileOf(text);
  const loading = loadVariant(file);
  await expect(loading).rejects.toThrow(TypeError);
  await expect(loading).rejects.toThrow(file);
  await expect(loading).rejects.toThrow('place, prepareRelay, relay, apply');
  await expect(loading).rejects.toThrow('src/contract.ts');
});

test('a part that nobody would call is named', async () => {
  const file = await fileOf('export default { async relays() {} };');
  await expect(loadVariant(file)).rejects.toThrow(`${file} has a part "relays"; see src/contract.ts`);
});

test('a part that is no function is named', async () => {
  const file = await fileOf('export default { relay: 5 };');
  await expect(loadVariant(file)).rejects.toThrow(`${file}: relay is not a function; see src/contract.ts`);
});

test('a file that is not there, or is no program, is named', async () => {
  await expect(loadVariant(join(folder, 'nowhere.ts'))).rejects.toThrow('nowhere.ts');
  const file = await fileOf('export default {');
  await expect(loadVariant(file)).rejects.toThrow();
});
