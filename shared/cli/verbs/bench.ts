/**
 * `./lab bench NAME`: measures a part of the project against something that is not part of it.
 *
 * A bench is found by its folder, shared/NAME/bench.ts or labs/NAME/bench.ts, or by a shorter name than its lab's:
 * labs/LAB/NAME.bench.ts. Its contract is in shared/load/bench/contract.ts.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EXIT, UsageError } from '@backend-labs/experiment/engine';
import type { Bench, BenchReport, BenchTable } from '@backend-labs/load';
import type { Command } from 'commander';
import { temporaryFolder } from '../fire/temporary-folder.ts';
import { labsFolder, stateFolder, workspaceFolder } from '../folders.ts';
import { requireName } from '../nearest.ts';

export function register(program: Command): void {
  program
    .command('bench <NAME>')
    .description('measure a part of this project against something outside it')
    .option('--quick', 'shorter runs: to see that it works, not to quote')
    .option('--json', 'print the tables and parts as JSON')
    .addHelpText(
      'after',
      `
Benches: ${[...benchFiles()].map(([name]) => name).join(', ')}

Examples:
  ./lab bench load
  ./lab bench load --quick --json

Exit codes: 0 every part was met or skipped · 1 a part was not met · 2 wrong call · 130 interrupted`,
    )
    .action(bench);
}

/** `push.bench.ts` is the bench `push`. */
const BENCH_FILE = /^(.+)\.bench\.ts$/;

/** The benches there are, by name. */
function benchFiles(): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of [join(workspaceFolder, 'shared'), labsFolder]) {
    if (!existsSync(folder)) continue;
    for (const owner of readdirSync(folder).sort()) {
      if (!statSync(join(folder, owner)).isDirectory()) continue;
      for (const file of readdirSync(join(folder, owner)).sort()) {
        const name = file === 'bench.ts' ? owner : BENCH_FILE.exec(file)?.[1];
        if (name !== undefined) found.set(name, join(folder, owner, file));
      }
    }
  }
  return found;
}

async function bench(typed: string, flags: { quick?: boolean; json?: boolean }): Promise<void> {
  const files = benchFiles();
  const file = files.get(requireName('bench', typed, [...files.keys()])) as string;
  const run = ((await import(pathToFileURL(file).href)) as { default?: Bench }).default;
  if (typeof run !== 'function') throw new UsageError(`${file} has no default export that is a function.`);
  await using folder = await temporaryFolder('bench');
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    interruption.abort(new Error('interrupted'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const report = await run({
      quick: flags.quick ?? false,
      signal: interruption.signal,
      log: (line) => process.stderr.write(`${line}\n`),
      folder: folder.path,
      stateFolder,
    });
    process.stdout.write(flags.json ? `${JSON.stringify(report, null, 2)}\n` : describeBench(report));
    process.exitCode = report.parts.some(({ met }) => met === false) ? EXIT.refuted : EXIT.ok;
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.stderr.write('Interrupted.\n');
    process.exitCode = EXIT.interrupted;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** Tables, then one line per part. */
function describeBench({ tables, parts }: BenchReport): string {
  const word = (met: boolean | null) => (met === null ? 'skipped' : met ? 'met' : 'NOT MET');
  return [
    ...tables.flatMap((table) => [...describeTable(table), '']),
    ...parts.map(({ name, met, detail }) => `${word(met).padEnd(8)} ${name}: ${detail}`),
    '',
  ].join('\n');
}

function describeTable({ title, columns, rows }: BenchTable): string[] {
  const cells = [columns, ...rows.map((row) => row.map(String))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  // The first column names the row, the others are numbers.
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [title, ...cells.map((row) => `  ${line(row)}`)];
}
