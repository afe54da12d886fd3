/**
 * The files of the repository, as a reader who clones it finds them.
 *
 * New files that are not ignored count too, so that a lab can be checked before its first commit. A link to a file
 * that exists here but is ignored is dead for everyone else. Without git, every file counts that is not a cache.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

const GIT_TIMEOUT_MS = 20_000;

/** Relative paths with forward slashes, in order. */
export async function repositoryFiles(workspace: string): Promise<string[]> {
  const listed = existsSync(path.join(workspace, '.git')) ? await gitFiles(workspace) : await walk(workspace);
  return listed.filter((file) => existsSync(path.join(workspace, file))).sort();
}

async function gitFiles(workspace: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: workspace, timeout: GIT_TIMEOUT_MS, maxBuffer: 64 * 2 ** 20 },
  );
  return [...new Set(stdout.split('\0').filter((file) => file !== ''))];
}

async function walk(workspace: string, folder = ''): Promise<string[]> {
  const entries = await readdir(path.join(workspace, folder), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => name !== 'node_modules' && name !== '.git' && name !== '.lab')
      .map((entry) => {
        const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
        return entry.isDirectory() ? walk(workspace, file) : [file];
      }),
  );
  return found.flat();
}
