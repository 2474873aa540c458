/** Draws one digit: a glyph, pulled about, in ink of some width, on paper with some dirt. Only + − × ÷ and √ are used, so that every machine draws the same bytes. */

import type { Generator } from '@dl/tensor';
import type { Point } from './strokes';
import { GLYPHS, trace } from './strokes';

/** Rows and columns of a picture. */
export const SIZE = 28;
/** Points of the grid that the elastic distortion is given on. */
const GRID = 4;

/** How wild the writing is. 1 is what the built-in set has; 0 draws clean digits. */
export interface Writing {
  readonly wildness: number;
}

/** A number around 0 with standard deviation 1 (sum of four uniform ones), never beyond 3.5. */
function around(random: Generator): number {
  const sum = random.random() + random.random() + random.random() + random.random();
  return (sum - 2) * 1.7320508075688772;
}

function between(random: Generator, low: number, high: number): number {
  return low + (high - low) * random.random();
}

/** A map of the unit square onto the picture. */
type Warp = (point: Point) => Point;

/** Turned, sheared, scaled, moved, and bent by a smooth random field. */
function randomWarp(random: Generator, wildness: number): Warp {
  // The half angle's tangent gives sine and cosine by arithmetic alone.
  const t = 0.085 * wildness * around(random);
  const cosine = (1 - t * t) / (1 + t * t);
  const sine = (2 * t) / (1 + t * t);
  const shear = 0.2 * wildness * around(random);
  const width = SIZE * (0.66 + 0.075 * wildness * around(random));
  const height = SIZE * (0.72 + 0.07 * wildness * around(random));
  const middleX = SIZE / 2 + 1.4 * wildness * around(random);
  const middleY = SIZE / 2 + 1.2 * wildness * around(random);
  const field = Float64Array.from(
    { length: 2 * GRID * GRID },
    () => 0.042 * wildness * around(random),
  );
  return (point) => {
    const x = point[0] - 0.5 + bend(field, 0, point);
    const y = point[1] - 0.5 + bend(field, 1, point);
    const sheared = (x - shear * y) * width;
    const tall = y * height;
    return [middleX + cosine * sheared - sine * tall, middleY + sine * sheared + cosine * tall];
  };
}

/** The field at a point, by linear interpolation on the grid. */
function bend(field: Float64Array, component: 0 | 1, [x, y]: Point): number {
  const gx = Math.min(Math.max(x, 0), 0.9999) * (GRID - 1);
  const gy = Math.min(Math.max(y, 0), 0.9999) * (GRID - 1);
  const [i, j] = [Math.floor(gx), Math.floor(gy)];
  const [u, v] = [gx - i, gy - j];
  const at = (a: number, b: number) => field[2 * (b * GRID + a) + component];
  const top = (1 - u) * at(i, j) + u * at(i + 1, j);
  const bottom = (1 - u) * at(i, j + 1) + u * at(i + 1, j + 1);
  return (1 - v) * top + v * bottom;
}

/** Darkens `ink` along a line: 1 inside half the pen's width, falling to 0 over `soft` pixels. */
function drawLine(
  ink: Float64Array,
  a: Point,
  b: Point,
  half: number,
  soft: number,
  shade: number,
): void {
  const reach = half + soft;
  const left = Math.max(0, Math.floor(Math.min(a[0], b[0]) - reach));
  const right = Math.min(SIZE - 1, Math.ceil(Math.max(a[0], b[0]) + reach));
  const top = Math.max(0, Math.floor(Math.min(a[1], b[1]) - reach));
  const bottom = Math.min(SIZE - 1, Math.ceil(Math.max(a[1], b[1]) + reach));
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const squared = dx * dx + dy * dy;
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const px = column + 0.5 - a[0];
      const py = row + 0.5 - a[1];
      const along = squared > 0 ? Math.min(Math.max((px * dx + py * dy) / squared, 0), 1) : 0;
      const ex = px - along * dx;
      const ey = py - along * dy;
      const distance = Math.sqrt(ex * ex + ey * ey);
      const cover = Math.min(Math.max((reach - distance) / soft, 0), 1) * shade;
      const at = row * SIZE + column;
      if (cover > ink[at]) ink[at] = cover;
    }
  }
}

function drawChain(
  ink: Float64Array,
  chain: readonly Point[],
  half: number,
  soft: number,
  shade: number,
): void {
  for (let i = 1; i < chain.length; i++) drawLine(ink, chain[i - 1], chain[i], half, soft, shade);
}

/** A short mark somewhere, as from the digit next to this one or a slip of the pen. */
function drawMark(ink: Float64Array, random: Generator): void {
  const x = between(random, 0, SIZE);
  const y = between(random, 0, SIZE);
  const end: Point = [x + 3.5 * around(random), y + 3.5 * around(random)];
  drawLine(ink, [x, y], end, between(random, 0.3, 0.8), 1, between(random, 0.3, 0.9));
}

const ink = /* @__PURE__ */ new Float64Array(SIZE * SIZE);

/**
 * Draws digit `digit` into 784 bytes of `target` from `start`: 0 is paper, 255 is ink.
 *
 * @param random - every decision is drawn from it.
 */
export function drawDigit(
  digit: number,
  random: Generator,
  target: Uint8Array,
  start: number,
  { wildness }: Writing = { wildness: 1 },
): void {
  ink.fill(0);
  const styles = GLYPHS[digit];
  const glyph = styles[Math.floor(random.random() * styles.length)];
  const warp = randomWarp(random, wildness);
  const half = between(random, 0.55, 1.45);
  const soft = between(random, 0.8, 1.5);
  for (const stroke of glyph) {
    const loose = 0.016 * wildness;
    const points = stroke.points.map(
      ([x, y]): Point => [x + loose * around(random), y + loose * around(random)],
    );
    drawChain(ink, trace({ points, smooth: stroke.smooth }).map(warp), half, soft, 1);
  }
  for (let marks = random.random() * 2.6 * wildness; marks > 1; marks--) drawMark(ink, random);
  const shade = between(random, 0.62, 1);
  const dirt = between(random, 0, 0.11) * wildness;
  for (let i = 0; i < ink.length; i++) {
    const grain = dirt > 0 ? dirt * (random.random() * 2 - 1) : 0;
    const value = ink[i] * shade + grain;
    target[start + i] = Math.round(Math.min(Math.max(value, 0), 1) * 255);
  }
}
