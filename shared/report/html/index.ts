/**
 * The report: one HTML file that needs nothing else, no script, no request.
 *
 * The content security policy in the head forbids both, so that a text which slipped through could still do nothing.
 * Invariant: the same result and charts give the same bytes. Read next: experiment.ts, claim.ts, style.ts.
 */
import type { Result } from '@backend-labs/experiment/result';
import { formatDuration, formatMoment } from '../numbers.ts';
import { commandOf, machineSentence, sourcesSentence, verdictSentence, versionsSentence } from '../wording.ts';
import { badge } from './claim.ts';
import { experimentSection } from './experiment.ts';
import { html, type Markup, trusted } from './markup.ts';
import { STYLE } from './style.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** The whole file. `plots`: SVG texts by file name, as `renderPlots` gives them. */
export function renderHtml(result: Result, plots: Record<string, string>): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${result.lab}: ${result.verdict}</title>
<link rel="icon" href="data:,">
<style>${trusted(STYLE)}</style>
</head>
<body>
<header>
<p class="kicker">${result.lab}</p>
<h1>${result.question}</h1>
<div class="overall">${badge(result.verdict)}<p>${capitalised(verdictSentence(result))}.</p></div>
<p class="quiet">${formatMoment(result.startedAt)}, ${result.profile} profile, took ${formatDuration(result.durationMs)}. Repeat it: <code>${commandOf(result)}</code></p>
<nav aria-label="Sections"><ul class="contents">
${result.experiments.map((experiment) => html`<li><a href="#experiment-${experiment.name}">${experiment.name}</a></li>`)}
<li><a href="#run">This run</a></li><li><a href="#verdicts">How to read a verdict</a></li>
</ul></nav>
</header>
<main>
${result.experiments.map((experiment) => experimentSection(experiment, plots))}
${environment(result)}
${legend()}
</main>
<footer><p>Result format 1. The same numbers as JSON: <code>result.json</code> beside this file.</p></footer>
</body>
</html>
`.text;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function environment(result: Result): Markup {
  const provided = Object.entries(result.provider).map(([name, provider]) => `${name}: ${provider}`);
  const rows: [string, string][] = [
    ['Machine', machineSentence(result)],
    ['Versions', versionsSentence(result)],
    ['Servers', provided.length === 0 ? 'none needed' : provided.join(', ')],
    ['Seed', String(result.seed)],
    ['Sources', sourcesSentence(result)],
  ];
  return html`<section id="run">
<h2>This run</h2>
<dl class="facts">${rows.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}</dl>
</section>
`;
}

function legend(): Markup {
  return html`<section id="verdicts">
<h2>How to read a verdict</h2>
<dl class="facts">
<dt>${badge('holds')}</dt><dd>The property held on the variant, and failed on the control in the same run. It says so of this run, on this machine.</dd>
<dt>${badge('refuted')}</dt><dd>The property failed on the variant. The evidence names the operations or readings.</dd>
<dt>${badge('inconclusive')}</dt><dd>Nothing can be said: a self-check failed, there were too few chances, or the control passed.</dd>
<dt>${badge('skipped')}</dt><dd>It could not be run here; the reason says why.</dd>
</dl>
<p>A <strong>control</strong> is a variant on which the same check must fail. If it passes, the check can’t tell good from bad, and the experiment proves nothing.</p>
<p>A <strong>prediction</strong> follows from the experiment’s own parameters, and was stated before anything was measured.</p>
<p><strong>Chances</strong> are the independent times that the forbidden thing could have happened. None seen is not none possible, so the bound says how frequent it may still be.</p>
</section>
`;
}
