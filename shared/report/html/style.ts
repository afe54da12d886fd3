/**
 * The report's style sheet: one column, system fonts, light and dark, readable at 320 px and on paper.
 *
 * Colour marks only what a badge or a word also says. The contrast of every text is at least 4.5:1 in both schemes.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #fbfbfa; --card: #ffffff; --text: #1c1d1f; --quiet: #5b6067; --line: #e2e3e5; --faint: #f3f3f2;
  --holds: #17692f; --holds-back: #e6f4ea; --refuted: #a61b1b; --refuted-back: #fcebea;
  --inconclusive: #7a5200; --inconclusive-back: #fdf3d9; --skipped: #555a61; --skipped-back: #eeeff0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #131416; --card: #1b1d20; --text: #e7e8ea; --quiet: #a2a8b0; --line: #33363b; --faint: #222529;
    --holds: #6fd08c; --holds-back: #16301f; --refuted: #ff9a92; --refuted-back: #3a1a19;
    --inconclusive: #f0c463; --inconclusive-back: #362a10; --skipped: #b3b8bf; --skipped-back: #2a2d31;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2.5rem 1.25rem 4rem; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
  -webkit-text-size-adjust: 100%;
}
header, main, footer { max-width: 58rem; margin: 0 auto; }
h1, h2, h3, h4 { line-height: 1.25; text-wrap: balance; }
h1 { font-size: clamp(1.6rem, 1.2rem + 2vw, 2.25rem); letter-spacing: -0.015em; margin: 0.25rem 0 1.25rem; }
h2 { font-size: 1.4rem; letter-spacing: -0.01em; margin: 3.5rem 0 0.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 2.25rem 0 0.75rem; color: var(--quiet); font-weight: 600; }
h4 { font-size: 1.0625rem; margin: 0; font-weight: 600; }
p { margin: 0.5rem 0; max-width: 46rem; }
a { color: inherit; }
code, .id { font: 0.875em/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
.kicker { margin: 0; font-size: 0.875rem; color: var(--quiet); }
.quiet { color: var(--quiet); font-size: 0.9375rem; }
.badge {
  display: inline-block; padding: 0.1em 0.65em; border-radius: 999px; border: 1px solid currentColor;
  font-size: 0.8125rem; font-weight: 650; line-height: 1.6; white-space: nowrap;
}
.holds { color: var(--holds); background: var(--holds-back); }
.refuted { color: var(--refuted); background: var(--refuted-back); }
.inconclusive { color: var(--inconclusive); background: var(--inconclusive-back); }
.skipped { color: var(--skipped); background: var(--skipped-back); }
.overall { display: flex; flex-wrap: wrap; gap: 0.5rem 0.9rem; align-items: center; margin: 0 0 1rem; }
.overall .badge { font-size: 1.0625rem; padding: 0.25em 0.9em; }
.overall p { margin: 0; font-size: 1.0625rem; }
.contents { margin: 1.25rem 0 0; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; font-size: 0.9375rem; }
.claim { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; margin: 0 0 1rem; }
.claim > header { display: flex; flex-wrap: wrap; gap: 0.5rem 0.75rem; align-items: baseline; margin-bottom: 0.35rem; }
.claim .id { color: var(--quiet); }
.facts { display: grid; grid-template-columns: 8.5rem 1fr; gap: 0.3rem 1rem; margin: 0.9rem 0 0; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.facts .strong { font-weight: 600; }
.facts .strong .quiet { font-weight: 400; }
.alarm { color: var(--inconclusive); font-weight: 600; }
details { margin-top: 0.9rem; }
summary { cursor: pointer; color: var(--quiet); font-size: 0.9375rem; }
summary:hover { color: var(--text); }
:focus-visible { outline: 2px solid currentColor; outline-offset: 3px; border-radius: 3px; }
.evidence { margin: 0.5rem 0 0; padding: 0.75rem 1rem; background: var(--faint); border-radius: 8px; max-height: 22rem; overflow: auto; list-style: none; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: 0 -0.25rem; padding: 0 0.25rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9375rem; min-width: 100%; }
th, td { padding: 0.4rem 0.75rem; text-align: left; border-bottom: 1px solid var(--line); vertical-align: baseline; }
th:first-child, td:first-child { padding-left: 0; }
thead th { color: var(--quiet); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; }
.numbers td, .numbers thead th:not(:first-child) { text-align: right; white-space: nowrap; }
.numbers tr.first > * { padding-top: 1.1rem; }
.notice { border-left: 3px solid var(--inconclusive); padding: 0.1rem 0 0.1rem 0.9rem; margin: 1rem 0; }
figure { margin: 0 0 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0.5rem; overflow-x: auto; }
figure svg { display: block; width: 100%; height: auto; min-width: 34rem; }
footer { margin-top: 4rem; color: var(--quiet); font-size: 0.875rem; }
@media (prefers-color-scheme: dark) {
  figure svg > rect:first-of-type { fill: transparent; }
  figure svg text { fill: var(--text); }
  figure svg [stroke="#0072b2"] { stroke: #4da9e6; }
  figure svg [stroke="#8c6d00"] { stroke: #c9a02e; }
  figure svg .role-axis-grid line { stroke: #35393e; }
  figure svg .role-axis-label text, figure svg .role-axis-title text { fill: var(--quiet); }
}
@media (max-width: 34rem) {
  body { padding: 1.5rem 1rem 3rem; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 0.5rem; }
  .claim { padding: 1rem; }
}
@media print {
  body { background: none; padding: 0; }
  .claim, figure { break-inside: avoid; }
}
`;
