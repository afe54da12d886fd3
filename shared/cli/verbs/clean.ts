/**
 * `./lab clean`: takes away what runs left behind; with --all, everything that `./lab` ever fetched or made.
 *
 * Invariant: only `.lab/` and the node_modules folders are touched, links are removed and not followed, and nothing is
 * removed under a run or a set-up that still goes on, or under a lab that is up.
 */
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { clearLeftovers, UsageError } from '@backend-labs/experiment/engine';
import type { Command } from 'commander';
import { type DiskPart, diskParts, formatBytes } from '../disk-use.ts';
import { stateFolder, workspaceFolder } from '../folders.ts';
import { isThere, runsOnDisk } from '../run-leftovers.ts';
import { labsOnDisk, upFolder } from '../up/up-folder.ts';

const EXAMPLES = `
Examples:
  ./lab clean        runs' folders, logs and temporary files; fetched tools, packages and results stay
  ./lab clean --all  all of .lab/ (results too) and node_modules; the next ./lab fetches what it needs again`;

/** What goes without --all, by the name in .lab/. The rest was fetched or is a result. */
const TEMPORARY = /^(runs|tmp|logs|setup\..*|lock-takeover)$/;

export function register(program: Command): void {
  program
    .command('clean')
    .description('remove what runs left behind; with --all everything that was fetched')
    .option('--all', 'all of .lab/, results too, and node_modules')
    .addHelpText('after', EXAMPLES)
    .action((options: { all?: true }) => {
      for (const line of clean(options.all === true)) process.stdout.write(`${line}\n`);
    });
}

/** Removes, and says line by line what. `state` and `home` are other folders only in tests. */
export function* clean(all: boolean, state: string = stateFolder, home: string = workspaceFolder): Generator<string> {
  refuseWhileInUse(state, home, all);
  const killed = [join(state, 'runs'), upFolder(state)].flatMap((folder) => clearLeftovers(folder).killed);
  for (const { name, pid } of killed) yield `ended ${name} (process ${pid}), left by an earlier run`;
  for (const { lab } of labsOnDisk(state)) yield `left .lab/up/${lab}: it is up; ./lab down ${lab} ends it`;
  let bytes = 0;
  const parts = diskParts(state, home).filter((part) => all || isTemporary(part, state));
  for (const part of parts) {
    for (const path of part.paths) removeTree(path);
    bytes += part.bytes;
    yield `removed ${part.name} (${formatBytes(part.bytes)})`;
  }
  yield parts.length === 0 ? 'Nothing to remove.' : `Removed ${formatBytes(bytes)} in all.`;
}

function isTemporary({ paths }: DiskPart, state: string): boolean {
  return paths.every((path) => dirname(path) === state && TEMPORARY.test(basename(path)));
}

/** Removes a folder also where parts of it are read-only, as Go makes its module cache. */
function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    makeWritable(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
  }
}

function refuseWhileInUse(state: string, home: string, all: boolean): void {
  const up = labsOnDisk(state).filter(({ isKept }) => isKept);
  // What is up runs from what was fetched; without --all neither goes.
  if (all && up.length > 0)
    throw new UsageError(`${up.map(({ lab }) => lab).join(', ')}: up, and it runs from .lab/; call ./lab down first`);
  const running = runsOnDisk(join(state, 'runs')).find((run) => run.state === 'running');
  if (running !== undefined) {
    throw new UsageError(
      `a run is going on (process ${running.pid}, ${relative(home, running.folder)}); wait for it or end it with Ctrl-C, then call ./lab clean again`,
    );
  }
  const setUp = setUpPid(state);
  if (setUp !== null && isThere(setUp)) {
    throw new UsageError(`another ./lab (process ${setUp}) is setting up; call ./lab clean again when it is done`);
  }
}

/** The process that holds the wrapper's lock (shared/bootstrap/lock.sh). */
function setUpPid(state: string): number | null {
  try {
    return Number.parseInt(readFileSync(join(state, 'lock', 'owner'), 'utf8'), 10) || null;
  } catch {
    return null;
  }
}
