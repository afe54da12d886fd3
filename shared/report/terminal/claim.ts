/**
 * One claim on the terminal: in short below its experiment, or in full for `--explain`.
 *
 * Invariant: the prediction always stands before what was measured.
 */
import type { ClaimResult, ExperimentResult } from '@backend-labs/experiment/result';
import {
  chancesSentence,
  characteristicLabel,
  controlMeaning,
  runName,
  selfCheckSentence,
  spreadSentence,
  verdictLabel,
} from '../wording.ts';
import { type Paint, plain, VERDICT_STYLE, wrap } from './style.ts';

const LABEL_COLUMNS = 13;
/** More raw ids than this tell a reader nothing more; all of them are in the JSON. */
const MOST_EVIDENCE_LINES = 200;

export interface ClaimContext {
  paint: Paint;
  width: number;
}

/** The claim's lines, as they stand below the table of variants. */
export function claimLines(claim: ClaimResult, context: ClaimContext): string[] {
  const { paint } = context;
  const badge = claim.decides
    ? paint([VERDICT_STYLE[claim.verdict], 'bold'], verdictLabel(claim.verdict))
    : paint('bold', characteristicLabel(claim.verdict));
  const aside = claim.decides ? '' : paint('dim', '  describes, does not decide');
  return [
    `${badge}  ${paint('bold', plain(claim.id))}${aside}`,
    ...indented(wrap(plain(claim.statement), context.width - 2)),
    ...field('predicted', claim.predicted, context),
    ...field('measured', `${claim.variant}: ${claim.measured}`, context),
    ...(claim.verdict === 'skipped' && claim.controlVerdict === 'skipped' ? [] : controlField(claim, context)),
    ...optional('chances', chancesSentence(claim), context),
    ...optional('spread', spreadSentence(claim), context),
    ...optional('reason', claim.reason, context),
  ];
}

/** Everything the result knows of one claim. */
export function explainLines(experiment: ExperimentResult, claim: ClaimResult, context: ClaimContext): string[] {
  const { paint } = context;
  const involved = experiment.variants.filter(({ name }) => name === claim.variant || name === claim.control);
  const more = claim.evidence.length - MOST_EVIDENCE_LINES;
  return [
    ...claimLines(claim, context),
    ...field('property', claim.property, context),
    '',
    paint('bold', `Evidence (${claim.evidence.length})`),
    ...(claim.evidence.length === 0 ? ['  none was kept: the property is a number, and it stands above'] : []),
    ...claim.evidence.slice(0, MOST_EVIDENCE_LINES).flatMap((one) => wrap(plain(one), context.width, '  ')),
    ...(more > 0 ? [paint('dim', `  … and ${more} more: all are in the result's JSON`)] : []),
    '',
    paint('bold', 'Self-checks of the runs it rests on'),
    ...involved.flatMap((variant) => [
      `  ${plain(runName(experiment, variant))}`,
      ...(variant.error === null ? [] : wrap(plain(variant.error), context.width, '    ✘ did not run to its end: ')),
      ...variant.selfChecks.flatMap((check) => {
        const mark = check.ok ? paint('green', '✔') : paint('red', '✘ failed:');
        return wrap(plain(selfCheckSentence(check)), context.width, `    ${mark} `);
      }),
    ]),
  ];
}

function controlField(claim: ClaimResult, context: ClaimContext): string[] {
  const meaning = controlMeaning(claim.controlVerdict);
  const text = `${claim.control}: ${claim.controlMeasured} (${meaning})`;
  const lines = field('control', text, context);
  return claim.controlVerdict === 'holds' ? lines.map((line) => context.paint(['yellow', 'bold'], line)) : lines;
}

function field(label: string, text: string, { paint, width }: ClaimContext): string[] {
  return wrap(plain(text), width, `  ${paint('dim', label.padEnd(LABEL_COLUMNS - 2))}`);
}

function optional(label: string, text: string | null, context: ClaimContext): string[] {
  return text === null ? [] : field(label, text, context);
}

function indented(lines: string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
