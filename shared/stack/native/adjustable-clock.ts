/**
 * A wall clock of a server's own, to be set forwards and back while it runs: libfaketime, loaded before the C library.
 *
 * The real clock belongs to the machine, needs root, and would jump for everybody. Invariant: the monotonic clock is not
 * touched, as it is not when an operator or NTP sets a clock; a server that measures a length of time by it is right.
 * Taken from where a system's package puts it, else Debian's package is downloaded and unpacked. Linux only: elsewhere
 * nobody has tried. Read next: server-process.ts, ../test/adjustable-clock.test.ts.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingServerError } from '../missing.ts';
import { unpackDebs } from '../tools/apt.ts';
import type { ToolFolder } from '../tools/tool-folder.ts';
import { answered } from './readiness.ts';
import type { Command, Instance } from './recipe.ts';

const KEY = 'libfaketime-debian';
/** The one for programs with threads. */
const LIBRARY = 'libfaketimeMT.so.1';
const OFFSET_FILE = 'clock-offset';
const SHOWN_LIMIT_MS = 2000;
/** The offset is passed on in microseconds and a server may round; it is no allowance for time that goes by. */
const ROUNDING_MS = 1;
const WAYS = [
  'install libfaketime (Debian, Ubuntu and Fedora have a package of that name)',
  'leave out what needs a clock that jumps',
];

async function findIn(root: string): Promise<string | null> {
  const lib = join(root, 'usr', 'lib');
  // Debian has a folder for each architecture; Fedora calls it lib64.
  const triplets = (await readdir(lib).catch(() => [])).filter((name) => name.endsWith('-linux-gnu'));
  const folders = [...triplets.map((name) => join(lib, name)), `${lib}64`, lib];
  return folders.map((folder) => join(folder, 'faketime', LIBRARY)).find((file) => existsSync(file)) ?? null;
}

export class AdjustableClock {
  readonly #library: string;

  private constructor(library: string) {
    this.#library = library;
  }

  /** Finds the library, or fetches it. Throws MissingServerError, about the server of that name, where it cannot be. */
  static async provide(name: string, tools: ToolFolder, signal: AbortSignal): Promise<AdjustableClock> {
    const what = `a clock of its own for ${name}`;
    if (process.platform !== 'linux') {
      throw new MissingServerError(what, `it comes from libfaketime, on Linux only`, [WAYS[1] as string]);
    }
    const found = await findIn('/');
    if (found !== null) return new AdjustableClock(found);
    const folder = await tools.provide(KEY, (unfinished) =>
      unpackDebs({ what, packages: ['libfaketime'] }, unfinished, { tools, signal, ways: WAYS }),
    );
    const fetched = await findIn(folder);
    if (fetched === null) throw new MissingServerError(what, `Debian's package has no ${LIBRARY}`, WAYS);
    return new AdjustableClock(fetched);
  }

  /** Puts the library and an offset of 0 into the server's folder. */
  async prepare({ folder }: Instance): Promise<void> {
    await rm(join(folder, LIBRARY), { force: true });
    await symlink(this.#library, join(folder, LIBRARY));
    await this.#write(folder, 0);
  }

  /** The same command with this clock. */
  command(command: Command, { folder }: Instance): Command {
    const env = {
      // By a relative path: the loader takes a space or a colon in an absolute one for the end of a name.
      LD_PRELOAD: `./${LIBRARY}`,
      FAKETIME_TIMESTAMP_FILE: join(folder, OFFSET_FILE),
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    return { ...command, cwd: folder, env: { ...command.env, ...env } };
  }

  /** Resolves when the server says the new time, by `readMs`. Throws RangeError for what is no offset. */
  async set(
    { name, folder }: Instance,
    offsetMs: number,
    readMs: (signal: AbortSignal) => Promise<number>,
    signal: AbortSignal,
  ): Promise<void> {
    if (!Number.isFinite(offsetMs)) throw new RangeError(`offsetMs must be a number, received ${offsetMs}`);
    await this.#write(folder, offsetMs);
    const isShown = await answered(
      async (limit) => {
        const fromMs = Date.now();
        const saidMs = (await readMs(limit)) - offsetMs;
        // Date.now cuts off what is less than a millisecond.
        const isWithin = saidMs >= fromMs - ROUNDING_MS && saidMs <= Date.now() + 1 + ROUNDING_MS;
        if (!isWithin) throw new Error('it still says the old time');
      },
      AbortSignal.any([signal, AbortSignal.timeout(SHOWN_LIMIT_MS)]),
    );
    signal.throwIfAborted();
    if (!isShown) throw new Error(`${name} does not say the new time after ${SHOWN_LIMIT_MS / 1000} s`);
  }

  /** Renamed into place: the server reads it at any moment, and half of it would be another time. */
  async #write(folder: string, offsetMs: number): Promise<void> {
    const file = join(folder, OFFSET_FILE);
    const sign = offsetMs < 0 ? '-' : '+';
    await writeFile(`${file}.next`, `${sign}${(Math.abs(offsetMs) / 1000).toFixed(6)}s\n`);
    await rename(`${file}.next`, file);
  }
}
