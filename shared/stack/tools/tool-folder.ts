/**
 * Programs that were fetched, each below `.lab/tools/` in a folder named after what it is and its version.
 *
 * Invariant: a folder that is there is whole. It is made beside and renamed into place, so that neither a broken
 * download nor two runs at once can leave half of one. Read next: ../native/recipe.ts (who fetches what).
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { orNoSpace } from '../no-space.ts';
import { identify } from '../process-identity.ts';

export interface ToolFolderOptions {
  /** `.lab/`: everything fetched and every cache of a package manager goes below it, never into the user's home. */
  stateFolder: string;
  /** A line of progress, for a person who waits. */
  log: (line: string) => void;
  onSpawn?: (pid: number, name: string) => void;
}

/** What every fetch needs: where to, until when, and what to tell a person where it cannot be. */
export interface FetchOptions {
  tools: ToolFolder;
  signal: AbortSignal;
  ways: readonly string[];
}

export class ToolFolder {
  readonly log: (line: string) => void;
  readonly onSpawn: (pid: number, name: string) => void;
  readonly #stateFolder: string;

  constructor({ stateFolder, log, onSpawn = () => {} }: ToolFolderOptions) {
    this.#stateFolder = stateFolder;
    this.log = log;
    this.onSpawn = onSpawn;
  }

  /** Where a package manager may keep what it downloads. */
  cache(name: string): string {
    return join(this.#stateFolder, 'cache', name);
  }

  /** The folder of a tool; whether it is there is `has`. `key` holds the name and the version: `valkey-9.1.2`. */
  path(key: string): string {
    return join(this.#stateFolder, 'tools', key);
  }

  has(key: string): boolean {
    return existsSync(this.path(key));
  }

  /**
   * The folder of a tool, made by `make` if it is not there. `make` gets an empty folder; when it resolves, that is
   * renamed into place. If it rejects, nothing is left.
   */
  async provide(key: string, make: (folder: string) => Promise<void>): Promise<string> {
    const whole = this.path(key);
    if (existsSync(whole)) return whole;
    await this.#clearAbandoned(key);
    // The pid tells whether whoever makes it is still there.
    const unfinished = `${whole}.unfinished-${process.pid}-${randomUUID().slice(0, 8)}`;
    try {
      await mkdir(unfinished, { recursive: true });
      await make(unfinished).catch((error) => {
        throw orNoSpace(error, key, `${dirname(whole)} or ${tmpdir()}`);
      });
      await rename(unfinished, whole).catch((error: NodeJS.ErrnoException) => {
        // Another run was faster: its folder is as whole as this one.
        if (!['ENOTEMPTY', 'EEXIST'].includes(error.code ?? '')) throw error;
      });
      return whole;
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }

  /** Removes what a run that was killed in the middle of fetching has left. */
  async #clearAbandoned(key: string): Promise<void> {
    const folder = dirname(this.path(key));
    for (const name of await readdir(folder).catch(() => [])) {
      const pid = name.startsWith(`${key}.unfinished-`) ? Number(name.split('-').at(-2)) : Number.NaN;
      if (Number.isInteger(pid) && identify(pid) === null)
        await rm(join(folder, name), { recursive: true, force: true });
    }
  }
}
