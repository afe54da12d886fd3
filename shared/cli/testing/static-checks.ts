/** The checks that run nothing of ours: types, lint and format, dead code, direction of imports. Each is one test. */
import { join } from 'node:path';
import { runChild, toolEnvironment } from '../child.ts';
import { workspaceFolder } from '../folders.ts';
import { checkImportDirection } from '../static/import-direction.ts';

export interface CheckEnd {
  name: string;
  ok: boolean;
  /** What the check said; shown only if it failed. */
  output: string;
  durationMs: number;
}

const tool =
  (name: string, script: string, ...args: string[]) =>
  async (signal: AbortSignal): Promise<Omit<CheckEnd, 'durationMs'>> => {
    const command = [join(workspaceFolder, 'node_modules', script), ...args];
    const end = await runChild(process.execPath, command, {
      signal,
      deadlineMs: 300_000,
      capture: 'both',
      env: toolEnvironment(),
    });
    return {
      name,
      ok: end.code === 0,
      output: end.late ? `${end.output}\nit did not end within 5 minutes` : end.output,
    };
  };

const CHECKS = [
  tool('types (tsc)', 'typescript/bin/tsc', '--noEmit'),
  tool('lint and format (biome)', '@biomejs/biome/bin/biome', 'check', '--error-on-warnings'),
  tool('dead code and dependencies (knip)', 'knip/bin/knip.js', '--no-progress'),
  async () => {
    const forbidden = await checkImportDirection(workspaceFolder);
    const lines = forbidden.map(({ file, line, specifier, rule }) => `${file}:${line}: '${specifier}': ${rule}`);
    return { name: 'direction of imports', ok: lines.length === 0, output: lines.join('\n') };
  },
];

/** Runs them side by side; `report` is called as each ends. */
export async function runStaticChecks(signal: AbortSignal, report: (end: CheckEnd) => void): Promise<CheckEnd[]> {
  return Promise.all(
    CHECKS.map(async (check) => {
      const began = performance.now();
      const end = { ...(await check(signal)), durationMs: performance.now() - began };
      if (!signal.aborted) report(end);
      return end;
    }),
  );
}
