/**
 * Links a package that was just added to the workspace, with what is already in the store.
 *
 * Read next: lockfile.ts (how the lock learns of the package without the registry).
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { MissingError } from '@backend-labs/experiment/engine';
import { writeWhole } from '@backend-labs/report';
import { stateFolder, workspaceFolder } from './folders.ts';
import { addImporter } from './lockfile.ts';

const INSTALL_DEADLINE_MS = 60_000;
const LOCK = 'pnpm-lock.yaml';

/** Enters the package into the lock and links it, offline. Throws MissingError with pnpm's last line. */
export async function installOffline(packageFolder: string): Promise<void> {
  const pnpm = join(stateFolder, 'pnpm/node_modules/pnpm/bin/pnpm.mjs');
  if (!existsSync(pnpm)) {
    throw new MissingError(`pnpm is not set up in ${stateFolder}: call ./lab once, it fetches it.`);
  }
  const { dependencies = {} } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const folder = relative(workspaceFolder, packageFolder).split(sep).join('/');
  const lock = addImporter(await readFile(join(workspaceFolder, LOCK), 'utf8'), folder, dependencies);
  if (lock === null) {
    throw new MissingError(
      `The lab is there, but ${LOCK} lacks a version that it needs. Call ./lab: it updates the lock.`,
    );
  }
  await writeWhole(workspaceFolder, { [LOCK]: lock });
  const caches = join(stateFolder, 'cache');
  const words = ['install', '--offline', '--frozen-lockfile', '--store-dir', join(stateFolder, 'pnpm-store')];
  try {
    await promisify(execFile)(process.execPath, [pnpm, ...words, '--config.confirm-modules-purge=false'], {
      cwd: workspaceFolder,
      env: {
        ...process.env,
        CI: 'true',
        pnpm_config_trust_lockfile: 'true',
        XDG_CACHE_HOME: caches,
        XDG_STATE_HOME: caches,
        XDG_DATA_HOME: caches,
      },
      timeout: INSTALL_DEADLINE_MS,
    });
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string };
    const last = stdout.trim().split('\n').at(-1) || message;
    throw new MissingError(`The lab is there, but pnpm could not link it: ${last}. Call ./lab again to try once more.`);
  }
}
