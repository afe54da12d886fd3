/** `./lab compare A.json B.json`: two results of one lab side by side. */
import { compareResults, readGivenResult, renderComparison, serialiseJson } from '@backend-labs/report';
import type { Command } from 'commander';

const EXAMPLES = `
What differs besides the numbers (sources, machine, versions, seed, profile) is said first, because then the
comparison may mean nothing. With repeats in both, numbers whose ranges overlap are marked.

Examples:
  ./lab run circuit-breaker --repeat 3 --out before
  ./lab run circuit-breaker --repeat 3 --out after
  ./lab compare before/result.json after/result.json
  ./lab compare A.json B.json --json`;

export function register(program: Command): void {
  program
    .command('compare')
    .description('compare two results of one lab: verdicts that changed, numbers with difference and ratio')
    .argument('<a.json>', 'the result that differences and ratios start from')
    .argument('<b.json>', 'the other result')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (a: string, b: string, options: { json?: boolean }) => {
      const colour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
      process.stdout.write(
        await compare(a, b, { json: options.json === true, colour, width: process.stdout.columns ?? 100 }),
      );
    });
}

/** What stands on stdout. Throws UsageError: a file that is no result, or results of different labs. */
export async function compare(
  a: string,
  b: string,
  options: { json: boolean; colour: boolean; width: number },
): Promise<string> {
  const calledFrom = process.env.BACKEND_LABS_CALLED_FROM ?? process.cwd();
  const comparison = compareResults(await readGivenResult(a, calledFrom), await readGivenResult(b, calledFrom));
  if (options.json) return serialiseJson(comparison);
  return renderComparison(comparison, { ...options, names: { a, b } });
}
