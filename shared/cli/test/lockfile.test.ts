import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { workspaceFolder } from '../folders.ts';
import { addImporter } from '../lockfile.ts';

const lock = readFileSync(join(workspaceFolder, 'pnpm-lock.yaml'), 'utf8');
const dependencies = { zod: 'catalog:', '@backend-labs/experiment': 'workspace:*' };

test('a new lab gets its entry between the others, and nothing else changes', () => {
  const added = addImporter(lock, 'labs/zz-new', dependencies) ?? '';
  const version = /\n {6}zod:\n {8}specifier: 'catalog:'\n {8}version: (\S+)\n/.exec(lock)?.[1];
  const entry = [
    '  labs/zz-new:',
    '    dependencies:',
    "      '@backend-labs/experiment':",
    '        specifier: workspace:*',
    '        version: link:../../shared/experiment',
    '      zod:',
    "        specifier: 'catalog:'",
    `        version: ${version}`,
    '',
    '',
  ].join('\n');
  expect(added).toContain(`${entry}  shared/cli:`);
  expect(added.replace(entry, '')).toBe(lock);
});

test('taking an entry of the lock out and adding it again gives the lock back', () => {
  const [entry = ''] = /\n {2}shared\/report:\n[\s\S]*?\n(?=\n)/.exec(lock) ?? [];
  const manifest = JSON.parse(readFileSync(join(workspaceFolder, 'shared/report/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies?: Record<string, string>;
  };
  expect(entry).not.toBe('');
  const without = lock.replace(entry, '');
  const again = addImporter(without, 'shared/report', manifest.dependencies) ?? '';
  const [written = ''] = /\n {2}shared\/report:\n[\s\S]*?\n(?=\n)/.exec(again) ?? [];
  expect(entry.startsWith(written.trimEnd())).toBe(true); // the entry may go on with devDependencies
});

test('an importer that is there already is left alone', () => {
  expect(addImporter(lock, 'shared/cli', {})).toBe(lock);
});

test('a version that the lock does not know is not made up', () => {
  expect(addImporter(lock, 'labs/new', { 'left-pad': 'catalog:' })).toBeNull();
  expect(addImporter(lock, 'labs/new', { zod: '^1.0.0' })).toBeNull();
  expect(addImporter('lockfileVersion: 9\n', 'labs/new', {})).toBeNull();
});
