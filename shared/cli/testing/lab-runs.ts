/**
 * Runs a lab the way a person would, in a process of its own, and turns the verdicts into tests.
 *
 * Through the command line and not a function call: what is tested is what the README tells people to type.
 */
import { parseResult, type Result } from '@backend-labs/experiment/result';
import { runSelf } from '../child.ts';
import {
  type ClaimTest,
  claimTests,
  describeClaimTest,
  type Expected,
  experimentsToRepeat,
  settle,
} from './claim-tests.ts';
import { one, sum, type Tally } from './tally.ts';

/** One way to run a lab: its arguments after `run LAB`, and the verdict that each claim must get. */
export interface LabRun {
  lab: string;
  args: readonly string[];
  expected: Expected;
}

/** What `./lab test` runs of a lab: the quick profile; with `all` every experiment and every mutant. */
export function runsOf(lab: string, all: boolean): LabRun[] {
  const quick: LabRun = { lab, args: all ? ['--experiment', 'all', '--quick'] : ['--quick'], expected: 'holds' };
  return all ? [quick, { lab, args: ['--experiment', 'all', '--mutants', '--quick'], expected: 'refuted' }] : [quick];
}

/** Runs it, repeats the inconclusive experiments once, shows each claim, and counts. */
export async function testLab(
  run: LabRun,
  folder: string,
  signal: AbortSignal,
  show: (line: string) => void,
): Promise<Tally> {
  const first = await measure(run, run.args, folder, signal);
  if (typeof first === 'string') {
    if (!signal.aborted) show(`FAIL  ${first}`);
    return one('failed');
  }
  let tests = first;
  const repeat = experimentsToRepeat(first);
  if (repeat.length > 0 && !signal.aborted) {
    for (const { experiment, claim } of first.filter((test) => test.status === 'again')) {
      show(`again ${experiment} / ${claim.id}: inconclusive: ${claim.reason ?? 'no reason given'}`);
    }
    show(`again ${repeat.join(', ')}: measured once more`);
    const second: ClaimTest[] = [];
    for (const name of repeat) {
      const others = withoutExperiment(run.args);
      const measured = await measure(run, ['--experiment', name, ...others], folder, signal);
      if (typeof measured === 'string') show(`      ${measured}`);
      else second.push(...measured);
    }
    tests = settle(first, second);
  }
  for (const test of tests) for (const line of describeClaimTest(test, run.expected)) show(line);
  return sum(tests.map(({ status }) => one(status === 'again' ? 'failed' : status)));
}

function withoutExperiment(args: readonly string[]): string[] {
  const at = args.indexOf('--experiment');
  return at < 0 ? [...args] : [...args.slice(0, at), ...args.slice(at + 2)];
}

/** One run: its claims as tests, or what kept it from having any. */
async function measure(
  run: LabRun,
  args: readonly string[],
  folder: string,
  signal: AbortSignal,
): Promise<ClaimTest[] | string> {
  const called = ['run', run.lab, ...args];
  // Its progress is the only thing that moves for many seconds, so stderr is shown as it comes.
  const end = await runSelf([...called, '--json', '--out', folder], {
    signal,
    deadlineMs: 1_800_000,
    capture: 'stdout',
    askWith: 'SIGINT',
  });
  const what = `./lab ${called.join(' ')}`;
  if (end.late) return `${what} did not end within 30 minutes`;
  const results = readResults(end.stdout, what);
  if (typeof results === 'string') return `${results} (it ended with code ${end.code}; what it said is above)`;
  if (results.some((result) => result.interrupted)) return `${what} was interrupted`;
  const tests = claimTests(results, run.expected);
  return tests.length > 0 ? tests : `${what} judged no claim (it ended with code ${end.code})`;
}

/** What `--json` printed: one result, or an array of them. Returns what is wrong with it otherwise. */
export function readResults(stdout: string, source: string): Result[] | string {
  if (stdout.trim() === '') return `${source} printed no result`;
  try {
    const printed = JSON.parse(stdout) as unknown;
    return (Array.isArray(printed) ? printed : [printed]).map((one) => parseResult(JSON.stringify(one), source));
  } catch (error) {
    return `${source} printed no usable result: ${(error as Error).message}`;
  }
}
