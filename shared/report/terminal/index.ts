/**
 * A result on the terminal: per experiment the question, the variants, the claims; last, the verdict in one line.
 *
 * Pure: the caller knows the stream's width and whether it takes colour. Read next: claim.ts, text-table.ts.
 */
import { UsageError } from '@backend-labs/experiment/engine';
import type { ExperimentResult, Result } from '@backend-labs/experiment/result';
import { formatDuration, formatMoment } from '../numbers.ts';
import { absentSentence, formatCell, variantTable } from '../variant-table.ts';
import { allClaims, failures, verdictLabel, verdictSentence, workloadSentence } from '../wording.ts';
import { claimLines, explainLines } from './claim.ts';
import { type Paint, painter, plain, VERDICT_STYLE, wrap } from './style.ts';
import { renderTable } from './text-table.ts';

export interface TerminalOptions {
  colour: boolean;
  /** Columns. Text is wrapped to it; a table that does not fit is turned. */
  width: number;
  /** Show only this claim, in full. */
  explain?: string;
}

/** The text, ending in a newline. Throws UsageError if `explain` names no claim of the result. */
export function renderTerminal(result: Result, options: TerminalOptions): string {
  const width = Math.max(40, options.width);
  const paint = painter(options.colour);
  const body =
    options.explain === undefined
      ? result.experiments.flatMap((experiment) => experimentLines(experiment, width, paint))
      : explained(result, options.explain, width, paint);
  return `${[...heading(result, width, paint), ...body, ...ending(result, width, paint)].join('\n')}\n`;
}

function heading(result: Result, width: number, paint: Paint): string[] {
  const profile = `${result.profile} profile, seed ${result.seed}`;
  const about = `${profile}, ${formatMoment(result.startedAt)}, took ${formatDuration(result.durationMs)}`;
  return [...wrap(plain(result.question), width, `${paint('bold', plain(result.lab))}  `), paint('dim', about), ''];
}

function experimentLines(experiment: ExperimentResult, width: number, paint: Paint): string[] {
  const table = variantTable(experiment);
  const rows = table.variants.map((name, column) => [
    name,
    ...table.rows.map((row) => formatCell(row.values[column] ?? [])),
  ]);
  const absent = absentSentence(table);
  return [
    ...wrap(plain(experiment.question), width, `${paint(['bold', 'underline'], plain(experiment.name))}  `),
    ...wrap(workloadSentence(experiment), width).map((line) => paint('dim', line)),
    '',
    ...(rows.length === 0
      ? ['No variant was run.']
      : renderTable({ head: ['variant', ...table.rows.map((row) => row.label)], rows }, width, paint)),
    ...(absent === null ? [] : wrap(absent, width).map((line) => paint('dim', line))),
    '',
    ...failures(experiment).flatMap((line) => wrap(plain(line), width, paint(['yellow', 'bold'], '! '))),
    ...(failures(experiment).length > 0 ? [''] : []),
    ...experiment.claims.flatMap((claim) => [...claimLines(claim, { paint, width }), '']),
  ];
}

function explained(result: Result, id: string, width: number, paint: Paint): string[] {
  for (const experiment of result.experiments) {
    const claim = experiment.claims.find((one) => one.id === id);
    if (claim !== undefined) return [...explainLines(experiment, claim, { paint, width }), ''];
  }
  const known = allClaims(result).map((claim) => claim.id);
  throw new UsageError(`${result.lab} has no claim "${id}" in this result. It has: ${known.join(', ') || 'none'}.`);
}

function ending(result: Result, width: number, paint: Paint): string[] {
  const label = paint([VERDICT_STYLE[result.verdict], 'bold'], verdictLabel(result.verdict));
  return wrap(verdictSentence(result), Math.max(width, 60), `${label}  `);
}
