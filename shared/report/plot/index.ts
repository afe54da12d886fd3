/**
 * Charts of a result as SVG texts.
 *
 * Invariant: the same result gives the same bytes, in any process and in any order. Vega numbers its clip paths with
 * a counter per process, so they are numbered again here, with the file's name in front: several charts share one
 * HTML page. Read next: spec.ts (what a chart shows).
 */
import type { ExperimentResult, Plot, Result } from '@backend-labs/experiment/result';
import { escapeText } from '../html/markup.ts';
import { drawnRuns, hasData, plotSpec } from './spec.ts';

/** The file of a chart, as it stands in a lab's results/. */
export function plotFileName(experiment: string, series: string): string {
  return `${`${experiment}-${series}`.replace(/[^A-Za-z0-9_-]+/g, '-')}.svg`;
}

/** One chart that can be drawn. */
export interface DrawablePlot {
  fileName: string;
  plot: Plot;
}

/** The charts of an experiment for which something was measured. Throws if two would have one file name. */
export function drawablePlots(experiment: ExperimentResult): DrawablePlot[] {
  const plots = experiment.plots
    .filter((plot) => hasData(experiment, plot))
    .map((plot) => ({ fileName: plotFileName(experiment.name, plot.series), plot }));
  const twice = plots.find(({ fileName }, index) => plots.findIndex((other) => other.fileName === fileName) !== index);
  if (twice !== undefined) {
    throw new Error(
      `experiment ${experiment.name} has two plots for ${twice.fileName}; rename the series ${twice.plot.series}`,
    );
  }
  return plots;
}

/** All charts of a result by file name. Loads Vega on first use, which takes about a second. */
export async function renderPlots(result: Result): Promise<Record<string, string>> {
  const charts: Record<string, string> = {};
  for (const experiment of result.experiments) {
    for (const { fileName, plot } of drawablePlots(experiment)) {
      charts[fileName] = await renderPlot(experiment, plot, fileName);
    }
  }
  return charts;
}

async function renderPlot(experiment: ExperimentResult, plot: Plot, fileName: string): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(vegaLite.compile(plotSpec(experiment, plot)).spec), { renderer: 'none' });
  try {
    const variants = drawnRuns(experiment).map((run) => run.name);
    const title = `${plot.title} (${plot.unit}), over time, one line per variant: ${variants.join(', ')}`;
    return `${named(renumbered(await view.toSVG(), fileName), title, fileName)}\n`;
  } finally {
    view.finalize();
  }
}

function renumbered(svg: string, fileName: string): string {
  const prefix = fileName.replace(/\.svg$/, '');
  const ids = [...new Set([...svg.matchAll(/ id="([^"]+)"/g)].map((match) => match[1] as string))];
  return ids.reduce(
    (text, id, index) =>
      text.replaceAll(` id="${id}"`, ` id="${prefix}-${index}"`).replaceAll(`url(#${id})`, `url(#${prefix}-${index})`),
    svg,
  );
}

/** An SVG is one image with a name, not a hundred graphics symbols, for whoever does not see it. */
function named(svg: string, title: string, fileName: string): string {
  const id = `${fileName.replace(/\.svg$/, '')}-title`;
  const element = `<title id="${id}">${escapeText(title)}</title>`;
  return svg.replace(
    /^<svg ([^>]*)>/,
    (_, attributes) => `<svg role="img" aria-labelledby="${id}" ${attributes}>${element}`,
  );
}
