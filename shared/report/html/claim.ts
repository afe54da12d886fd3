/** One claim as a card: the verdict, the prediction, then what was measured, then what stands behind it. */
import type { ClaimResult, Verdict } from '@backend-labs/experiment/result';
import { chancesSentence, characteristicLabel, controlMeaning, spreadSentence, verdictLabel } from '../wording.ts';
import { html, type Markup } from './markup.ts';

/** A verdict as a pill: mark, word and colour. */
export function badge(verdict: Verdict): Markup {
  return html`<span class="badge ${verdict}">${verdictLabel(verdict)}</span>`;
}

function row(label: string, value: Markup | string, style = ''): Markup {
  return html`<dt>${label}</dt><dd class="${style}">${value}</dd>`;
}

/** The card. Its details are open where the verdict needs explaining. */
export function claimCard(claim: ClaimResult): Markup {
  const chances = chancesSentence(claim);
  const spread = spreadSentence(claim);
  const unjudged = claim.verdict === 'skipped' && claim.controlVerdict === 'skipped';
  const control = html`${claim.controlMeasured} <span class="${claim.controlVerdict === 'holds' ? 'alarm' : 'quiet'}">(${controlMeaning(claim.controlVerdict)})</span>`;
  return html`<article class="claim" id="claim-${claim.id}">
<header>${claim.decides ? badge(claim.verdict) : html`<span class="badge skipped">${characteristicLabel(claim.verdict)}</span>`}<span class="id">${claim.id}</span>${claim.decides ? null : html`<span class="quiet">describes, does not decide</span>`}</header>
<h4>${claim.statement}</h4>
<dl class="facts">
${row('Predicted', claim.predicted)}
${row('Measured', html`${claim.measured} <span class="quiet">(${claim.variant})</span>`, unjudged ? '' : 'strong')}
${unjudged ? null : row(`Control: ${claim.control}`, control)}
${chances === null ? null : row('Chances', chances)}
${spread === null ? null : row('Spread', spread)}
${claim.reason === null ? null : row('Reason', claim.reason)}
</dl>
<details${claim.verdict === 'refuted' && claim.decides ? html` open` : null}>
<summary>${claim.evidence.length === 0 ? 'Property' : `Property and evidence (${claim.evidence.length})`}</summary>
<p>${claim.property}</p>
${
  claim.evidence.length === 0
    ? html`<p class="quiet">No single readings were kept: the numbers above are all there is.</p>`
    : html`<ul class="evidence">${claim.evidence.map((one) => html`<li><code>${one}</code></li>`)}</ul>`
}
</details>
</article>
`;
}
