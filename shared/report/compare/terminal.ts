/** A comparison on the terminal: what makes it doubtful, then the verdicts, then the numbers. */
import { formatNumber, formatSpread } from '../numbers.ts';
import { painter, plain, VERDICT_STYLE, wrap } from '../terminal/style.ts';
import { renderTable } from '../terminal/text-table.ts';
import { verdictLabel } from '../wording.ts';
import type { ComparedClaim, ComparedRow, Comparison } from './index.ts';

export interface ComparisonOptions {
  colour: boolean;
  width: number;
  /** What A and B are, usually their file names. */
  names: { a: string; b: string };
}

const HEAD = ['', 'A', 'B', 'B − A', 'B / A', ''];

/** The text, ending in a newline. */
export function renderComparison(comparison: Comparison, options: ComparisonOptions): string {
  const paint = painter(options.colour);
  const width = Math.max(40, options.width);
  const { circumstances, claims, variants } = comparison;
  const changed = claims.filter((claim) => claim.changed);
  const lines = [
    `${paint('bold', plain(comparison.lab))}  A: ${plain(options.names.a)}  B: ${plain(options.names.b)}`,
    '',
    ...(circumstances.length === 0
      ? ['Same sources, machine, versions, seed and profile.']
      : [
          paint(['yellow', 'bold'], 'These differ too, so the comparison may mean nothing:'),
          ...circumstances.flatMap(({ what, a, b }) => wrap(plain(`${what}: A ${a}, B ${b}`), width, '  ')),
        ]),
    '',
    paint('bold', changed.length === 0 ? `No verdict changed (${claims.length} compared).` : 'Verdicts that changed:'),
    ...changed.flatMap((claim) => changedLines(claim, width, paint)),
    ...variants.flatMap(({ experiment, variant, onlyIn, rows }) => [
      '',
      `${paint('bold', plain(variant))} ${paint('dim', `in ${plain(experiment)}`)}`,
      ...(onlyIn === null ? [] : [`only in ${onlyIn.toUpperCase()}`]),
      ...(onlyIn === null ? renderTable({ head: HEAD, rows: rows.map(cells) }, width, paint) : []),
    ]),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function changedLines(claim: ComparedClaim, width: number, paint: ReturnType<typeof painter>): string[] {
  const side = (one: ComparedClaim['a'], name: string) => {
    if (one === null) return [`    ${name} not in this result`];
    const control = one.controlVerdict === 'refuted' ? '' : `; its control: ${one.controlVerdict}`;
    const badge = paint(VERDICT_STYLE[one.verdict], verdictLabel(one.verdict));
    return wrap(`${plain(one.measured)}${control}`, width, `    ${name} ${badge}  `);
  };
  return [
    `  ${plain(claim.id)} ${paint('dim', `in ${plain(claim.experiment)}`)}`,
    ...side(claim.a, 'A'),
    ...side(claim.b, 'B'),
  ];
}

function cells(row: ComparedRow): string[] {
  const side = (value: ComparedRow['a']) =>
    value === null ? '–' : typeof value === 'string' ? value : formatSpread(value);
  const signed = row.difference === null ? '–' : `${row.difference > 0 ? '+' : ''}${formatNumber(row.difference)}`;
  const ratio = row.ratio === null ? '–' : `× ${formatNumber(row.ratio)}`;
  const same = row.difference === 0 ? '' : 'ranges overlap';
  return [row.label, side(row.a), side(row.b), signed, ratio, row.overlap === true ? same : ''];
}
