/**
 * `./lab run`: runs labs and says what holds.
 *
 * Results on stdout, progress on stderr; the exit code is the worst of what happened (shared/experiment/exit-code.ts).
 * Read next: ../run-one-lab.ts.
 */
import { combineExitCodes, EXIT, type ExitCode } from '@backend-labs/experiment/engine';
import type { Result } from '@backend-labs/experiment/result';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { findLabs, requireLab } from '../labs.ts';
import { checkCall, type RunFlags, runOneLab } from '../run-one-lab.ts';

export function register(program: Command): void {
  program
    .command('run [LAB...]')
    .description('run labs and say what holds; all of them without a name')
    .option('--experiment <name>', 'one experiment of the lab, or all')
    .option('--variant <name|file>', "one variant, or a file of yours that implements the lab's src/contract.ts")
    .option('--mutants', 'judge each claim on its mutant, which must be refuted')
    .option('--quick', 'shorter: at most 45 s a lab')
    .option('--seed <n>', 'seed of the schedule', wholeNumber, 1)
    .option('--repeat <n>', 'run each variant n times, interleaved, and show the spread', positiveNumber, 1)
    .option('--explain <claim>', 'show the property, chances and raw ids behind one verdict')
    .addOption(
      new Option('--stack <provider>', 'where the servers come from that a lab needs').choices([
        'native',
        'external',
        'docker',
      ]),
    )
    .option('--json', 'print the result as JSON')
    .option('--out <dir>', 'where result.json and report.html go')
    .addHelpText(
      'after',
      `
Examples:
  ./lab run circuit-breaker
  ./lab run circuit-breaker --quick --explain breaker-opens-on-schedule
  ./lab run circuit-breaker --variant ./mine.ts
  ./lab run circuit-breaker --repeat 5 --json > result.json

Exit codes: 0 all holds · 1 a claim was refuted · 2 wrong call · 3 inconclusive · 4 something is missing · 130 interrupted`,
    )
    .action(run);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  // Number('') is 0, and nobody means that by a variable of a script that is empty.
  if (text.trim() === '' || !Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

async function run(names: string[], flags: RunFlags): Promise<void> {
  const codes: ExitCode[] = [];
  // All is checked before anything is run: a typo in the second name should not cost the first lab's minutes.
  const labs = names.length === 0 ? await allLabs(codes) : await Promise.all(names.map(requireLab));
  for (const lab of labs) checkCall(lab, flags);
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nInterrupted: healing faults and ending all processes. Again to leave at once.\n');
    interruption.abort(new Error('interrupted'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const results: Result[] = [];
  try {
    for (const lab of labs) {
      if (interruption.signal.aborted) {
        codes.push(EXIT.interrupted);
        break;
      }
      try {
        const { result, exitCode } = await runOneLab(lab, flags, {
          severalLabs: labs.length > 1,
          signal: interruption.signal,
        });
        results.push(result);
        codes.push(exitCode);
      } catch (error) {
        // What one lab lacks, the next one may not need.
        const code = exitCodeOf(error);
        if (labs.length === 1 || code === null) throw error;
        process.stderr.write(`lab: ${lab.name}: ${(error as Error).message}\n`);
        codes.push(code);
      }
    }
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(labs.length === 1 ? results[0] : results, null, 2)}\n`);
  process.exitCode = combineExitCodes(codes);
}

/** Every lab that can be loaded. One that cannot is told of, with its exit code, and keeps no other from running. */
async function allLabs(codes: ExitCode[]) {
  const labs = await findLabs();
  for (const { name, problem } of labs) {
    if (problem === null) continue;
    process.stderr.write(`lab: The lab ${name} cannot be loaded and is left out.\n  ${problem}\n`);
    codes.push(EXIT.usage);
  }
  return labs.filter((lab) => lab.problem === null);
}

/** The exit code that an error brings along; null for a defect. */
function exitCodeOf(error: unknown): ExitCode | null {
  const code = (error as { exitCode?: unknown }).exitCode;
  return typeof code === 'number' ? (code as ExitCode) : null;
}
