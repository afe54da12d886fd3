import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('a file of a reader with both sides is a variant, also by its path from here', async () => {
  const file = await fileOf('export default { serve() {}, async subscribe() {} };');
  expect(Object.keys(await loadVariant(file))).toEqual(['serve', 'subscribe']);
  expect(Object.keys(await loadVariant(relative(process.cwd(), file)))).toEqual(['serve', 'subscribe']);
});

test.each([
  ['no default export', 'export const serve = () => {};'],
  ['a function', 'export default async () => {};'],
  ['null', 'export default null;'],
])('%s is not one, and it says what is', async (_, text) => {
  const file = await fileOf(text);
  const loading = loadVariant(file);
  await expect(loading).rejects.toThrow(TypeError);
  await expect(loading).rejects.toThrow(file);
  await expect(loading).rejects.toThrow('serve, subscribe');
  await expect(loading).rejects.toThrow('src/contract.ts');
});

test.each([
  ['a side that is missing', 'export default { serve() {} };', 'has no subscribe'],
  ['a side that is no function', 'export default { serve() {}, subscribe: 5 };', 'subscribe is not a function'],
  ['a part that nobody would call', 'export default { serve() {}, subscribe() {}, stop() {} };', 'has a part "stop"'],
])('%s is named', async (_, text, said) => {
  await expect(loadVariant(await fileOf(text))).rejects.toThrow(said);
});

test('a file that is not there is named', async () => {
  await expect(loadVariant(join(folder, 'nowhere.ts'))).rejects.toThrow('nowhere.ts');
});
