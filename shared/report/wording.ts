/**
 * How a result is said in words: the same sentence in the terminal, in Markdown and in HTML.
 *
 * Invariant: a verdict is never said by colour or by a mark alone. Pure. Read next: terminal/, markdown/, html/.
 */
import type {
  ClaimResult,
  ExperimentResult,
  Result,
  SelfCheck,
  VariantResult,
  Verdict,
} from '@backend-labs/experiment/result';
import { formatBytes, formatDuration, formatNumber, formatPercent } from './numbers.ts';

export const VERDICT_MARK: Record<Verdict, string> = { holds: '✔', refuted: '✘', inconclusive: '?', skipped: '–' };

/** "✔ holds" */
export function verdictLabel(verdict: Verdict): string {
  return `${VERDICT_MARK[verdict]} ${verdict}`;
}

/** For a property that describes one variant and that nobody else's has to have: no mark, no alarm. */
export function characteristicLabel(verdict: Verdict): string {
  if (verdict === 'holds') return '· so here too';
  return verdict === 'refuted' ? '· not so here' : `· ${verdict}`;
}

/** What the control's verdict means. `refuted` is what it must be. */
export function controlMeaning(verdict: Verdict): string {
  if (verdict === 'refuted') return 'fails as it must';
  if (verdict === 'holds') return 'PASSED: the experiment proves nothing';
  return verdict === 'skipped' ? 'not run' : 'could not be judged';
}

/** How often the forbidden thing could have happened, and what having seen it so often says. Null without chances. */
export function chancesSentence(claim: ClaimResult): string | null {
  if (claim.chances === null) return null;
  const { count, occurrences, upperBound95 } = claim.chances;
  const seen = `${formatNumber(occurrences)} seen in ${formatNumber(count)} ${count === 1 ? 'chance' : 'chances'}`;
  return `rate at most ${formatPercent(upperBound95)} (95 % upper bound, ${seen})`;
}

/** The measured value over repeats. Null for a single run. */
export function spreadSentence(claim: ClaimResult): string | null {
  if (claim.spread === null) return null;
  const { unit, min, median, max, repeats } = claim.spread;
  if (formatNumber(min) === formatNumber(max)) return `the same in ${repeats} repeats`;
  const range = `median ${formatNumber(median)}, ${formatNumber(min)} to ${formatNumber(max)}`;
  return `${range}${unit === '' ? '' : ` ${unit}`} over ${repeats} repeats`;
}

/** "20 operations/s, Poisson arrivals, for 10 s; the client gives up after 2 s; seed 1" */
export function workloadSentence({ workload }: ExperimentResult): string {
  const arrivals = workload.arrivals === 'poisson' ? 'Poisson' : 'constant';
  const rate = `${formatNumber(workload.ratePerSecond)} operations/s, ${arrivals} arrivals`;
  const end = `the client gives up after ${formatDuration(workload.timeoutMs)}; seed ${workload.seed}`;
  return `${rate}, for ${formatDuration(workload.durationMs)}; ${end}`;
}

/** A variant's name, with the repeat where there are several. */
export function runName(experiment: ExperimentResult, variant: VariantResult): string {
  const repeated = experiment.variants.some((other) => other.name === variant.name && other.repeat !== variant.repeat);
  return repeated ? `${variant.name}, repeat ${variant.repeat}` : variant.name;
}

/** What went wrong in an experiment's runs: variants that did not end, self-checks that failed. */
export function failures(experiment: ExperimentResult): string[] {
  return experiment.variants.flatMap((variant) => {
    const name = runName(experiment, variant);
    const failed = variant.selfChecks.filter((check) => !check.ok);
    return [
      ...(variant.error === null ? [] : [`${name} did not run to its end: ${variant.error}`]),
      ...failed.map((check) => `${name}: self-check failed: ${selfCheckSentence(check)}`),
    ];
  });
}

/** "conservation: expected 100, measured 99" */
export function selfCheckSentence(check: SelfCheck): string {
  const said = (value: number | string) => (typeof value === 'number' ? formatNumber(value) : value);
  return `${check.name}: expected ${said(check.expected)}, measured ${said(check.measured)}`;
}

/** All claims of a result, experiment by experiment. */
export function allClaims(result: Result): ClaimResult[] {
  return result.experiments.flatMap((experiment) => experiment.claims);
}

const COUNTED: [Verdict, string, string][] = [
  ['holds', 'claim holds', 'claims hold'],
  ['refuted', 'is refuted', 'are refuted'],
  ['inconclusive', 'is inconclusive', 'are inconclusive'],
  ['skipped', 'was skipped', 'were skipped'],
];

/** The whole result in one sentence, without its verdict: "2 claims hold, 1 is refuted; ...". */
export function verdictSentence(result: Result): string {
  const claims = allClaims(result).filter((claim) => claim.decides);
  const aside = allClaims(result).length - claims.length;
  const counts = COUNTED.flatMap(([verdict, one, many]) => {
    const count = claims.filter((claim) => claim.verdict === verdict).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : many}`];
  });
  const judged = claims.filter((claim) => claim.verdict !== 'skipped');
  const passed = judged.filter((claim) => claim.controlVerdict === 'holds').map((claim) => claim.id);
  const sentences = [counts.join(', ') || 'no claim was judged'];
  if (passed.length > 0) sentences.push(`the control of ${passed.join(', ')} PASSED, which proves nothing`);
  else if (judged.length > 0 && judged.every((claim) => claim.controlVerdict === 'refuted')) {
    sentences.push('every control failed as it must');
  }
  if (aside > 0)
    sentences.push(
      `${aside} more ${aside === 1 ? 'describes' : 'describe'} and ${aside === 1 ? 'does' : 'do'} not decide`,
    );
  if (result.interrupted) sentences.push('the run was interrupted, so this is not all of it');
  return sentences.join('; ');
}

/** The call that repeats this run, or the part of it that is one experiment. For a shell at the workspace. */
export function commandOf(result: Result, experiment = result.asked?.experiment ?? null): string {
  const { variant = null, mutants = false, stack = null, repeats = mostRepeats(result) } = result.asked ?? {};
  const parts = ['./lab run', result.lab];
  if (experiment !== null) parts.push('--experiment', shellWord(experiment));
  if (variant !== null) parts.push('--variant', shellWord(variant));
  if (mutants) parts.push('--mutants');
  if (result.profile === 'quick') parts.push('--quick');
  if (result.seed !== 1) parts.push('--seed', String(result.seed));
  if (repeats > 1) parts.push('--repeat', String(repeats));
  if (stack !== null) parts.push('--stack', shellWord(stack));
  return parts.join(' ');
}

/** For results that do not say what was asked for: as many as any variant was run. */
function mostRepeats({ experiments }: Result): number {
  return Math.max(1, ...experiments.flatMap(({ variants }) => variants.map(({ repeat }) => repeat)));
}

/** One word for a POSIX shell: a reader's file may have a space in its path. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** "node v26.0.0, redis 8.2" */
export function versionsSentence(result: Result): string {
  return Object.entries(result.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** "2 cores of Some CPU, 7.8 GiB, Linux 6.1" */
export function machineSentence({ machine }: Result): string {
  const cores = `${machine.cores} ${machine.cores === 1 ? 'core' : 'cores'} of ${machine.cpu}`;
  return `${cores}, ${formatBytes(machine.memoryBytes)}, ${machine.os}`;
}

/** The sources a run read: commit, hash, and whether something was not committed. */
export function sourcesSentence(result: Result): string {
  const commit = result.commit === null ? 'no commit' : `commit ${result.commit.slice(0, 12)}`;
  const dirty = result.sources.dirty ? ', with changes that were not committed' : '';
  return `${commit}, sources ${result.sources.hash.slice(0, 12)}${dirty}`;
}
