/** `./lab logs LAB [NAME]`: what the services and servers of a lab that is up have printed. Read next: ../up/log-files.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, UsageError } from '@backend-labs/experiment/engine';
import { type Command, InvalidArgumentError } from 'commander';
import { labNames } from '../labs.ts';
import { requireName } from '../nearest.ts';
import { KEEPER, type LogFile, LogReader, logFilesOf } from '../up/log-files.ts';
import { labsOnDisk, onDisk } from '../up/up-folder.ts';

const POLL_MS = 100;

interface LogFlags {
  follow?: true;
  lines: number;
}

export function register(program: Command): void {
  program
    .command('logs LAB [NAME]')
    .description('the last lines of what is up')
    .option('--follow', 'go on with what is added, until Ctrl-C or down')
    .option('--lines <n>', 'how many last lines of each log', lineCount, 20)
    .addHelpText(
      'after',
      `
Examples:
  ./lab logs redis-lock
  ./lab logs redis-lock redis-1 --lines 100
  ./lab logs redis-lock --follow`,
    )
    .action(logs);
}

function lineCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  return Number(text);
}

async function logs(typed: string, typedName: string | undefined, { follow, lines }: LogFlags): Promise<void> {
  const lab = requireName('lab', typed, [...new Set([...labNames(), ...labsOnDisk().map((one) => one.lab)])]);
  const up = onDisk(lab);
  if (up === null) throw new UsageError(`${lab} is not up, so there are no logs of it. ./lab up ${lab} starts it.`);
  const found = logFilesOf(up.folder);
  const names = found.map(({ name }) => name);
  const name = typedName === undefined ? null : requireName(`log of ${lab}`, typedName, names);
  // The keeper's own is for who asks for it: what a lab does stands in the others.
  const wanted = found.filter((log) => (name === null ? log.name !== KEEPER : log.name === name));
  const show = printer(wanted);
  const readers = wanted.map((log) => ({ log, reader: new LogReader(log.file) }));
  for (const { log, reader } of readers) {
    const all = reader.newLines();
    show(log, lines === 0 ? [] : all.slice(-lines));
  }
  if (readers.every(({ reader }) => reader.isEmpty)) process.stderr.write('Nothing was printed yet.\n');
  if (follow) await followUntilDone(() => onDisk(lab) !== null, readers, show);
}

/** Prints lines with the name of whose they are, the names under each other. */
function printer(logFiles: readonly LogFile[]): (log: LogFile, lines: readonly string[]) => void {
  const width = Math.max(0, ...logFiles.map(({ name }) => name.length));
  return ({ name }, lines) => {
    if (lines.length > 0) process.stdout.write(lines.map((line) => `${name.padEnd(width)} | ${line}\n`).join(''));
  };
}

/** Ends by Ctrl-C (130), when the lab is down, or when nobody reads any more. */
async function followUntilDone(
  isThere: () => boolean,
  readers: readonly { log: LogFile; reader: LogReader }[],
  show: (log: LogFile, lines: readonly string[]) => void,
): Promise<void> {
  const over = new AbortController();
  const interrupt = () => {
    process.exitCode = EXIT.interrupted;
    over.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, interrupt);
  process.stdout.once('error', () => over.abort());
  while (!over.signal.aborted && isThere()) {
    for (const { log, reader } of readers) show(log, reader.newLines());
    await delay(POLL_MS, undefined, { signal: over.signal }).catch(() => {});
  }
}
