/** How much disk `.lab/` and the node_modules folders take, part by part. */
import { lstatSync, readdirSync, statfsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stateFolder, workspaceFolder } from './folders.ts';

export interface DiskPart {
  /** Relative to the clone: `.lab/node`, `node_modules`. */
  name: string;
  paths: string[];
  bytes: number;
}

/** The folders in which pnpm puts packages; links to other packages are not followed. */
export function nodeModulesFolders(home: string = workspaceFolder): string[] {
  const packages = ['shared', 'labs'].flatMap((group) => entries(join(home, group)).map((name) => join(group, name)));
  return ['', ...packages].map((folder) => join(home, folder, 'node_modules')).filter((path) => exists(path));
}

/**
 * The parts, in the order of their names, node_modules last. A file with several names counts once, for the first part
 * that has it: pnpm links the files of its store into node_modules.
 */
export function diskParts(state: string = stateFolder, home: string = workspaceFolder): DiskPart[] {
  const seen = new Set<string>();
  const parts = entries(state)
    .sort()
    .map((name) => ({ name: `.lab/${name}`, paths: [join(state, name)] }));
  const modules = nodeModulesFolders(home);
  if (modules.length > 0) parts.push({ name: 'node_modules', paths: modules });
  return parts.map((part) => ({ ...part, bytes: part.paths.reduce((all, path) => all + bytesOf(path, seen), 0) }));
}

/** Bytes on disk of a file or of all below a folder; links count as themselves. Zero if it is gone. */
export function bytesOf(path: string, seen: Set<string> = new Set()): number {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (stat.nlink > 1 && !stat.isDirectory()) {
    const id = `${stat.dev}:${stat.ino}`;
    if (seen.has(id)) return 0;
    seen.add(id);
  }
  const own = stat.blocks * 512;
  if (!stat.isDirectory()) return own;
  return entries(path).reduce((all, name) => all + bytesOf(join(path, name), seen), own);
}

/** Bytes that can still be written where `.lab/` is. */
export function freeBytes(): number {
  const { bavail, bsize } = statfsSync(workspaceFolder);
  return bavail * bsize;
}

/** 1,234,567 as "1.2 MB"; decimal, as disks are sold and `df -H` counts. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const power = Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(value < 10 ? 1 : 0)} ${['B', 'kB', 'MB', 'GB'][power]}`;
}

/** A path as one would type it from the clone. */
export function inClone(path: string): string {
  return relative(workspaceFolder, path);
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // not there, not a folder, or removed by another process meanwhile
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
