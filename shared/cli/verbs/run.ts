/**
 * `./lab run`: runs labs and says what holds.
 *
 * Results on stdout, progress on stderr; the exit code is the worst of what happened (shared/experiment/exit-code.ts).
 * Read next: ../run-one-lab.ts.
 */
import { combineExitCodes, EXIT, type ExitCode } from '@backend-labs/experiment/engine';
import type { Result } from '@backend-labs/experiment/result';
import { type Command, InvalidArgumentError } from 'commander';
import { labNames, requireLab } from '../labs.ts';
import { type RunFlags, runOneLab } from '../run-one-lab.ts';

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
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError('It must be a whole number.');
  return value;
}

function positiveNumber(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('It must be at least 1.');
  return value;
}

async function run(names: string[], flags: RunFlags): Promise<void> {
  // All names are checked before anything is run: a typo in the second one should not cost the first one's minutes.
  const labs = [];
  for (const name of names.length === 0 ? labNames() : names) labs.push(await requireLab(name));
  const interruption = new AbortController();
  const interrupt = () => {
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nInterrupted: healing faults and ending all processes. Again to leave at once.\n');
    interruption.abort(new Error('interrupted'));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const codes: ExitCode[] = [];
  const results: Result[] = [];
  try {
    for (const lab of labs) {
      if (interruption.signal.aborted) break;
      const { result, exitCode } = await runOneLab(lab, flags, {
        severalLabs: labs.length > 1,
        signal: interruption.signal,
      });
      results.push(result);
      codes.push(exitCode);
    }
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
  if (flags.json) process.stdout.write(`${JSON.stringify(labs.length === 1 ? results[0] : results, null, 2)}\n`);
  process.exitCode = combineExitCodes(codes);
}
