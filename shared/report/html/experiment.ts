/** One experiment of the report: question, claims, variants, charts, self-checks, faults. */
import type { ExperimentResult, VariantResult } from '@backend-labs/experiment/result';
import { formatNumber } from '../numbers.ts';
import { drawablePlots } from '../plot/index.ts';
import { absentSentence, formatCell, variantTable } from '../variant-table.ts';
import { failures, runName, workloadSentence } from '../wording.ts';
import { claimCard } from './claim.ts';
import { html, type Markup, trusted } from './markup.ts';

/** The section. `plots` are SVG texts of this program by file name; one that is missing is left out. */
export function experimentSection(experiment: ExperimentResult, plots: Record<string, string>): Markup {
  const wrong = failures(experiment);
  return html`<section id="experiment-${experiment.name}">
<h2>${experiment.name}</h2>
<p>${experiment.question}</p>
<p class="quiet">${workloadSentence(experiment)}.</p>
${wrong.length === 0 ? null : html`<div class="notice"><p><strong>This run doubts itself.</strong></p>${wrong.map((line) => html`<p>${line}</p>`)}</div>`}
<h3>Claims</h3>
${experiment.claims.map(claimCard)}
<h3>Variants</h3>
${variantsTable(experiment)}
${charts(experiment, plots)}
<h3>Self-checks</h3>
${selfChecks(experiment)}
<h3>Faults</h3>
${faults(experiment)}
${parameters(experiment)}
</section>
`;
}

function variantsTable(experiment: ExperimentResult): Markup {
  const table = variantTable(experiment);
  const absent = absentSentence(table);
  const rows = table.rows.map((row, index) => {
    const first = index > 0 && table.rows[index - 1]?.kind !== row.kind ? 'first' : '';
    return html`<tr class="${first}"><th scope="row">${row.label}</th>${row.values.map((cell) => html`<td>${formatCell(cell)}</td>`)}</tr>
`;
  });
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Variants of ${experiment.name}"><table class="numbers">
<thead><tr><th scope="col">variant</th>${table.variants.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></div>
${absent === null ? null : html`<p class="quiet">${absent}</p>`}`;
}

function charts(experiment: ExperimentResult, plots: Record<string, string>): Markup | null {
  const drawn = drawablePlots(experiment).flatMap(({ fileName }) => plots[fileName] ?? []);
  if (drawn.length === 0) return null;
  const repeated = experiment.variants.some((variant) => variant.repeat > 1);
  return html`<h3>Over time</h3>
<p class="quiet">Shaded: while a fault was in effect${repeated ? '. Drawn: the first repeat' : ''}.</p>
${drawn.map(
  (svg) => html`<figure>${trusted(svg)}</figure>
`,
)}`;
}

function selfChecks(experiment: ExperimentResult): Markup {
  const all = experiment.variants.flatMap((variant) => variant.selfChecks.map((check) => ({ variant, check })));
  if (all.length === 0) return html`<p class="quiet">None were made.</p>`;
  const failed = all.filter(({ check }) => !check.ok).length;
  const said = (value: number | string) => (typeof value === 'number' ? formatNumber(value) : value);
  const rows = all.map(
    ({
      variant,
      check,
    }) => html`<tr><th scope="row">${check.name}</th><td>${runName(experiment, variant)}</td><td>${said(check.expected)}</td><td>${said(check.measured)}</td><td>${check.ok ? '✔ ok' : html`<strong class="alarm">✘ failed</strong>`}</td></tr>
`,
  );
  return html`<details${failed > 0 ? html` open` : null}>
<summary>${failed === 0 ? `All ${all.length} passed` : `${failed} of ${all.length} failed`}</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Self-checks of ${experiment.name}"><table>
<thead><tr><th scope="col">check</th><th scope="col">variant</th><th scope="col">expected</th><th scope="col">measured</th><th scope="col">verdict</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
</details>`;
}

function faults(experiment: ExperimentResult): Markup {
  const all = experiment.variants.flatMap((variant) => variant.timeline.map((entry) => ({ variant, entry })));
  if (all.length === 0) return html`<p class="quiet">None were injected.</p>`;
  const ms = (value: number | null) => (value === null ? 'never' : formatNumber(Math.round(value)));
  const rows = all.map(
    ({
      variant,
      entry,
    }) => html`<tr><th scope="row">${entry.fault}</th><td>${runName(experiment, variant)}</td><td>${entry.trigger}</td><td>${ms(entry.askedAtMs)}</td><td>${ms(entry.effectiveAtMs)}</td><td>${ms(entry.healAskedAtMs)}</td><td>${ms(entry.healedAtMs)}</td></tr>
`,
  );
  return html`<details>
<summary>${all.length} injected: when each was asked for, took effect and was healed</summary>
<div class="scroll" tabindex="0" role="region" aria-label="Faults of ${experiment.name}"><table>
<thead><tr><th scope="col">fault</th><th scope="col">variant</th><th scope="col">trigger</th><th scope="col">asked, ms</th><th scope="col">effective, ms</th><th scope="col">heal asked, ms</th><th scope="col">healed, ms</th></tr></thead>
<tbody>
${rows}</tbody></table></div>
${neverHealed(experiment.variants)}
</details>`;
}

function neverHealed(variants: readonly VariantResult[]): Markup | null {
  const open = variants.flatMap((variant) => variant.timeline).filter((entry) => entry.healedAtMs === null).length;
  return open === 0 ? null : html`<p class="alarm">${open} not seen healed.</p>`;
}

function parameters(experiment: ExperimentResult): Markup | null {
  const entries = Object.entries(experiment.parameters);
  if (entries.length === 0) return null;
  return html`<h3>Parameters</h3>
<dl class="facts">${entries.map(([name, value]) => html`<dt>${name}</dt><dd>${formatNumber(value)}</dd>`)}</dl>`;
}
