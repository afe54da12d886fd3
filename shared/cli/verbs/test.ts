/**
 * `./lab test`: everything that must be green before a commit, with one line at the end that says how it went.
 *
 * Read next: ../testing/claim-tests.ts (when a verdict is a failed test), ../testing/static-checks.ts.
 */
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { EXIT, UsageError } from '@backend-labs/experiment/engine';
import type { Command } from 'commander';
import { runSelf } from '../child.ts';
import { stateFolder, workspaceFolder } from '../folders.ts';
import { labNames } from '../labs.ts';
import { runsOf, testLab } from '../testing/lab-runs.ts';
import { runStaticChecks } from '../testing/static-checks.ts';
import { isGreen, one, sum, type Tally, tallyLine } from '../testing/tally.ts';
import { runVitest } from '../testing/vitest-run.ts';

interface TestOptions {
  static?: true;
  all?: true;
}

const EXAMPLES = `
Examples:
  ./lab test                  static checks, tests, every lab's quick profile, and verify
  ./lab test --static         types, lint, dead code, direction of imports; seconds
  ./lab test shared/load      only the tests below a path
  ./lab test labs/redis-lock  a lab's tests and its quick profile
  ./lab test --all            also every experiment and every mutant

A claim of a quick run counts as one test. An inconclusive run is measured once more; nothing else is ever repeated.
The last line is "N passed, N failed, N skipped". Exit code 0 if nothing failed and something ran, else 1.`;

export function register(program: Command): void {
  program
    .command('test')
    .description('static checks, tests, and every lab in its quick profile')
    .argument('[path...]', 'only the tests below these files or folders')
    .option('--static', 'only the checks that run nothing')
    .option('--all', 'also every experiment and every mutant')
    .addHelpText('after', EXAMPLES)
    .action(async (paths: string[], options: TestOptions) => {
      process.exitCode = await test(paths, options);
    });
}

const show = (line: string) => process.stdout.write(`${line}\n`);

async function test(paths: readonly string[], options: TestOptions): Promise<number> {
  if (options.static && (options.all || paths.length > 0)) {
    throw new UsageError('--static checks everything and runs nothing: give it without --all and without a path');
  }
  const chosen = paths.map(pathInClone);
  const interrupt = new AbortController();
  const stop = () => interrupt.abort();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const folder = join(stateFolder, 'tmp', `test-${process.pid}`);
  await mkdir(folder, { recursive: true });
  try {
    const tallies: Tally[] = [];
    for (const part of partsFor(chosen, options)) {
      tallies.push(await part(folder, interrupt.signal));
      if (interrupt.signal.aborted) {
        process.stderr.write('lab: interrupted\n');
        return EXIT.interrupted;
      }
    }
    const total = sum(tallies);
    if (total.passed + total.failed + total.skipped === 0) process.stderr.write('lab: there was nothing to test\n');
    show('');
    show(tallyLine(total));
    return isGreen(total) ? EXIT.ok : EXIT.refuted;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A path given by the user, relative to the clone; it must be there. */
function pathInClone(path: string): string {
  const absolute = [resolve(path), resolve(workspaceFolder, path)].find((candidate) => existsSync(candidate));
  const inside = absolute === undefined ? '' : relative(workspaceFolder, absolute);
  if (absolute === undefined) throw new UsageError(`there is no "${path}", here or in ${workspaceFolder}`);
  if (inside.startsWith('..')) throw new UsageError(`"${path}" is outside of ${workspaceFolder}`);
  return inside.split(sep).join('/');
}

type Part = (folder: string, signal: AbortSignal) => Promise<Tally>;

/** What is run, in this order: the quickest to say no comes first. */
function partsFor(paths: readonly string[], options: TestOptions): Part[] {
  const all = options.all === true;
  const labs = labNames().filter((name) => paths.length === 0 || paths.includes(`labs/${name}`));
  const labParts = labs
    .flatMap((lab) => runsOf(lab, all))
    .map(
      (run): Part =>
        (folder, signal) => {
          show(`\n./lab run ${run.lab} ${run.args.join(' ')}`);
          return testLab(run, folder, signal, (line) => show(`  ${line}`));
        },
    );
  const tests: Part = (folder, signal) => {
    show('\nTests');
    return runVitest(paths, folder, signal);
  };
  if (options.static) return [staticPart];
  return paths.length > 0 ? [tests, ...labParts] : [staticPart, tests, ...labParts, verifyPart];
}

const staticPart: Part = async (_folder, signal) => {
  show('Static checks');
  const ends = await runStaticChecks(signal, ({ name, ok, output, durationMs }) => {
    show(`  ${ok ? 'ok  ' : 'FAIL'}  ${name}, ${(durationMs / 1000).toFixed(1)} s`);
    if (!ok) show(output.trimEnd().replace(/^/gm, '        '));
  });
  return sum(ends.map(({ ok }) => one(ok ? 'passed' : 'failed')));
};

const verifyPart: Part = async (_folder, signal) => {
  show('\n./lab verify');
  const end = await runSelf(['verify'], { signal, deadlineMs: 300_000, capture: 'both' });
  if (end.code === 0) show('  ok    READMEs, reference results and sources agree');
  else if (!signal.aborted) show(`  FAIL  ./lab verify\n${end.output.trimEnd().replace(/^/gm, '        ')}`);
  return one(end.code === 0 ? 'passed' : 'failed');
};
