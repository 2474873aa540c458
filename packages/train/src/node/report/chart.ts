/** Line charts as SVG text, drawn by Vega without a browser. */

import type { Spec } from 'vega';
import { takes } from '../../signatures';

/** A line of a chart. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Whether the points are marked; for few points. */
  readonly dots?: boolean;
}

/** What a chart shows. */
export interface ChartOptions {
  readonly series: readonly Series[];
  readonly xTitle: string;
  readonly yTitle: string;
  /** A logarithmic y axis; then only positive values are drawn. */
  readonly logY?: boolean;
  /** How y is written: a d3 format, `%` for shares. Default `~g`. */
  readonly yFormat?: string;
}

/** Blue and orange that the colour-blind can tell apart, then others. */
export const COLOURS = ['#2563a8', '#d9730d', '#2f8f5b', '#9b4f96'];
const FONT = 'system-ui, sans-serif';

/** @returns an `<svg>` element as text; lines come in the order of their colours. */
export async function lineChart(options: ChartOptions): Promise<string> {
  takes('lineChart', arguments);
  // Loaded on demand: a run without a report has no need of it, and it is large.
  const vega = await import('vega');
  const view = new vega.View(vega.parse(chartSpec(options)), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

function chartSpec({ series, xTitle, yTitle, yFormat = '~g', logY }: ChartOptions): Spec {
  const values = series.flatMap(({ name, points, dots = false }) =>
    points
      .filter(([, y]) => Number.isFinite(y) && (y > 0 || !logY))
      .map(([x, y]) => ({ x, y, name, dots, tip: `${name}: ${y.toPrecision(4)} at ${x}` })),
  );
  const names = series.map(({ name }) => name);
  const xs = new Set(values.map(({ x }) => x));
  const axis = {
    labelFont: FONT,
    titleFont: FONT,
    labelFontSize: 11,
    titleFontSize: 12,
    titleFontWeight: 'normal' as const,
    labelColor: '#555',
    titleColor: '#555',
    domainColor: '#bbb',
    tickColor: '#bbb',
    gridColor: '#eee',
  };
  return {
    width: 440,
    height: 220,
    padding: 5,
    data: [
      { name: 'table', values },
      { name: 'marked', source: 'table', transform: [{ type: 'filter', expr: 'datum.dots' }] },
    ],
    scales: [
      {
        name: 'x',
        type: 'linear',
        range: 'width',
        zero: false,
        domain: { data: 'table', field: 'x' },
      },
      {
        name: 'y',
        ...(logY ? { type: 'log' } : { type: 'linear', zero: false, nice: true }),
        range: 'height',
        domain: { data: 'table', field: 'y' },
      },
      { name: 'colour', type: 'ordinal', domain: names, range: COLOURS },
    ],
    axes: [
      {
        ...axis,
        orient: 'bottom',
        scale: 'x',
        title: xTitle,
        tickCount: Math.min(6, Math.max(1, xs.size - 1)),
        format: ',d',
      },
      {
        ...axis,
        orient: 'left',
        scale: 'y',
        title: yTitle,
        format: yFormat,
        tickCount: 5,
        grid: true,
      },
    ],
    legends: [
      {
        stroke: 'colour',
        symbolType: 'stroke',
        symbolStrokeWidth: 2.5,
        orient: 'top',
        direction: 'horizontal',
        labelFont: FONT,
        labelFontSize: 12,
      },
    ],
    marks: [
      {
        type: 'group',
        from: { facet: { name: 'line', data: 'table', groupby: 'name' } },
        marks: [
          {
            type: 'line',
            from: { data: 'line' },
            encode: {
              enter: {
                x: { scale: 'x', field: 'x' },
                y: { scale: 'y', field: 'y' },
                stroke: { scale: 'colour', field: 'name' },
                strokeWidth: { signal: 'datum.dots ? 1.8 : 1.1' },
              },
            },
          },
        ],
      },
      {
        type: 'symbol',
        from: { data: 'marked' },
        encode: {
          enter: {
            x: { scale: 'x', field: 'x' },
            y: { scale: 'y', field: 'y' },
            fill: { scale: 'colour', field: 'name' },
            size: { value: 28 },
            tooltip: { field: 'tip' },
          },
        },
      },
    ],
  };
}
