/**
 * A hash of the sources that a lab's run read, so that a reference result says which code it speaks of.
 *
 * In it: the lab's lab.ts, experiments/ and src/, what shared code measures and judges (experiment, load, service), and
 * shared/stack for a lab that depends on it, as one that needs servers does. Tests, READMEs and reports do not change
 * a measurement and are left out; so are blank lines and whole-line comments, because a better comment is no reason to
 * measure again.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** Folders of a lab that its runs read, where it has them. */
const LAB_FOLDERS = ['experiments', 'src'] as const;
/** Folders of shared code whose change may change a measurement. */
const MEASURING_PACKAGES = ['experiment', 'load', 'service'] as const;

async function sourceFiles(folder: string): Promise<string[]> {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/(^|[\\/])(node_modules|test|bench)([\\/]|$)/.test(relative(folder, file)))
    .filter((file) => !file.endsWith('bench.ts'));
}

/** A source without blank lines and without lines that are only a comment. */
function withoutComments(source: string): string {
  return (
    source
      .split('\n')
      // A comment before code in one line goes, the code behind it stays.
      .map((line) => line.trim().replace(/^\/\*.*?\*\/\s*/, ''))
      .filter((line) => line !== '' && !/^(\/\/|\/\*|\*\/|\*( |$))/.test(line))
      .join('\n')
  );
}

function dependsOnStack(labFolder: string): boolean {
  const manifest = join(labFolder, 'package.json');
  if (!existsSync(manifest)) return false;
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: Record<string, string> };
  return '@backend-labs/stack' in dependencies;
}

/** The files that count for a lab, absolute, in a stable order. */
export async function measuredFiles(labFolder: string, workspaceFolder: string): Promise<string[]> {
  const ofLab = LAB_FOLDERS.map((name) => sourceFiles(join(labFolder, name)));
  const packages = dependsOnStack(labFolder) ? [...MEASURING_PACKAGES, 'stack'] : MEASURING_PACKAGES;
  const shared = packages.map((name) => sourceFiles(join(workspaceFolder, 'shared', name)));
  const files = [join(labFolder, 'lab.ts'), ...(await Promise.all([...ofLab, ...shared])).flat()];
  return files.sort();
}

/** The hash, 16 hexadecimal digits. The same on every machine. */
export async function sourcesHash(labFolder: string, workspaceFolder: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await measuredFiles(labFolder, workspaceFolder)) {
    const base = file.startsWith(labFolder) ? labFolder : workspaceFolder;
    hash.update(`${relative(base, file)}\n${withoutComments(await readFile(file, 'utf8'))}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
