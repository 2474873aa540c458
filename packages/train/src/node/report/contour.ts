/** Paths over a surface, seen from above, as SVG text drawn by Vega. */

import type { Spec } from 'vega';
import { takes } from '../../signatures';
import { COLOURS } from './chart';

/** A way over the surface. */
export interface SurfacePath {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What a contour chart shows. */
export interface ContourOptions {
  /** The height at a point. */
  readonly surface: (x: number, y: number) => number;
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
  /** Heights at which lines are drawn. */
  readonly levels: readonly number[];
  readonly paths: readonly SurfacePath[];
  /** In pixels; the chart scales with the page. Default 220 × 160. */
  readonly width?: number;
  readonly height?: number;
}

/** Cells of the grid, across and down, on which the surface is looked at. */
const CELLS = 90;

/** Draws lines of equal height and paths over them. @returns an `<svg>` element as text; points outside are cut off. */
export async function contourChart(options: ContourOptions): Promise<string> {
  takes('contourChart', arguments);
  const vega = await import('vega');
  const view = new vega.View(vega.parse(contourSpec(options)), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

function contourSpec({
  surface,
  x,
  y,
  levels,
  paths,
  width = 220,
  height = 160,
}: ContourOptions): Spec {
  const at = ([low, high]: readonly [number, number], share: number) => low + (high - low) * share;
  const values = Array.from({ length: CELLS * CELLS }, (_, i) =>
    surface(
      at(x, ((i % CELLS) + 0.5) / CELLS),
      // Rows go down, y goes up.
      at(y, 1 - (Math.floor(i / CELLS) + 0.5) / CELLS),
    ),
  );
  const points = paths.flatMap(({ name, points }) =>
    points
      .filter((point) => point.every(Number.isFinite))
      .map(([px, py], order) => ({ name, px, py, order })),
  );
  const ends = paths.flatMap(({ name, points: own }) => {
    const [first] = own;
    return first ? [{ name, px: first[0], py: first[1] }] : [];
  });
  const place = { x: { scale: 'x', field: 'px' }, y: { scale: 'y', field: 'py' } };
  const stroke = { scale: 'colour', field: 'name' };
  return {
    width,
    height,
    padding: 2,
    data: [
      {
        name: 'contours',
        values: [{ width: CELLS, height: CELLS, values }],
        transform: [{ type: 'isocontour', thresholds: [...levels] } as never],
      },
      { name: 'points', values: points },
      { name: 'starts', values: ends },
    ],
    scales: [
      { name: 'x', type: 'linear', range: 'width', zero: false, domain: [...x] },
      { name: 'y', type: 'linear', range: 'height', zero: false, domain: [...y] },
      {
        name: 'colour',
        type: 'ordinal',
        domain: paths.map(({ name }) => name),
        range: COLOURS,
      },
    ],
    marks: [
      {
        type: 'group',
        clip: true,
        encode: {
          enter: { width: { value: width }, height: { value: height }, stroke: { value: '#ddd' } },
        },
        marks: [
          {
            type: 'path',
            from: { data: 'contours' },
            encode: {
              enter: {
                stroke: { value: '#c9d4e0' },
                strokeWidth: { value: CELLS / width },
                fill: { value: null },
                scaleX: { value: width / CELLS },
                scaleY: { value: height / CELLS },
              },
            },
            transform: [{ type: 'geopath', field: 'datum.contour' }],
          },
          {
            type: 'group',
            from: { facet: { name: 'path', data: 'points', groupby: 'name' } },
            marks: [
              {
                type: 'line',
                from: { data: 'path' },
                encode: {
                  enter: { ...place, stroke, strokeWidth: { value: 1.4 } },
                },
              },
              {
                type: 'symbol',
                from: { data: 'path' },
                encode: { enter: { ...place, fill: stroke, size: { value: 7 } } },
              },
            ],
          },
          {
            type: 'symbol',
            from: { data: 'starts' },
            encode: {
              enter: { ...place, size: { value: 40 }, fill: { value: '#fff' }, stroke },
            },
          },
        ],
      },
    ],
  };
}
