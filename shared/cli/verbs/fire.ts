/**
 * `./lab fire URL`: the experiments' own generator against any url.
 *
 * The first Ctrl-C stops sending and prints what was measured so far, the second leaves at once; either way the
 * generator's process is gone with this one. Read next: ../fire/options.ts, ../fire/result.ts.
 */
import { EXIT, type ExitCode } from '@backend-labs/experiment/engine';
import {
  describeLoad,
  type LoadGenerator,
  type LoadPlan,
  type LoadProgress,
  type LoadReport,
  scheduleOf,
  startGenerator,
} from '@backend-labs/load';
import type { Command } from 'commander';
import { type FireFlags, isLoopback, planOf } from '../fire/options.ts';
import { variantOf } from '../fire/result.ts';
import { temporaryFolder } from '../fire/temporary-folder.ts';

const PROGRESS_EVERY_MS = 1000;

export function register(program: Command): void {
  program
    .command('fire <URL>')
    .description("send an open-model load to a url with the experiments' own generator")
    .option('--rate <n>', 'operations per second', '100')
    .option('--duration <time>', 'how long to send, such as 500ms, 10s, 2m', '10s')
    .option('--arrivals <process>', 'constant or poisson', 'constant')
    .option('--timeout <time>', 'the client gives up after', '2s')
    .option('--seed <n>', 'seed of the schedule', '1')
    .option('--method <verb>', 'HTTP method (default: GET, POST with a body)')
    .option('--header <name:value>', 'a header of every request; may be given again', collect, [])
    .option('--body <text>', 'body of every request')
    .option('--json', "print JSON in the shape of a variant's result")
    .addHelpText(
      'after',
      `
Latency counts from the time a request was meant to start, so a stall shows as what users would wait.
A request is ok at 2xx and 3xx, rejected at 429 or 503 with Retry-After, lost if its connection was cut unanswered.
{id} in the path or query stands for the number of the request, from 0.

Examples:
  ./lab fire http://127.0.0.1:3000/ --rate 200 --duration 10s
  ./lab fire http://127.0.0.1:3000/orders --rate 50 --arrivals poisson --body '{"id":1}' --header content-type:application/json
  ./lab fire http://127.0.0.1:3000/ --json > fire.json

Exit codes: 0 measured · 2 wrong call · 3 this client could not keep its schedule · 4 nothing answers · 130 interrupted`,
    )
    .action(fire);
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

async function fire(url: string, flags: FireFlags): Promise<void> {
  const plan = planOf(url, flags);
  const scheduled = scheduleOf(plan).length;
  if (!isLoopback(url)) note(`${new URL(url).host} is not this machine: send load only to hosts that are yours.`);
  await using folder = await temporaryFolder('fire');
  const { report, isInterrupted } = await send(plan, folder.path);
  if (report === null) {
    process.exitCode = EXIT.interrupted;
    return;
  }
  const silence = whyNothingAnswered(report);
  const error = isInterrupted ? 'interrupted' : silence === null ? null : `nothing answers (${silence})`;
  const variant = variantOf(plan, report, { scheduled: isInterrupted ? report.counts.intended : scheduled, error });
  process.stdout.write(flags.json ? `${JSON.stringify(variant, null, 2)}\n` : `${describeLoad(plan, report)}\n`);
  const { counts } = report;
  if (silence !== null) note(`Nothing answers at ${url}: ${counts.failed} of ${counts.intended} failed (${silence}).`);
  if (isInterrupted) note('Interrupted: these are the numbers up to then.');
  const isTrustworthy = variant.selfChecks.every((check) => check.ok);
  process.exitCode = exitCodeOf(isInterrupted, silence !== null, isTrustworthy);
}

function exitCodeOf(isInterrupted: boolean, isSilent: boolean, isTrustworthy: boolean): ExitCode {
  if (isInterrupted) return EXIT.interrupted;
  if (isSilent) return EXIT.missing;
  return isTrustworthy ? EXIT.ok : EXIT.inconclusive;
}

/** Runs the plan. `report` is null when it was interrupted before there was anything to report. */
async function send(plan: LoadPlan, folder: string): Promise<{ report: LoadReport | null; isInterrupted: boolean }> {
  const leave = new AbortController();
  let generator: LoadGenerator | undefined;
  let isRunning = false;
  let isInterrupted = false;
  const interrupt = () => {
    if (isRunning && !isInterrupted) generator?.abort();
    else leave.abort(new Error('interrupted'));
    isInterrupted = true;
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  const progress = progressOn(process.stderr);
  try {
    generator = await startGenerator(plan, { folder, signal: leave.signal, onProgress: progress.show });
    isRunning = true;
    return { report: await generator.run(), isInterrupted };
  } catch (error) {
    if (leave.signal.aborted) return { report: null, isInterrupted: true };
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
    progress.end();
    await generator?.[Symbol.asyncDispose]();
  }
}

/** Once a second: on a terminal one line that is rewritten, elsewhere a line each. */
function progressOn(stream: NodeJS.WriteStream): { show(progress: LoadProgress): void; end(): void } {
  let shownAtMs = 0;
  const clear = () => {
    if (stream.isTTY) stream.write('\r\u001b[2K');
  };
  return {
    show({ atMs, sent, intended, inFlight, ok }) {
      if (atMs - shownAtMs < PROGRESS_EVERY_MS) return;
      shownAtMs = atMs;
      clear();
      const text = `${(atMs / 1000).toFixed(0)} s: ${sent} of ${intended} sent, ${ok} ok, ${inFlight} in flight`;
      stream.write(stream.isTTY ? text : `${text}\n`);
    },
    end: clear,
  };
}

/** The error codes of a run in which no operation got as far as a connection; null otherwise. */
function whyNothingAnswered({ counts, reasons }: LoadReport): string | null {
  const ended = counts.intended - counts.inFlight;
  if (ended === 0 || counts.failed !== ended) return null;
  const codes = Object.keys(reasons);
  return codes.every((code) => /^E[A-Z_]+$/.test(code)) ? codes.join(', ') : null;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
