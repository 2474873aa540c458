/** How people write digits: strokes through points in a unit square, x to the right, y downwards. */

/** A point of a stroke. */
export type Point = readonly [number, number];

/** Points joined by a smooth curve, or by straight lines. */
export interface Stroke {
  readonly points: readonly Point[];
  readonly smooth: boolean;
}

/** One way of writing a digit. */
export type Glyph = readonly Stroke[];

const curve = (...points: Point[]): Stroke => ({ points, smooth: true });
const lines = (...points: Point[]): Stroke => ({ points, smooth: false });

/** The ways of writing each digit. */
export const GLYPHS: readonly (readonly Glyph[])[] = [
  [
    [
      curve(
        [0.52, 0.08],
        [0.28, 0.22],
        [0.2, 0.5],
        [0.28, 0.8],
        [0.5, 0.92],
        [0.73, 0.78],
        [0.8, 0.5],
        [0.72, 0.22],
        [0.5, 0.08],
      ),
    ],
    [
      curve(
        [0.6, 0.12],
        [0.4, 0.12],
        [0.26, 0.38],
        [0.28, 0.74],
        [0.46, 0.91],
        [0.68, 0.78],
        [0.75, 0.46],
        [0.66, 0.18],
        [0.5, 0.1],
        [0.42, 0.2],
      ),
    ],
  ],
  [
    [lines([0.5, 0.08], [0.5, 0.92])],
    [lines([0.34, 0.26], [0.53, 0.08], [0.53, 0.92])],
    [lines([0.36, 0.24], [0.52, 0.08], [0.52, 0.91]), lines([0.32, 0.91], [0.72, 0.91])],
    [curve([0.56, 0.08], [0.5, 0.4], [0.46, 0.92])],
  ],
  [
    [
      curve(
        [0.25, 0.27],
        [0.36, 0.12],
        [0.55, 0.08],
        [0.73, 0.2],
        [0.7, 0.42],
        [0.48, 0.66],
        [0.24, 0.9],
      ),
      lines([0.24, 0.9], [0.78, 0.89]),
    ],
    [
      curve(
        [0.27, 0.22],
        [0.48, 0.08],
        [0.69, 0.2],
        [0.66, 0.45],
        [0.42, 0.76],
        [0.28, 0.88],
        [0.25, 0.76],
        [0.4, 0.76],
        [0.6, 0.9],
        [0.8, 0.86],
      ),
    ],
    [
      lines([0.26, 0.14], [0.7, 0.12]),
      curve([0.7, 0.12], [0.72, 0.34], [0.5, 0.62], [0.24, 0.9]),
      lines([0.24, 0.9], [0.76, 0.9]),
    ],
  ],
  [
    [
      curve([0.27, 0.18], [0.45, 0.08], [0.68, 0.15], [0.7, 0.34], [0.44, 0.47]),
      curve([0.44, 0.47], [0.71, 0.56], [0.74, 0.8], [0.5, 0.93], [0.25, 0.82]),
    ],
    [
      lines([0.27, 0.1], [0.72, 0.1], [0.46, 0.42]),
      curve([0.46, 0.42], [0.7, 0.5], [0.75, 0.74], [0.54, 0.92], [0.26, 0.84]),
    ],
  ],
  [
    [lines([0.3, 0.1], [0.24, 0.55], [0.8, 0.55]), lines([0.64, 0.28], [0.6, 0.93])],
    [lines([0.62, 0.93], [0.62, 0.08], [0.18, 0.64], [0.82, 0.64])],
    [
      curve([0.28, 0.1], [0.24, 0.42], [0.42, 0.54], [0.68, 0.5]),
      lines([0.72, 0.1], [0.66, 0.5], [0.62, 0.93]),
    ],
  ],
  [
    [
      lines([0.73, 0.1], [0.34, 0.1], [0.3, 0.46]),
      curve([0.3, 0.46], [0.52, 0.38], [0.73, 0.52], [0.73, 0.76], [0.5, 0.92], [0.25, 0.83]),
    ],
    [
      lines([0.34, 0.1], [0.31, 0.44]),
      curve([0.31, 0.44], [0.56, 0.4], [0.72, 0.56], [0.7, 0.8], [0.47, 0.92], [0.26, 0.86]),
      lines([0.33, 0.11], [0.74, 0.08]),
    ],
  ],
  [
    [
      curve(
        [0.66, 0.1],
        [0.42, 0.26],
        [0.27, 0.56],
        [0.31, 0.82],
        [0.51, 0.92],
        [0.71, 0.8],
        [0.69, 0.6],
        [0.5, 0.52],
        [0.3, 0.64],
      ),
    ],
    [
      curve(
        [0.46, 0.08],
        [0.32, 0.4],
        [0.28, 0.72],
        [0.42, 0.91],
        [0.64, 0.86],
        [0.7, 0.68],
        [0.55, 0.56],
        [0.34, 0.64],
        [0.3, 0.76],
      ),
    ],
  ],
  [
    [lines([0.24, 0.12], [0.76, 0.12], [0.45, 0.92])],
    [lines([0.24, 0.14], [0.75, 0.11]), curve([0.75, 0.11], [0.58, 0.45], [0.48, 0.92])],
    [lines([0.25, 0.12], [0.75, 0.12], [0.44, 0.92]), lines([0.38, 0.52], [0.7, 0.5])],
  ],
  [
    [
      curve(
        [0.66, 0.18],
        [0.5, 0.08],
        [0.32, 0.18],
        [0.36, 0.38],
        [0.62, 0.56],
        [0.71, 0.76],
        [0.5, 0.93],
        [0.29, 0.8],
        [0.38, 0.58],
        [0.62, 0.4],
        [0.68, 0.22],
        [0.6, 0.1],
      ),
    ],
    [
      curve([0.5, 0.48], [0.31, 0.34], [0.36, 0.13], [0.6, 0.1], [0.68, 0.3], [0.5, 0.48]),
      curve([0.5, 0.48], [0.28, 0.64], [0.32, 0.87], [0.58, 0.92], [0.73, 0.74], [0.5, 0.48]),
    ],
  ],
  [
    [
      curve(
        [0.7, 0.28],
        [0.56, 0.48],
        [0.34, 0.42],
        [0.3, 0.2],
        [0.5, 0.08],
        [0.68, 0.18],
        [0.7, 0.3],
        [0.66, 0.62],
        [0.56, 0.92],
      ),
    ],
    [
      curve([0.7, 0.24], [0.5, 0.1], [0.3, 0.26], [0.42, 0.48], [0.66, 0.4], [0.7, 0.24]),
      lines([0.7, 0.22], [0.68, 0.92]),
    ],
    [
      curve(
        [0.68, 0.22],
        [0.48, 0.09],
        [0.3, 0.28],
        [0.46, 0.47],
        [0.68, 0.34],
        [0.69, 0.6],
        [0.58, 0.86],
        [0.32, 0.9],
      ),
    ],
  ],
];

/** Points on each piece of a smooth curve; enough for a picture of 28 × 28. */
const PIECES = 5;

/** The stroke as a chain of short straight lines; smooth ones follow a Catmull–Rom spline through their points. */
export function trace({ points, smooth }: Stroke): Point[] {
  if (!smooth || points.length < 3) return subdivide(points);
  const chain: Point[] = [points[0]];
  for (let i = 0; i + 1 < points.length; i++) {
    const before = points[Math.max(i - 1, 0)];
    const after = points[Math.min(i + 2, points.length - 1)];
    for (let k = 1; k <= PIECES; k++)
      chain.push(spline(before, points[i], points[i + 1], after, k / PIECES));
  }
  return chain;
}

/** Straight lines get points inside too, so that they bend when the square is distorted. */
function subdivide(points: readonly Point[]): Point[] {
  const chain: Point[] = [points[0]];
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [points[i - 1], points[i]];
    for (let k = 1; k <= PIECES; k++) {
      const t = k / PIECES;
      chain.push([a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]);
    }
  }
  return chain;
}

function spline(p0: Point, p1: Point, p2: Point, p3: Point, t: number): Point {
  const at = (axis: 0 | 1): number => {
    const a = 2 * p1[axis];
    const b = p2[axis] - p0[axis];
    const c = 2 * p0[axis] - 5 * p1[axis] + 4 * p2[axis] - p3[axis];
    const d = 3 * p1[axis] - p0[axis] - 3 * p2[axis] + p3[axis];
    return 0.5 * (a + t * (b + t * (c + t * d)));
  };
  return [at(0), at(1)];
}
