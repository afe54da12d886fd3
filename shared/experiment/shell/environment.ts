/** What a result says of where it was measured: machine, versions, commit, sources. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Result } from '../result/schema.ts';
import { measuredFiles, sourcesHash } from '../sources.ts';

const GIT_DEADLINE_MS = 5000;
const run = promisify(execFile);

async function git(folder: string, ...words: string[]): Promise<string | null> {
  try {
    return (await run('git', ['-C', folder, ...words], { timeout: GIT_DEADLINE_MS })).stdout.trim();
  } catch {
    // No git, or not a repository: a downloaded archive can run a lab as well.
    return null;
  }
}

/** Processor, cores, memory and system of this machine. */
export function describeMachine(): Result['machine'] {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
  };
}

/** Node, and the version of each library that the lab depends on, as installed. */
export function describeVersions(labFolder: string): Record<string, string> {
  const versions: Record<string, string> = { node: process.versions.node };
  const manifest = join(labFolder, 'package.json');
  if (!existsSync(manifest)) return versions;
  const { dependencies = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies?: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    if (dependencies[name]?.startsWith('workspace:')) continue;
    const installed = join(labFolder, 'node_modules', name, 'package.json');
    if (existsSync(installed))
      versions[name] = (JSON.parse(readFileSync(installed, 'utf8')) as { version: string }).version;
  }
  return versions;
}

/** Commit, hash of the sources, and whether any of them differs from the commit. */
export async function describeSources(
  labFolder: string,
  workspaceFolder: string,
): Promise<Pick<Result, 'commit' | 'sources'>> {
  const watched = await measuredFiles(labFolder, workspaceFolder);
  const [commit, changes, hash] = await Promise.all([
    git(workspaceFolder, 'rev-parse', 'HEAD'),
    git(workspaceFolder, 'status', '--porcelain', '--', ...watched),
    sourcesHash(labFolder, workspaceFolder),
  ]);
  return { commit, sources: { hash, dirty: changes === null || changes !== '' } };
}
