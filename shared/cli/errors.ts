/**
 * How an error becomes a message and an exit code.
 *
 * Invariant: a mistake of the caller or a lack of the machine never shows a stack; a defect of ours always leaves one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CommanderError } from 'commander';
import { stateFolder } from './folders.ts';

/** Ours is 2 (EXIT.usage of the engine, which is too much to load for every start); commander's own would be 1. */
const EXIT_USAGE = 2;
/** A defect of this program: no verdict, so none of the verdicts' codes (EX_SOFTWARE of sysexits.h). */
const EXIT_DEFECT = 70;

/** Says on stderr what happened and returns the exit code. Commander has already said what it refuses. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
  if (error instanceof Error && 'exitCode' in error && typeof error.exitCode === 'number') {
    process.stderr.write(`lab: ${process.env.LAB_DEBUG ? error.stack : error.message}\n`);
    return error.exitCode;
  }
  return reportDefect(error);
}

/** Says what was not expected, in one line, and where the stack is. */
export function reportDefect(error: unknown): number {
  const thrown = error instanceof Error ? error : new Error(String(error));
  const stack = `${new Date().toISOString()} node ${process.version} ${process.argv.slice(2).join(' ')}\n${describe(thrown)}\n`;
  if (process.env.LAB_DEBUG) {
    process.stderr.write(`lab: unexpected: ${stack}`);
    return EXIT_DEFECT;
  }
  const summary = `lab: unexpected ${thrown.name}: ${thrown.message.split('\n')[0]}`;
  process.stderr.write(`${summary} (a defect of this program; ${keep(stack)})\n`);
  return EXIT_DEFECT;
}

/** The stack and those of the causes. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by: ${describe(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}

function keep(stack: string): string {
  try {
    const file = join(stateFolder, 'logs', 'defect.log');
    mkdirSync(join(stateFolder, 'logs'), { recursive: true });
    writeFileSync(file, stack);
    return `details: ${relative(process.cwd(), file)}`;
  } catch {
    return 'LAB_DEBUG=1 shows the details';
  }
}
