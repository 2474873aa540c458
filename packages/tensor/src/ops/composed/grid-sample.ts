/** Images sampled at points of a grid. */

import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { matmul } from '../declared/blas';
import { ge, gt, le, lt } from '../declared/comparison';
import { ones } from '../declared/creation';
import { gather } from '../declared/indexing';
import {
  contiguous,
  detach,
  expand,
  reshape,
  select,
  stack,
  transpose,
  unsqueeze,
} from '../declared/movement';
import {
  add,
  div,
  floor,
  fmod,
  logicalAnd,
  mul,
  neg,
  remainder,
  round,
  sub,
  where,
} from '../declared/pointwise';
import { cast, expectFloat, expectSameDType } from '../operand';
import { linspace } from './creation';
import { clamp } from './pointwise';

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

/** A row or a column of pixels beside each point [N, P]. */
interface Neighbour {
  /** What it adds to the number of the pixel in its image: a whole number. */
  readonly place: Tensor;
  /** How much it counts; 0 outside the image. */
  readonly weight: Tensor;
}

/** The neighbours at whole positions `at`; from one to the next it is `step` pixels. */
function neighbour(at: Tensor, weight: Tensor, size: number, step: number): Neighbour {
  const inside = logicalAnd(ge(at, 0), le(at, size - 1));
  const place = mul(clamp(detach(at), 0, size - 1), step);
  return { place, weight: where(inside, weight, 0) };
}

/** Lists the rows, or columns, that a point at `at` between pixels takes part of. */
type Mode = (at: Tensor, size: number, step: number, settings: Settings) => Neighbour[];

const nearest: Mode = (at, size, step) => [
  neighbour(round(detach(at)), ones(at.shape, { dtype: at.dtype, device: at.device }), size, step),
];

const bilinear: Mode = (at, size, step) => {
  const first = floor(detach(at));
  const part = sub(at, first);
  return [neighbour(first, sub(1, part), size, step), neighbour(add(first, 1), part, size, step)];
};

const bicubic: Mode = (at, size, step, settings) => {
  const first = floor(detach(at));
  return cubicWeights(sub(at, first)).map((weight, i) =>
    neighbour(padded(add(first, i - 1), size, settings), weight, size, step),
  );
};

const MODES = { nearest, bilinear, bicubic };

/** Weights of four neighbours at distances 1 + t, t, 1 − t and 2 − t: Keys 1981 with a = −0.75. */
function cubicWeights(t: Tensor): Tensor[] {
  const a = -0.75;
  const near = (d: Tensor) => add(mul(sub(mul(d, a + 2), a + 3), mul(d, d)), 1);
  const far = (d: Tensor) => sub(mul(add(mul(sub(mul(d, a), 5 * a), d), 8 * a), d), 4 * a);
  return [far(add(t, 1)), near(t), near(sub(1, t)), far(sub(2, t))];
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
  takes('gridSample', arguments);
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  const settings = { mode, paddingMode, alignCorners };
  expectWord('mode', mode, ['bilinear', 'nearest', 'bicubic']);
  expectWord('paddingMode', paddingMode, ['zeros', 'border', 'reflection']);
  expectSameDType('gridSample', { x, grid });
  expectFloat('gridSample', x);
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
    const pixels = reshape(x, [count, channels, height * width]);
    const points = reshape(grid, [count, outHeight * outWidth, 2]);
    const along = (which: number, size: number, step: number) => {
      const at = toPixels(contiguous(select(points, 2, which)), size, alignCorners);
      return MODES[mode](
        mode === 'bicubic' ? at : padded(at, size, settings),
        size,
        step,
        settings,
      );
    };
    const [rows, columns] = [along(1, height, width), along(0, width, 1)];
    const shape = [count, channels, outHeight * outWidth];
    // A float32 counts no more pixels than that.
    const exact = height * width <= 2 ** 24 ? x.dtype : 'float64';
    const parts = rows.flatMap((row) =>
      columns.map((column) => {
        const place = add(cast(row.place, exact), cast(column.place, exact));
        const index = expand(unsqueeze(cast(place, 'int32'), 1), shape);
        const weight = unsqueeze(mul(row.weight, column.weight), 1);
        return mul(gather(pixels, 2, contiguous(index)), weight);
      }),
    );
    return reshape(
      parts.reduce((p, q) => add(p, q)),
      [count, channels, outHeight, outWidth],
    );
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
  options: { readonly alignCorners?: boolean } = {},
): Tensor {
  takes('affineGrid', arguments);
  const { alignCorners = false } = options;
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
