/**
 * A folder below `.lab/tmp/` for as long as a command runs.
 *
 * Its name carries our pid: what a killed command left is removed by the next one.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stateFolder } from '../folders.ts';
import { isThere } from '../run-leftovers.ts';

/** Makes the folder; disposal removes it with all that is in it. `verb` is letters only. */
export async function temporaryFolder(verb: string): Promise<{ path: string } & AsyncDisposable> {
  const parent = join(stateFolder, 'tmp');
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent)) {
    const [, pid] = new RegExp(`^${verb}-(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !isThere(Number(pid))) await rm(join(parent, name), { recursive: true, force: true });
  }
  const path = await mkdtemp(join(parent, `${verb}-${process.pid}-`));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
