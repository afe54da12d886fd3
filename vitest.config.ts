/**
 * Every package with tests is a project. Two workers: service tests count and compare under load, and more of them at
 * once than there are cores would disturb each other. Whose verdict matters (*.measured.test.ts) comes after all others,
 * one file at a time.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';

const packages = ['shared', 'labs']
  .filter((group) => existsSync(join(import.meta.dirname, group)))
  .flatMap((group) => readdirSync(join(import.meta.dirname, group)).map((name) => `${group}/${name}`))
  .filter((folder) => existsSync(join(import.meta.dirname, folder, 'test')));

// For tests that start processes on a busy machine. It only says when to give up: no test asserts a time.
const patience = { testTimeout: 60_000, hookTimeout: 60_000 };
const measured = 'test/**/*.measured.test.ts';

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      ...packages.map((folder) => ({
        extends: true as const,
        test: {
          name: folder,
          root: join(import.meta.dirname, folder),
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, measured],
          ...patience,
        },
      })),
      {
        extends: true as const,
        test: {
          name: 'measured',
          root: import.meta.dirname,
          include: packages.map((folder) => `${folder}/${measured}`),
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          ...patience,
        },
      },
    ],
  },
});
