/** Images of another size, and channels as pixels. */

import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { matmul } from '../declared/blas';
import { tensor } from '../declared/creation';
import { indexSelect } from '../declared/indexing';
import { permute, reshape, transpose } from '../declared/movement';
import { movedim } from './movement';
import { adaptiveAvgPool2d } from './pooling';

/** How `interpolate` fills in. */
export type InterpolationMode =
  | 'nearest'
  | 'nearest-exact'
  | 'linear'
  | 'bilinear'
  | 'bicubic'
  | 'area';

/** Options of `interpolate`: either `size` or `scaleFactor`. */
export interface InterpolateOptions {
  /** The size of the output: one number for all axes, or one an axis. */
  readonly size?: number | readonly number[];
  /** Multiplies the sizes instead. */
  readonly scaleFactor?: number | readonly number[];
  /** Default 'nearest'. */
  readonly mode?: InterpolationMode;
  /** Whether the corner pixels keep their values ('linear', 'bilinear', 'bicubic'). Default false. */
  readonly alignCorners?: boolean;
  /** Whether positions follow the sizes rather than the scale factor given. Default false. */
  readonly recomputeScaleFactor?: boolean;
}

/** How far input pixels lie from one output pixel to the next. */
function stepOf(size: number, output: number, scale: number | undefined, corners: boolean): number {
  if (corners) return output > 1 ? (size - 1) / (output - 1) : 0;
  return scale === undefined ? size / output : 1 / scale;
}

/** The cubic convolution of Keys with a = −0.75, at distance t. */
function cubic(t: number): number {
  const a = -0.75;
  const d = Math.abs(t);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/** The matrix [size, output] of the weights that input pixels have in output pixels. */
function weights(
  size: number,
  output: number,
  step: number,
  mode: 'linear' | 'cubic',
  corners: boolean,
): Float64Array {
  const data = new Float64Array(size * output);
  const give = (pixel: number, i: number, weight: number) => {
    data[Math.min(Math.max(pixel, 0), size - 1) * output + i] += weight;
  };
  for (let i = 0; i < output; i++) {
    const at = corners ? i * step : (i + 0.5) * step - 0.5;
    if (mode === 'cubic') {
      const first = Math.floor(at);
      for (let k = -1; k <= 2; k++) give(first + k, i, cubic(at - first - k));
    } else {
      const inside = Math.max(at, 0);
      const first = Math.min(Math.floor(inside), size - 1);
      give(first, i, 1 - (inside - first));
      give(first + 1, i, inside - first);
    }
  }
  return data;
}

/** One axis of x at another size. */
function resizeAxis(
  x: Tensor,
  axis: number,
  output: number,
  scale: number | undefined,
  mode: Exclude<InterpolationMode, 'area'>,
  corners: boolean,
): Tensor {
  const size = x.shape[axis];
  if (mode === 'nearest' || mode === 'nearest-exact') {
    const step = stepOf(size, output, scale, false);
    const shift = mode === 'nearest' ? 0 : 0.5;
    const places = Int32Array.from({ length: output }, (_, i) =>
      Math.min(Math.floor((i + shift) * step), size - 1),
    );
    return indexSelect(x, axis, tensor(places, { device: x.device }));
  }
  const step = stepOf(size, output, scale, corners);
  const kind = mode === 'bicubic' ? 'cubic' : 'linear';
  const options = { shape: [size, output], dtype: x.dtype, device: x.device };
  const matrix = tensor(weights(size, output, step, kind, corners), options);
  if (axis === x.ndim - 1) return matmul(x, matrix);
  return movedim(matmul(movedim(x, axis, -1), matrix), -1, axis);
}

/**
 * Images or sequences at another size.
 *
 * @param x - [N, C, L] or [N, C, H, W].
 * @returns [N, C, …] at the size asked for; with a scale factor ⌊size · factor⌋.
 * @throws ValueError unless exactly one of `size` and `scaleFactor` is given, positive, and the mode fits the axes.
 * @example interpolate(images, { scaleFactor: 2, mode: 'bilinear' })
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  takes('interpolate', arguments);
  const { mode = 'nearest', alignCorners = false } = options;
  const axes = x.ndim - 2;
  if (axes !== 1 && axes !== 2) {
    throw new ShapeError('interpolate', 'x must have three or four axes', { args: { x } });
  }
  const fits = { linear: axes === 1, bilinear: axes === 2, bicubic: axes === 2 } as Record<
    string,
    boolean
  >;
  if (fits[mode] === false) {
    throw new ValueError('interpolate', `mode '${mode}' is for other axes`, { args: { x } });
  }
  if ((options.size === undefined) === (options.scaleFactor === undefined)) {
    throw new ValueError('interpolate', 'give either a size or a scale factor');
  }
  const each = (value: number | readonly number[]) =>
    typeof value === 'number' ? Array.from({ length: axes }, () => value) : value;
  const scales = options.scaleFactor === undefined ? undefined : each(options.scaleFactor);
  const sizes = scales
    ? scales.map((scale, i) => Math.floor(x.shape[2 + i] * scale))
    : each(options.size as number);
  if (sizes.length !== axes || sizes.some((size) => !Number.isInteger(size) || size < 1)) {
    throw new ValueError('interpolate', 'the output sizes must be positive integers', {
      args: { x, size: sizes },
    });
  }
  return scope(() => {
    if (mode === 'area') {
      const image = axes === 2 ? x : x.unsqueeze(2);
      const pooled = adaptiveAvgPool2d(
        image,
        axes === 2 ? (sizes as [number, number]) : [1, sizes[0]],
      );
      return axes === 2 ? pooled : pooled.squeeze(2);
    }
    let y = x;
    sizes.forEach((size, i) => {
      const scale = options.recomputeScaleFactor ? undefined : scales?.[i];
      y = resizeAxis(y, 2 + i, size, scale, mode, alignCorners);
    });
    return y;
  });
}

/**
 * Rearranges channels into pixels: [N, C·r², H, W] → [N, C, H·r, W·r].
 *
 * @param factor - r. @throws ShapeError where r² does not divide the channels. Source: Shi et al. 2016.
 */
export function pixelShuffle(x: Tensor, factor: number): Tensor {
  takes('pixelShuffle', arguments);
  const [height, width] = x.shape.slice(-2);
  const channels = x.shape[x.ndim - 3] / (factor * factor);
  if (x.ndim < 3 || !Number.isInteger(channels)) {
    throw new ShapeError('pixelShuffle', 'the channels do not divide', { args: { x, factor } });
  }
  return scope(() => {
    const apart = reshape(x, [-1, channels, factor, factor, height, width]);
    const mixed = permute(apart, [0, 1, 4, 2, 5, 3]);
    return reshape(mixed, [...x.shape.slice(0, -3), channels, height * factor, width * factor]);
  });
}

/** The inverse of `pixelShuffle`: [N, C, H·r, W·r] → [N, C·r², H, W]. @throws ShapeError where r does not divide rows and columns. */
export function pixelUnshuffle(x: Tensor, factor: number): Tensor {
  takes('pixelUnshuffle', arguments);
  const [height, width] = x.shape.slice(-2).map((size) => size / factor);
  if (x.ndim < 3 || !Number.isInteger(height) || !Number.isInteger(width)) {
    throw new ShapeError('pixelUnshuffle', 'rows and columns do not divide', {
      args: { x, factor },
    });
  }
  const channels = x.shape[x.ndim - 3];
  return scope(() => {
    const apart = reshape(x, [-1, channels, height, factor, width, factor]);
    const mixed = permute(apart, [0, 1, 3, 5, 2, 4]);
    return reshape(mixed, [...x.shape.slice(0, -3), channels * factor * factor, height, width]);
  });
}

/** Rearranges the channels of groups: [N, g·c, …] → the first of each group, then the second, …. @throws ShapeError where g does not divide them. */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  takes('channelShuffle', arguments);
  if (x.ndim < 3 || x.shape[1] % groups !== 0) {
    throw new ShapeError('channelShuffle', 'the groups do not divide the channels', {
      args: { x, groups },
    });
  }
  return scope(() => {
    const apart = reshape(x, [x.shape[0], groups, x.shape[1] / groups, -1]);
    return reshape(transpose(apart, 1, 2), x.shape);
  });
}
