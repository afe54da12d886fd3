/**
 * From arguments to a verb: only the verb that is called is loaded, so that help stays quick.
 *
 * Invariant: this function does not throw; it sets `process.exitCode` unless the verb has.
 * Read next: verb-list.ts (the contract of a verb), errors.ts (exit codes of errors).
 */
import { Command } from 'commander';
import { reportError } from './errors.ts';
import { VERBS } from './verb-list.ts';

/** Runs one command line, given without node and the file. */
export async function runCommandLine(given: readonly string[]): Promise<void> {
  try {
    // Before anything is imported that looks at it; processes that we start inherit it.
    if (given.includes('--no-color')) {
      process.env.NO_COLOR = '1';
      delete process.env.FORCE_COLOR;
    }
    const args = askedForHelpOf(given);
    if (args.every((arg) => arg === '--no-color')) {
      process.stdout.write(welcome(await labNames()));
      return;
    }
    await (await programFor(args)).parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

/** Loads the engine, so only where it is needed. */
const labNames = async () => (await import('./labs.ts')).labNames();

/** `help run` means `run --help`. */
function askedForHelpOf(args: readonly string[]): string[] {
  const [first, verb, ...rest] = args;
  if (first !== 'help') return [...args];
  return verb === undefined ? ['--help'] : [verb, '--help', ...rest];
}

/** The program with every verb by name, and the called one in full. */
async function programFor(args: readonly string[]): Promise<Command> {
  const program = new Command('./lab')
    .description('Runs the claims of system-design interviews as experiments on this machine.')
    .option('--no-color', 'plain text, as with NO_COLOR set')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('(--help shows what can be given)')
    .addHelpText('after', `\n${EXIT_CODES}`);
  const called = args.find((arg) => !arg.startsWith('-'));
  if (called !== undefined && !VERBS.some((verb) => verb.name === called) && (await labNames()).includes(called)) {
    const { UsageError } = await import('@backend-labs/experiment/engine');
    throw new UsageError(`"${called}" is a lab; to run it: ./lab run ${called}`);
  }
  for (const { name, summary } of VERBS) {
    if (name === called) await register(name, program);
    else program.command(name).description(summary).allowUnknownOption();
  }
  return program;
}

async function register(name: string, program: Command): Promise<void> {
  const verb = (await import(new URL(`./verbs/${name}.ts`, import.meta.url).href)) as {
    register(program: Command): void;
  };
  verb.register(program);
  // A verb that was added as a finished Command has not inherited how errors are handled.
  for (const command of program.commands) command.copyInheritedSettings(program);
}

const EXIT_CODES = `Exit codes: 0 all that ran holds · 1 a claim was refuted, or a test failed · 2 the call was wrong
  3 inconclusive, or a control passed · 4 something needed is missing · 70 a defect of this program · 130 interrupted`;

/** What `./lab` alone shows: what there is, and what to try first. */
export function welcome(labs: readonly string[]): string {
  const first = labs.includes('circuit-breaker') ? 'circuit-breaker' : (labs[0] ?? 'LAB');
  const width = Math.max(...VERBS.map((verb) => verb.name.length));
  return [
    'Backend labs: the claims of system-design interviews, run as experiments on this machine.',
    '',
    'Try first:',
    `  ./lab run ${first} --quick`,
    '  ./lab list',
    '',
    `Labs: ${labs.length === 0 ? 'none yet; ./lab new NAME makes one' : labs.join(', ')}`,
    '',
    'Commands (./lab COMMAND --help shows more):',
    ...VERBS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
  ].join('\n');
}
