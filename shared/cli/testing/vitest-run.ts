/** Vitest over all projects; its own count, read from its JSON report. */
import { statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { runChild, toolEnvironment } from '../child.ts';
import { workspaceFolder } from '../folders.ts';
import { one, sum, type Tally } from './tally.ts';

/** The part of Vitest's JSON report that is counted. */
export interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { name: string; status: string; assertionResults: unknown[] }[];
}

/**
 * Vitest's numbers, and one failure for each file that did not even load, which has no tests to count. If Vitest
 * itself failed with nothing of this (an unhandled error, no report), that is one failure too.
 */
export function countVitest(report: VitestReport | null, exitCode: number): Tally {
  if (report === null) return one('failed');
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  const counted = {
    passed: report.numPassedTests,
    failed: report.numFailedTests + unloaded.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
  return exitCode !== 0 && counted.failed === 0 ? sum([counted, one('failed')]) : counted;
}

/** Vitest looks for the filter anywhere in a path: whole, and with a slash after a folder, it means only that one. */
function filterFor(path: string): string {
  const whole = join(workspaceFolder, path);
  return statSync(whole).isDirectory() ? join(whole, sep) : whole;
}

/** Runs the tests below the paths given (relative to the clone), all if there are none. `folder` takes the report. */
export async function runVitest(paths: readonly string[], folder: string, signal: AbortSignal): Promise<Tally> {
  const file = join(folder, 'vitest.json');
  const script = join(workspaceFolder, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  const end = await runChild(process.execPath, [script, 'run', ...reporters, ...paths.map(filterFor)], {
    signal,
    deadlineMs: 1_800_000,
    capture: 'nothing',
    env: toolEnvironment(),
  });
  const report = await readFile(file, 'utf8').then(
    (text) => JSON.parse(text) as VitestReport,
    () => null,
  );
  return countVitest(report, end.code);
}
