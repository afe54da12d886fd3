/**
 * One chart as a Vega-Lite specification: a line per variant, faults shaded.
 *
 * Invariant: a variant has the same colour and dash in every chart of its experiment, and is told apart by the dash
 * where colours are not. Nothing was measured: a gap, never a line across. Pure. Read next: index.ts.
 */
import type { ExperimentResult, Plot, VariantResult } from '@backend-labs/experiment/result';
import type { TopLevelSpec } from 'vega-lite';
import { faultLabels, faultWindows } from './windows.ts';

const PLOT_WIDTH = 720;
const PLOT_HEIGHT = 280;

// Okabe and Ito's colours without the two palest: told apart with any colour vision, and on black as well as white.
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8c6d00', '#56b4e9'];
const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 3], [4, 6]];
const FONT = 'system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif';

/** Names of faults stand above the chart, a line each, clear of what was measured. */
const LANE_HEIGHT = 13;

interface Point {
  variant: string;
  seconds: number;
  value: number | null;
}

/** The runs that a chart draws: of each variant the first repeat. */
export function drawnRuns(experiment: ExperimentResult): VariantResult[] {
  return experiment.variants.filter((variant) => variant.repeat === 1);
}

/** Whether any run measured the series at all. */
export function hasData(experiment: ExperimentResult, plot: Plot): boolean {
  return drawnRuns(experiment).some((run) => run.series.values[plot.series]?.some((value) => value !== null));
}

function pointsOf(run: VariantResult, series: string): Point[] {
  const values = run.series.values[series] ?? [];
  // A bucket's value stands at the bucket's middle.
  return values.map((value, index) => ({
    variant: run.name,
    seconds: ((index + 0.5) * run.series.bucketMs) / 1000,
    value,
  }));
}

/** Values between two gaps, which a line alone would not show. */
function lonely(points: readonly Point[]): Point[] {
  const isGap = (point: Point | undefined) => (point?.value ?? null) === null;
  return points.filter((point, index) => !isGap(point) && isGap(points[index - 1]) && isGap(points[index + 1]));
}

/** The chart of one plot entry. */
export function plotSpec(experiment: ExperimentResult, plot: Plot): TopLevelSpec {
  const runs = drawnRuns(experiment);
  const variants = runs.map((run) => run.name);
  const lines = runs.map((run) => pointsOf(run, plot.series));
  const endSeconds = Math.max(
    ...runs.map((run) => ((run.series.values[plot.series]?.length ?? 0) * run.series.bucketMs) / 1000),
  );
  const windows = faultWindows(runs, endSeconds);
  const labels = faultLabels(windows);
  const x = {
    field: 'seconds',
    type: 'quantitative',
    title: "seconds after the load's start",
    axis: { grid: false },
  } as const;
  const y = { field: 'value', type: 'quantitative', title: plot.unit, scale: { zero: true, nice: true } } as const;
  const scale = <T>(range: readonly T[]) => ({
    domain: variants,
    range: variants.map((_, index) => range[index % range.length] as T),
  });
  const color = { field: 'variant', type: 'nominal', title: null, scale: scale(COLOURS) } as const;
  const strokeDash = { field: 'variant', type: 'nominal', title: null, scale: scale(DASHES) } as const;
  const shown = { x: { ...x, scale: { domain: [0, endSeconds], nice: false } }, y };
  return {
    width: PLOT_WIDTH,
    height: PLOT_HEIGHT,
    autosize: { type: 'fit', contains: 'padding' },
    background: '#ffffff',
    padding: 10,
    title: { text: plot.title, anchor: 'start', fontSize: 14, offset: 6 },
    layer: [
      {
        data: { values: windows },
        mark: { type: 'rect', color: '#808080', opacity: 0.22 / Math.max(1, runs.length), clip: true },
        encoding: { x: { field: 'fromSeconds', type: 'quantitative' }, x2: { field: 'toSeconds' } },
      },
      {
        data: { values: windows },
        mark: { type: 'rule', color: '#808080', opacity: 0.5, strokeWidth: 1 },
        encoding: { x: { field: 'fromSeconds', type: 'quantitative' } },
      },
      {
        data: { values: lines.flat() },
        mark: { type: 'line', strokeWidth: 2, invalid: 'break-paths-show-path-domains' },
        encoding: { ...shown, color, strokeDash },
      },
      {
        data: { values: lines.flatMap(lonely) },
        mark: { type: 'point', filled: true, size: 22, opacity: 1 },
        encoding: { x: { field: 'seconds', type: 'quantitative' }, y: { field: 'value', type: 'quantitative' }, color },
      },
      ...labels.map(({ fault, fromSeconds, lane }) => ({
        data: { values: [{ fault, fromSeconds }] },
        mark: {
          type: 'text',
          align: 'left',
          baseline: 'bottom',
          dy: -3 - LANE_HEIGHT * lane,
          color: '#666666',
          fontSize: 11,
        } as const,
        encoding: {
          x: { field: 'fromSeconds', type: 'quantitative' } as const,
          y: { value: 0 },
          text: { field: 'fault', type: 'nominal' } as const,
        },
      })),
    ],
    config: {
      aria: false, // the whole image has one name, see index.ts
      font: FONT,
      view: { stroke: null },
      axis: {
        labelFontSize: 11,
        titleFontSize: 11,
        titleFontWeight: 'normal',
        gridColor: '#e4e4e4',
        domainColor: '#999999',
        tickColor: '#999999',
        labelColor: '#444444',
        titleColor: '#444444',
      },
      legend: {
        orient: 'bottom',
        offset: 8,
        direction: 'horizontal',
        symbolType: 'stroke',
        symbolSize: 500,
        symbolStrokeWidth: 2,
        labelFontSize: 12,
        labelColor: '#222222',
      },
    },
  };
}
