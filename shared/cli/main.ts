/**
 * The command line's entry. `./lab` (the shell wrapper) execs it, so this process has the wrapper's pid.
 *
 * Invariant: the process ends by itself, never by process.exit: what was written to a pipe must arrive.
 * Read next: command-line.ts (arguments and errors), verb-list.ts (the verbs).
 */
import { runCommandLine } from './command-line.ts';
import { reportDefect } from './errors.ts';

// `./lab list | head` closes our stdout. That is no error: go on, quietly, to the end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}
process.on('uncaughtException', (error) => {
  // The one exception to the invariant: nobody knows what still runs after this.
  process.exit(reportDefect(error));
});

await runCommandLine(process.argv.slice(2));
