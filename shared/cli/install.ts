/** Links a package that was just added to the workspace, with what is already in the store. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MissingError } from '@backend-labs/experiment/engine';
import { stateFolder, workspaceFolder } from './folders.ts';

const INSTALL_DEADLINE_MS = 60_000;

/** Runs the pinned pnpm offline and lets it write the lockfile. Throws MissingError with pnpm's last line. */
export async function installOffline(): Promise<void> {
  const pnpm = join(stateFolder, 'pnpm/node_modules/pnpm/bin/pnpm.mjs');
  if (!existsSync(pnpm))
    throw new MissingError(`pnpm is not set up in ${stateFolder}: call ./lab once, it fetches it.`);
  const words = [pnpm, 'install', '--offline', '--no-frozen-lockfile', '--store-dir', join(stateFolder, 'pnpm-store')];
  try {
    await promisify(execFile)(process.execPath, words, {
      cwd: workspaceFolder,
      env: { ...process.env, CI: 'true' },
      timeout: INSTALL_DEADLINE_MS,
    });
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string };
    const last = stdout.trim().split('\n').at(-1) || message;
    throw new MissingError(`The lab is there, but pnpm could not link it: ${last}. Call ./lab again to try once more.`);
  }
}
