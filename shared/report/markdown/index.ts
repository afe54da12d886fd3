/**
 * The generated sections of READMEs, from a reference result.
 *
 * Invariant: no number in a README's generated section was typed by hand, and a prediction stands before what was
 * measured. Pure. Read next: sections.ts (how they get into a file).
 */
import type { ClaimResult, ExperimentResult, Result } from '@backend-labs/experiment/result';
import { formatDay } from '../numbers.ts';
import { drawablePlots } from '../plot/index.ts';
import { absentSentence, formatCell, variantTable } from '../variant-table.ts';
import {
  allClaims,
  chancesSentence,
  commandOf,
  controlMeaning,
  failures,
  machineSentence,
  runName,
  spreadSentence,
  verdictLabel,
  versionsSentence,
  workloadSentence,
} from '../wording.ts';
import { inline, table } from './text.ts';

/**
 * All sections that one result gives, by the name that stands in the marker:
 * `result`, `result EXPERIMENT`, and `claim ID` for each claim.
 */
export function renderMarkdown(result: Result): Record<string, string> {
  const several = result.experiments.length > 1;
  const sections: Record<string, string> = {
    result: [
      ...result.experiments.map(
        (experiment) => (several ? `**${inline(experiment.name)}**: ` : '') + experimentText(experiment),
      ),
      provenance(result, commandOf(result)),
    ].join('\n\n'),
  };
  for (const experiment of result.experiments) {
    const command = commandOf(result, experiment.name);
    sections[`result ${experiment.name}`] = `${experimentText(experiment)}\n\n${provenance(result, command)}`;
    for (const claim of experiment.claims) {
      sections[`claim ${claim.id}`] = claimText(claim, `${command} --explain ${claim.id}`);
    }
  }
  return sections;
}

function experimentText(experiment: ExperimentResult): string {
  const { variants, rows } = variantTable(experiment);
  const absent = absentSentence(variantTable(experiment));
  const measured = table(
    ['variant', ...variants.map(inline)],
    rows.map((row) => [inline(row.label), ...row.values.map((cell) => inline(formatCell(cell)))]),
    true,
  );
  const claims = table(
    ['claim', 'predicted', 'measured', 'control', 'verdict'],
    experiment.claims.map((claim) => [
      inline(claim.statement),
      inline(claim.predicted),
      inline(`${claim.variant}: ${measuredText(claim)}`),
      inline(`${claim.control}: ${controlText(claim)}`),
      verdictLabel(claim.verdict),
    ]),
  );
  const plots = drawablePlots(experiment).map(({ plot, fileName }) => `![${inline(plot.title)}](results/${fileName})`);
  const wrong = failures(experiment).map((line) => `> ${inline(line)}`);
  const workload = `${inline(experiment.question)} ${inline(workloadSentence(experiment))}.`;
  return [workload, measured, absent, ...wrong, claims, ...plots].filter((part) => part !== null).join('\n\n');
}

/** What was measured on the claimed variant, without its name. */
function measuredText(claim: ClaimResult): string {
  const more = [chancesSentence(claim), spreadSentence(claim), claim.verdict === 'holds' ? null : claim.reason];
  return [claim.measured, ...more].filter((part) => part !== null).join('; ');
}

function controlText(claim: ClaimResult): string {
  return `${claim.controlMeasured} (${controlMeaning(claim.controlVerdict)})`;
}

function claimText(claim: ClaimResult, command: string): string {
  return [
    `Predicted: ${inline(claim.predicted)}.`,
    `\`\`\`sh\n${command}\n\`\`\``,
    `Measured (${inline(claim.variant)}): ${inline(measuredText(claim))}. Control (${inline(claim.control)}): ${inline(controlText(claim))}.`,
    `Verdict: **${verdictLabel(claim.verdict)}**.`,
  ].join('\n\n');
}

function provenance(result: Result, command: string): string {
  const repeats = result.experiments.flatMap((experiment) =>
    experiment.variants.filter((variant) => runName(experiment, variant) !== variant.name),
  );
  const several =
    repeats.length === 0 ? '' : ' Numbers of several repeats: median (smallest–largest); plots show the first.';
  const run = `Run of ${formatDay(result.startedAt)}, ${result.profile} profile, seed ${result.seed}`;
  return `${run}: ${inline(machineSentence(result))}; ${inline(versionsSentence(result))}.${several}\n\n\`\`\`sh\n${command}\n\`\`\``;
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** The table of labs for the root README, in the order given. Each result's lab lives in labs/<lab>/. */
export function labsTable(results: readonly Result[]): string {
  const rows = results.map((result) => {
    const claim = allClaims(result).find((one) => one.id === result.headlineClaim);
    const headline =
      claim === undefined
        ? 'not part of the reference run'
        : `${sentence(claim.statement)} Measured: ${measuredText(claim)}. ${verdictLabel(claim.verdict)}`;
    return [`[${inline(result.lab)}](labs/${result.lab}/)`, inline(result.question), inline(headline)];
  });
  return table(['lab', 'question', 'headline result'], rows);
}
