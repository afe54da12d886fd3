/**
 * `./lab new NAME`: a lab that runs and passes its tests at once, to be changed piece by piece.
 *
 * Invariant: the lab appears whole or not at all: it is built beside and renamed into place.
 */
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@backend-labs/experiment/engine';
import type { Command } from 'commander';
import { labsFolder, workspaceFolder } from '../folders.ts';
import { installOffline } from '../install.ts';

const template = fileURLToPath(new URL('../template', import.meta.url));
const PLACEHOLDER = /LAB_NAME/g;

export function register(program: Command): void {
  program
    .command('new <NAME>')
    .description('make a lab that runs at once: one claim, its control and its mutant')
    .addHelpText('after', '\nExample:\n  ./lab new demo && ./lab run demo')
    .action(create);
}

async function create(name: string): Promise<void> {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new UsageError(`"${name}" is no name for a lab: lower-case letters, digits and dashes, a letter first.`);
  }
  const folder = join(labsFolder, name);
  if (existsSync(folder)) throw new UsageError(`There is already a lab ${name}: ${folder}. Nothing was changed.`);
  // Not mkdtemp: its folders are closed to everyone else, and so would the lab be.
  const beside = join(labsFolder, `.new-${name}-${process.pid}`);
  try {
    cpSync(template, beside, { recursive: true, filter: (source) => !source.includes('node_modules') });
    for (const file of readdirSync(beside, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue;
      const path = join(file.parentPath, file.name);
      writeFileSync(path, readFileSync(path, 'utf8').replace(PLACEHOLDER, name));
    }
    renameSync(beside, folder);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
  // The lab is a package of the workspace now: its dependencies are all in the store already. A folder of labs
  // elsewhere (BACKEND_LABS_DIR) is not the workspace's, and whoever names it sees to its packages.
  if (labsFolder === join(workspaceFolder, 'labs')) await installOffline(folder);
  process.stdout.write(
    `Made ${folder}\n\n  ./lab run ${name}          see its claim hold, and its control fail\n  ./lab run ${name} --mutants see the claim fail on its mutant\n\nThen read ${join(folder, 'lab.ts')} and make it yours.\n`,
  );
}
