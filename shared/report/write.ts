/**
 * Files that are there whole or not at all.
 *
 * Each file is written beside its place, synced and then renamed; all are written before the first is renamed.
 * Invariant: after a failure the folder holds what it held before. Not covered: two renames are not one, so a crash
 * between them leaves one new and one old file, both whole.
 */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { EXIT } from '@backend-labs/experiment/engine';
import type { Result } from '@backend-labs/experiment/result';
import { renderHtml } from './html/index.ts';
import { renderPlots } from './plot/index.ts';
import { serialiseResult } from './serialise.ts';

/** A report that could not be written. The message is one sentence for the person at the terminal. */
export class ReportWriteError extends Error {
  override readonly name = 'ReportWriteError';
  /** Space or a permission is missing. */
  readonly exitCode = EXIT.missing;
  readonly code: string;
  constructor(folder: string, cause: NodeJS.ErrnoException) {
    super(`Could not write to ${folder}: ${meaningOf(cause)}; what was there before is unchanged.`, { cause });
    this.code = cause.code ?? 'UNKNOWN';
  }
}

function meaningOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOSPC') return 'the disk is full';
  if (error.code === 'EDQUOT') return 'the disk quota is used up';
  if (error.code === 'EFBIG') return 'the file would be larger than this shell allows (ulimit -f)';
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'permission denied';
  if (error.code === 'EROFS') return 'the file system is read-only';
  if (error.code === 'ENOTDIR' || error.code === 'EEXIST') return 'a part of that path is a file, not a folder';
  return error.message;
}

/** Writes the files (name → text) into a folder, which is made if missing. Throws ReportWriteError. */
export async function writeWhole(folder: string, files: Record<string, string>): Promise<void> {
  const beside: { from: string; to: string }[] = [];
  try {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(files)) {
      const to = path.join(folder, name);
      const from = path.join(folder, `.${name}.${process.pid}.part`);
      beside.push({ from, to });
      await writeSynced(from, text);
    }
    for (const { from, to } of beside) await rename(from, to);
  } catch (error) {
    await Promise.allSettled(beside.map(({ from }) => rm(from, { force: true })));
    throw new ReportWriteError(folder, error as NodeJS.ErrnoException);
  }
}

async function writeSynced(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'w');
  await handle.writeFile(text);
  await handle.sync();
}

/**
 * Writes result.json and report.html into `folder`, and returns their paths. Throws ReportWriteError; earlier files
 * are then as they were.
 */
export async function writeReport(result: Result, folder: string): Promise<{ json: string; html: string }> {
  const report = renderHtml(result, await renderPlots(result));
  await writeWhole(folder, { 'result.json': serialiseResult(result), 'report.html': report });
  return { json: path.join(folder, 'result.json'), html: path.join(folder, 'report.html') };
}
