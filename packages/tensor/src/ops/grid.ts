/** Images sampled at points of a grid. */

import { isFloat } from '../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../core/errors';
import { scope } from '../core/lifetime';
import type { Tensor } from '../core/tensor';
import { arange, linspace, ones } from './creation';
import {
  add,
  div,
  floor,
  fmod,
  ge,
  gt,
  le,
  logicalAnd,
  lt,
  mul,
  neg,
  remainder,
  round,
  sub,
  where,
} from './elementwise';
import { clamp } from './functions';
import { indexSelect } from './indexing';
import { matmul } from './matmul';
import { detach, expand, permute, reshape, select, stack, transpose, unsqueeze } from './movement';
import { cast, expectSameDType } from './operand';

/** Options of `gridSample`. */
export interface GridSampleOptions {
  /** How the value between pixels is made. Default 'bilinear'. */
  readonly mode?: 'bilinear' | 'nearest' | 'bicubic';
  /** What lies outside the image: zeros, the border, or the image mirrored. Default 'zeros'. */
  readonly paddingMode?: 'zeros' | 'border' | 'reflection';
  /** Whether −1 and 1 are the centres of the outer pixels; otherwise their outer edges. Default false. */
  readonly alignCorners?: boolean;
}

type Settings = Required<GridSampleOptions>;

/** Refuses a word that is not in a list. */
function expectWord(name: string, word: string, words: readonly string[]): void {
  if (words.includes(word)) return;
  throw new ValueError('gridSample', `there is no such ${name}`, {
    args: { [name]: word },
    expected: words.map((known) => `'${known}'`).join(', '),
  });
}

/** From [−1, 1] to pixels. */
function toPixels(at: Tensor, size: number, alignCorners: boolean): Tensor {
  if (alignCorners) return mul(add(at, 1), (size - 1) / 2);
  return mul(sub(mul(add(at, 1), size), 1), 0.5);
}

/** Positions cut to the image; no derivative where they are cut, nor at the border, as in PyTorch. */
function toBorder(at: Tensor, size: number): Tensor {
  const above = where(gt(at, 0), at, 0);
  return where(lt(above, size - 1), above, size - 1);
}

/** Positions outside the image mirrored into it. */
function mirrored(at: Tensor, size: number, alignCorners: boolean): Tensor {
  const [low, span] = alignCorners ? [0, size - 1] : [-0.5, size];
  if (span === 0) return mul(at, 0);
  const shifted = sub(at, low);
  const distance = where(lt(shifted, 0), neg(shifted), shifted);
  const rest = fmod(distance, span);
  const turns = remainder(floor(div(distance, span)), 2);
  return toBorder(add(where(gt(turns, 0), sub(span, rest), rest), low), size);
}

function padded(at: Tensor, size: number, { paddingMode, alignCorners }: Settings): Tensor {
  if (paddingMode === 'border') return toBorder(at, size);
  return paddingMode === 'reflection' ? mirrored(at, size, alignCorners) : at;
}

/** Pixels of a batch of images as rows of channels. */
interface Pixels {
  /** [N · H · W, C]. */
  readonly rows: Tensor;
  /** Where the pixels of each image begin, [N, 1], int32. */
  readonly begins: Tensor;
  readonly height: number;
  readonly width: number;
}

/** The pixels at whole positions y and x [N, P], as rows [N · P, C], times a weight [N, P]; 0 outside the images. */
function weighted({ rows, begins, height, width }: Pixels, y: Tensor, x: Tensor, weight: Tensor) {
  const inside = [ge(y, 0), le(y, height - 1), ge(x, 0), le(x, width - 1)].reduce(logicalAnd);
  const row = cast(clamp(detach(y), 0, height - 1), 'int32');
  const column = cast(clamp(detach(x), 0, width - 1), 'int32');
  const index = where(inside, add(add(mul(row, width), column), begins), 0);
  const picked = indexSelect(rows, 0, reshape(index, [-1]));
  return mul(picked, reshape(where(inside, weight, 0), [-1, 1]));
}

function nearest(pixels: Pixels, y: Tensor, x: Tensor): Tensor {
  const [row, column] = [round(detach(y)), round(detach(x))];
  return weighted(pixels, row, column, ones(row.shape, { dtype: y.dtype, device: y.device }));
}

function bilinear(pixels: Pixels, y: Tensor, x: Tensor): Tensor {
  const [top, left] = [floor(detach(y)), floor(detach(x))];
  const [down, right] = [sub(y, top), sub(x, left)];
  const [up, back] = [sub(1, down), sub(1, right)];
  const [bottom, next] = [add(top, 1), add(left, 1)];
  return [
    weighted(pixels, top, left, mul(up, back)),
    weighted(pixels, top, next, mul(up, right)),
    weighted(pixels, bottom, left, mul(down, back)),
    weighted(pixels, bottom, next, mul(down, right)),
  ].reduce((a, b) => add(a, b));
}

/** Weights of four neighbours at distances 1 + t, t, 1 − t and 2 − t: Keys 1981 with a = −0.75. */
function cubicWeights(t: Tensor): Tensor[] {
  const a = -0.75;
  const near = (d: Tensor) => add(mul(sub(mul(d, a + 2), a + 3), mul(d, d)), 1);
  const far = (d: Tensor) => sub(mul(add(mul(sub(mul(d, a), 5 * a), d), 8 * a), d), 4 * a);
  return [far(add(t, 1)), near(t), near(sub(1, t)), far(sub(2, t))];
}

function bicubic(pixels: Pixels, y: Tensor, x: Tensor, settings: Settings): Tensor {
  const [top, left] = [floor(detach(y)), floor(detach(x))];
  const [rowWeights, columnWeights] = [cubicWeights(sub(y, top)), cubicWeights(sub(x, left))];
  const around = (first: Tensor, size: number) =>
    [-1, 0, 1, 2].map((step) => padded(add(first, step), size, settings));
  const [rows, columns] = [around(top, pixels.height), around(left, pixels.width)];
  const parts = rows.flatMap((row, i) =>
    columns.map((column, j) => weighted(pixels, row, column, mul(rowWeights[i], columnWeights[j]))),
  );
  return parts.reduce((p, q) => add(p, q));
}

/**
 * Samples images at given points: out[n, :, i, j] is image n at (x, y) = grid[n, i, j].
 *
 * @param x - [N, C, H, W], floating point. @param grid - [N, H', W', 2]: columns and rows from −1 to 1, whatever the size.
 * @param options - as PyTorch's; there is no derivative in the grid for 'nearest'.
 * @returns [N, C, H', W']. @throws ShapeError, DTypeError, ValueError for what does not fit or is not known.
 * @example gridSample(image, affineGrid(theta, image.shape)) // turned, scaled and shifted by theta
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  const settings = { mode, paddingMode, alignCorners };
  expectWord('mode', mode, ['bilinear', 'nearest', 'bicubic']);
  expectWord('paddingMode', paddingMode, ['zeros', 'border', 'reflection']);
  expectSameDType('gridSample', { x, grid });
  if (!isFloat(x.dtype)) {
    throw new DTypeError('gridSample', 'images must be floating point', { args: { x } });
  }
  const fits = x.ndim === 4 && grid.ndim === 4 && grid.shape[3] === 2;
  if (!fits || grid.shape[0] !== x.shape[0] || x.shape[2] === 0 || x.shape[3] === 0) {
    throw new ShapeError('gridSample', 'images and grid do not fit', {
      args: { x, grid },
      expected: 'x: [N, C, H, W] with pixels, grid: [N, h, w, 2]',
    });
  }
  const [count, channels, height, width] = x.shape;
  const [, outHeight, outWidth] = grid.shape;
  return scope(() => {
    const begins = reshape(
      mul(arange(0, count, 1, { dtype: 'int32', device: x.device }), height * width),
      [count, 1],
    );
    const rows = reshape(permute(x, [0, 2, 3, 1]), [count * height * width, channels]);
    const pixels = { rows, begins, height, width };
    const points = reshape(grid, [count, outHeight * outWidth, 2]);
    let across = toPixels(select(points, 2, 0), width, alignCorners);
    let down = toPixels(select(points, 2, 1), height, alignCorners);
    if (mode !== 'bicubic') {
      across = padded(across, width, settings);
      down = padded(down, height, settings);
    }
    const sample = { nearest, bilinear, bicubic }[mode];
    const found = sample(pixels, down, across, settings);
    return permute(reshape(found, [count, outHeight, outWidth, channels]), [0, 3, 1, 2]);
  });
}

/** The centres of `size` pixels from −1 to 1, or the outer edges at −1 and 1. */
function centres(size: number, alignCorners: boolean, like: Tensor): Tensor {
  const options = { dtype: like.dtype, device: like.device };
  if (size === 1) return linspace(0, 0, 1, options);
  const line = linspace(-1, 1, size, options);
  return alignCorners ? line : mul(line, (size - 1) / size);
}

/**
 * The grid that maps images by an affine transformation, for `gridSample`: grid[n, i, j] = theta[n] · (x_j, y_i, 1).
 *
 * @param theta - [N, 2, 3], floating point. @param size - of the images to come, [N, C, H, W].
 * @param options - `alignCorners`: as in `gridSample`, default false. @returns [N, H, W, 2].
 * @throws ShapeError where theta or size do not fit.
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  { alignCorners = false }: { readonly alignCorners?: boolean } = {},
): Tensor {
  const [count, , height, width] = size;
  if (theta.ndim !== 3 || size.length !== 4 || `${theta.shape}` !== `${[count, 2, 3]}`) {
    throw new ShapeError('affineGrid', 'theta and size do not fit', {
      args: { theta, size },
      expected: 'theta: [N, 2, 3], size: [N, C, H, W]',
    });
  }
  return scope(() => {
    const x = expand(centres(width, alignCorners, theta), [height, width]);
    const y = expand(unsqueeze(centres(height, alignCorners, theta), 1), [height, width]);
    const one = ones([height, width], { dtype: theta.dtype, device: theta.device });
    const base = reshape(stack([x, y, one], 2), [1, height * width, 3]);
    const points = matmul(expand(base, [count, height * width, 3]), transpose(theta));
    return reshape(points, [count, height, width, 2]);
  });
}
