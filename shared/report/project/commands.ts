/**
 * A command that a document shows exists: its verb, its options, the lab, experiment, variant and claim it names.
 *
 * It is checked against the program's own definitions, without running anything.
 * Invariant: a call that is accepted here is accepted by the program, placeholders and files aside.
 */
import type { Problem } from '../markdown/sections.ts';
import type { MarkdownDocument } from './markdown-document.ts';
import { isPlaceholder, labCalls } from './shell-line.ts';

/** What is read of commander's Command; anything of this shape will do. */
export interface CommandLike {
  name(): string;
  aliases(): string[];
  readonly commands: readonly CommandLike[];
  readonly options: readonly OptionLike[];
  readonly registeredArguments: readonly ArgumentLike[];
}
export interface OptionLike {
  readonly long?: string | undefined;
  readonly short?: string | undefined;
  /** Its value must be given. */
  readonly required: boolean;
  /** Its value may be given. */
  readonly optional: boolean;
  readonly argChoices?: readonly string[] | undefined;
}
export interface ArgumentLike {
  name(): string;
  readonly required: boolean;
  readonly variadic: boolean;
  readonly argChoices?: readonly string[] | undefined;
}

/** The names that a lab's definition holds. */
export interface LabNames {
  experiments: readonly string[];
  variants: readonly string[];
  claims: readonly string[];
}

export interface CommandCheck {
  program: CommandLike;
  /** Every lab by name; null for one whose lab.ts can't be loaded. */
  labs: ReadonlyMap<string, LabNames | null>;
}

/** Every shown command that does not exist. */
export function checkCommands(documents: ReadonlyMap<string, MarkdownDocument>, check: CommandCheck): Problem[] {
  return [...documents].flatMap(([file, document]) => {
    const calls = document.shellBlocks.flatMap((block) => labCalls(block.text, block.line));
    // A document may make a lab and then use it.
    const made = calls.flatMap(({ words }) => (words[0] === 'new' ? words.slice(1) : []));
    return calls.flatMap(({ words, line }) => {
      const message = whyWrong(words, check, made);
      return message === null ? [] : [{ file, line, message: `"./lab ${words.join(' ')}" does not exist: ${message}` }];
    });
  });
}

interface Read {
  command: CommandLike;
  operands: string[];
  options: Map<string, string>;
}

function whyWrong(words: readonly string[], check: CommandCheck, made: readonly string[]): string | null {
  const asked = words[0] === 'help' ? [...words.slice(1), '--help'] : words;
  const read = readWords(asked, check.program);
  if (typeof read === 'string') return read;
  if (read === null) return null;
  const { command, operands, options } = read;
  const expected = command.registeredArguments;
  const last = expected.at(-1);
  if (operands.length > expected.length && !last?.variadic) {
    const most = expected.length === 0 ? 'no operand' : `at most ${expected.length}`;
    return `${command.name()} takes ${most}, here: ${operands.join(' ')}`;
  }
  const missing = expected[operands.length];
  if (missing?.required && !options.has('--help')) return `${command.name()} needs ${missing.name()}`;
  for (const [index, operand] of operands.entries()) {
    const said = wrongOperand(operand, expected[index] ?? last, check, made);
    if (said !== null) return said;
  }
  return wrongNames(operands, options, check);
}

/** Sorts words into operands and options. A text says what is wrong; null: the verb itself is a placeholder. */
function readWords(words: readonly string[], program: CommandLike): Read | string | null {
  const read: Read = { command: program, operands: [], options: new Map() };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const bare = word.replace(/^\[+/, '').replace(/\]+$/, '');
    if (/^-{1,2}[A-Za-z]/.test(bare)) {
      const [flag = '', given] = bare.split('=', 2);
      if (['--help', '-h', '--version', '-V'].includes(flag)) {
        read.options.set('--help', '');
        continue;
      }
      const option = [...read.command.options, ...program.options].find(
        ({ long, short }) => flag === long || flag === short,
      );
      if (option === undefined) return `${read.command.name()} has no option ${flag}`;
      const takesNext = given === undefined && (option.required || (option.optional && !/^-|^$/.test(rest[0] ?? '')));
      const value = (takesNext ? rest.shift() : given)?.replace(/\]+$/, '');
      if (option.required && value === undefined) return `${flag} needs a value`;
      if (value !== undefined && option.argChoices && !isPlaceholder(value) && !option.argChoices.includes(value)) {
        return `${flag} is one of ${option.argChoices.join(', ')}`;
      }
      read.options.set(option.long ?? flag, value ?? '');
      continue;
    }
    const inner = read.operands.length > 0 ? undefined : subcommand(read.command, word);
    if (inner !== undefined) {
      read.command = inner;
    } else if (read.command === program) {
      return isPlaceholder(word) ? null : `there is no verb "${word}"`;
    } else {
      read.operands.push(word);
    }
  }
  return read;
}

function subcommand(command: CommandLike, word: string): CommandLike | undefined {
  return command.commands.find((one) => one.name() === word || one.aliases().includes(word));
}

function wrongOperand(
  operand: string,
  argument: ArgumentLike | undefined,
  { labs }: CommandCheck,
  made: readonly string[],
): string | null {
  if (isPlaceholder(operand) || argument === undefined) return null;
  if (argument.argChoices && !argument.argChoices.includes(operand)) {
    return `${argument.name()} is one of ${argument.argChoices.join(', ')}`;
  }
  const namesLab = /(^|[^a-z])labs?($|[^a-z])/i.test(argument.name());
  const isFile = operand.includes('/') || operand.endsWith('.json');
  if (!namesLab || isFile || labs.has(operand) || made.includes(operand)) return null;
  return `there is no lab "${operand}"`;
}

const NAMED_BY_OPTION: Record<string, keyof LabNames> = {
  '--experiment': 'experiments',
  '--variant': 'variants',
  '--explain': 'claims',
};

function wrongNames(
  operands: readonly string[],
  options: ReadonlyMap<string, string>,
  { labs }: CommandCheck,
): string | null {
  const named = operands.flatMap((operand) => {
    const lab = labs.get(operand);
    return lab === undefined || lab === null ? [] : [lab];
  });
  if (named.length === 0) return null;
  for (const [flag, kind] of Object.entries(NAMED_BY_OPTION)) {
    const value = options.get(flag);
    if (value === undefined || value === 'all' || isPlaceholder(value) || value.includes('/')) continue;
    if (named.some((lab) => lab[kind].includes(value))) continue;
    return `${operands.join(' ')} has no ${kind.slice(0, -1)} "${value}"`;
  }
  return null;
}
