/** Pooling of sequences, to given sizes, of the k largest, by p-norms, and its inverse. */

import { allocateArray } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { checkCount, normalizeAxis, sameShape } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { matmul } from '../declared/blas';
import type { Pair } from '../declared/convolution';
import { pair, withBatch } from '../declared/convolution';
import { tensor, zeros } from '../declared/creation';
import { gather, indexSelect, scatter } from '../declared/indexing';
import { clone, detach, reshape, squeeze, transpose, unsqueeze } from '../declared/movement';
import { mul, pow } from '../declared/pointwise';
import type { AvgPool2dOptions, Pool2dOptions, Pooled } from '../declared/pooling';
import { avgPool2d, maxPool2dWithIndices, pooledWithBatch } from '../declared/pooling';
import { argmax } from '../declared/reduction';
import { sort } from '../declared/sorting';
import { checkSequence } from './convolution';
import { flatten } from './movement';
import { topk } from './sorting';

/** Options of pooling over sequences. */
export interface Pool1dOptions {
  /** Steps of the window. Default: the kernel size. */
  readonly stride?: number;
  /** Elements at both ends, at most half the kernel. Default 0. */
  readonly padding?: number;
  /** Distance of neighbouring window elements. Default 1. */
  readonly dilation?: number;
  /** Round the output size up instead of down. Default false. */
  readonly ceilMode?: boolean;
}

/** The options of a sequence for an image of one row. */
function asRow({ stride, padding = 0, dilation = 1, ceilMode }: Pool1dOptions): Pool2dOptions {
  return {
    ...(stride !== undefined && { stride: [1, stride] as const }),
    padding: [0, padding],
    dilation: [1, dilation],
    ...(ceilMode !== undefined && { ceilMode }),
  };
}

/** The largest element of every window, and where it lies in the unpadded sequence (int32). @param x - [N, C, L] or [C, L]. */
export function maxPool1dWithIndices(
  x: Tensor,
  kernelSize: number,
  options: Pool1dOptions = {},
): Pooled {
  takes('maxPool1dWithIndices', arguments);
  if (x.ndim === 2)
    return pooledWithBatch(x, 3, (batch) => maxPool1dWithIndices(batch, kernelSize, options));
  checkSequence('maxPool1d', x);
  return scope(() => {
    const pooled = maxPool2dWithIndices(unsqueeze(x, 2), [1, kernelSize], asRow(options));
    return { values: squeeze(pooled.values, 2), indices: squeeze(pooled.indices, 2) };
  });
}

/** The largest element of every window. @param x - [N, C, L] or [C, L]. @returns [N, C, OL]. @throws ShapeError where the window is too long. */
export function maxPool1d(x: Tensor, kernelSize: number, options: Pool1dOptions = {}): Tensor {
  takes('maxPool1d', arguments);
  if (x.ndim === 2) return withBatch(x, 3, (batch) => maxPool1d(batch, kernelSize, options));
  return scope(() => maxPool1dWithIndices(x, kernelSize, options).values);
}

/** The mean of every window. @param x - [N, C, L] or [C, L]. @returns [N, C, OL]. @throws ShapeError where the window is too long. */
export function avgPool1d(
  x: Tensor,
  kernelSize: number,
  options: Omit<Pool1dOptions, 'dilation'> & Pick<AvgPool2dOptions, 'countIncludePad'> = {},
): Tensor {
  takes('avgPool1d', arguments);
  if (x.ndim === 2) return withBatch(x, 3, (batch) => avgPool1d(batch, kernelSize, options));
  checkSequence('avgPool1d', x);
  const { countIncludePad = true, ...window } = options;
  const { dilation: _, ...row } = asRow(window);
  return scope(() =>
    squeeze(avgPool2d(unsqueeze(x, 2), [1, kernelSize], { ...row, countIncludePad }), 2),
  );
}

/** Options of pooling by p-norms. */
export interface LpPoolOptions<Size = Pair> {
  /** Steps of the window. Default: the kernel size. */
  readonly stride?: Size;
  /** Round the output size up instead of down. Default false. */
  readonly ceilMode?: boolean;
}

/**
 * (Σ xᵖ)^(1/p) over every window; NaN where the sum is negative and p even, as in PyTorch.
 *
 * @param x - [N, C, H, W] or [C, H, W]. @param p - the exponent. @param kernelSize - rows and columns of the window.
 */
export function lpPool2d(
  x: Tensor,
  p: number,
  kernelSize: Pair,
  options: LpPoolOptions = {},
): Tensor {
  takes('lpPool2d', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => lpPool2d(batch, p, kernelSize, options));
  const [rows, columns] = pair('lpPool2d', 'kernelSize', kernelSize, 1);
  return scope(() => {
    const mean = avgPool2d(pow(x, p), kernelSize, options);
    return pow(mul(mean, rows * columns), 1 / p);
  });
}

/** `lpPool2d` of sequences. @param x - [N, C, L] or [C, L]. */
export function lpPool1d(
  x: Tensor,
  p: number,
  kernelSize: number,
  options: LpPoolOptions<number> = {},
): Tensor {
  takes('lpPool1d', arguments);
  const { stride = kernelSize, ceilMode = false } = options;
  if (x.ndim === 2)
    return withBatch(x, 3, (batch) => lpPool1d(batch, p, kernelSize, { stride, ceilMode }));
  checkSequence('lpPool1d', x);
  const row = { stride: [1, stride] as const, ceilMode };
  return scope(() => squeeze(lpPool2d(unsqueeze(x, 2), p, [1, kernelSize], row), 2));
}

/** Equal pieces of an axis: the first element of each, the one behind its last, and the size of the largest. */
interface Pieces {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly largest: number;
}

/** `output` equal pieces of an axis; neighbours may share an element. */
function pieces(op: string, x: Tensor, axis: number, output: number): Pieces {
  checkCount(op, 'size', output, 1);
  const size = x.shape[axis];
  if (size < 1) throw new ShapeError(op, `axis ${axis} is empty`, { args: { x } });
  const [starts, ends] = [allocateArray('int32', output), allocateArray('int32', output)];
  let largest = 0;
  for (let i = 0; i < output; i++) {
    starts[i] = Math.floor((i * size) / output);
    ends[i] = Math.ceil(((i + 1) * size) / output);
    largest = Math.max(largest, ends[i] - starts[i]);
  }
  return { starts, ends, largest };
}

/** The matrix [size, output] that averages the pieces of an axis. */
function averaging(op: string, x: Tensor, axis: number, output: number): Tensor {
  const { starts, ends } = pieces(op, x, axis, output);
  const size = x.shape[axis];
  const data = allocateArray('float64', size * output);
  starts.forEach((start, i) => {
    for (let j = start; j < ends[i]; j++) data[j * output + i] = 1 / (ends[i] - start);
  });
  return tensor(data, { shape: [size, output], dtype: x.dtype, device: x.device });
}

/** Rows and columns of an adaptive pooling; null keeps an axis as it is. */
export type AdaptiveSize = number | readonly [number | null, number | null];

function adaptiveSize(op: string, x: Tensor, size: AdaptiveSize): readonly [number, number] {
  if (x.ndim !== 4) {
    throw new ShapeError(op, 'x must have four axes', { args: { x }, expected: 'x: [N, C, H, W]' });
  }
  const [rows, columns] = typeof size === 'number' ? [size, size] : size;
  return [rows ?? x.shape[2], columns ?? x.shape[3]];
}

/** The mean of each of `size` pieces of a sequence, which may overlap by one. @param x - [N, C, L] or [C, L]. @returns [N, C, size]. */
export function adaptiveAvgPool1d(x: Tensor, size: number): Tensor {
  takes('adaptiveAvgPool1d', arguments);
  if (x.ndim === 2) return withBatch(x, 3, (batch) => adaptiveAvgPool1d(batch, size));
  checkSequence('adaptiveAvgPool1d', x);
  return scope(() => matmul(x, averaging('adaptiveAvgPool1d', x, 2, size)));
}

/**
 * The mean of each of rows × columns pieces of an image, which may overlap by one pixel.
 *
 * @param x - [N, C, H, W] or [C, H, W]. @param size - rows and columns of the output; null leaves an axis as it is.
 * @returns [N, C, rows, columns]. @throws ShapeError for other axes; ValueError for sizes that are not positive integers.
 * @example adaptiveAvgPool2d(x, 1) // one mean a channel
 */
export function adaptiveAvgPool2d(x: Tensor, size: AdaptiveSize): Tensor {
  takes('adaptiveAvgPool2d', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => adaptiveAvgPool2d(batch, size));
  const op = 'adaptiveAvgPool2d';
  const [rows, columns] = adaptiveSize(op, x, size);
  // Pieces of one element each.
  if (rows === x.shape[2] && columns === x.shape[3]) return clone(x);
  return scope(() => {
    const flat = matmul(x, averaging(op, x, 3, columns));
    return matmul(transpose(averaging(op, x, 2, rows), 0, 1), flat);
  });
}

/**
 * The largest element of each of rows × columns pieces of an image, and where it lies: `row · W + column`, int32.
 *
 * @param x - [N, C, H, W] or [C, H, W]. @param size - rows and columns of the output; null leaves an axis as it is.
 */
export function adaptiveMaxPool2dWithIndices(x: Tensor, size: AdaptiveSize): Pooled {
  takes('adaptiveMaxPool2dWithIndices', arguments);
  if (x.ndim === 3)
    return pooledWithBatch(x, 4, (batch) => adaptiveMaxPool2dWithIndices(batch, size));
  const op = 'adaptiveMaxPool2d';
  const [rows, columns] = adaptiveSize(op, x, size);
  const high = pieces(op, x, 2, rows);
  const wide = pieces(op, x, 3, columns);
  const width = x.shape[3];
  const [tall, broad] = [high.largest, wide.largest];
  // Smaller pieces repeat their last row and column, which changes no maximum and no first place.
  const places = allocateArray('int32', rows * columns * tall * broad);
  const within = ({ starts, ends }: Pieces, i: number, u: number) =>
    Math.min(starts[i] + u, ends[i] - 1);
  let at = 0;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      for (let u = 0; u < tall; u++)
        for (let v = 0; v < broad; v++)
          places[at++] = within(high, i, u) * width + within(wide, j, v);
  return scope(() => {
    const table = tensor(places, { device: x.device });
    const flat = flatten(x, 2);
    const [n, c] = x.shape;
    const seen = reshape(indexSelect(detach(flat), 2, table), [n, c, rows * columns, tall * broad]);
    const best = argmax(seen, 3, { keepdim: true });
    const shown = reshape(table, [1, 1, rows * columns, tall * broad]).expand(seen.shape);
    const indices = squeeze(gather(shown, 3, best), 3);
    const values = gather(flat, 2, indices);
    const shape = [n, c, rows, columns];
    return { values: reshape(values, shape), indices: reshape(indices, shape) };
  });
}

/** The largest element of each of rows × columns pieces of an image. @param x - [N, C, H, W] or [C, H, W]. @returns [N, C, rows, columns]. */
export function adaptiveMaxPool2d(x: Tensor, size: AdaptiveSize): Tensor {
  takes('adaptiveMaxPool2d', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => adaptiveMaxPool2d(batch, size));
  return scope(() => adaptiveMaxPool2dWithIndices(x, size).values);
}

/** As `adaptiveMaxPool2dWithIndices`, of sequences. @param x - [N, C, L] or [C, L]. */
export function adaptiveMaxPool1dWithIndices(x: Tensor, size: number): Pooled {
  takes('adaptiveMaxPool1dWithIndices', arguments);
  if (x.ndim === 2)
    return pooledWithBatch(x, 3, (batch) => adaptiveMaxPool1dWithIndices(batch, size));
  checkSequence('adaptiveMaxPool1d', x);
  return scope(() => {
    const { values, indices } = adaptiveMaxPool2dWithIndices(unsqueeze(x, 2), [1, size]);
    return { values: squeeze(values, 2), indices: squeeze(indices, 2) };
  });
}

/** The largest element of each of `size` pieces of a sequence. @param x - [N, C, L] or [C, L]. @returns [N, C, size]. */
export function adaptiveMaxPool1d(x: Tensor, size: number): Tensor {
  takes('adaptiveMaxPool1d', arguments);
  if (x.ndim === 2) return withBatch(x, 3, (batch) => adaptiveMaxPool1d(batch, size));
  return scope(() => adaptiveMaxPool1dWithIndices(x, size).values);
}

/**
 * Puts pooled values back where they were found, zeros elsewhere: the partial inverse of max-pooling with indices.
 *
 * @param x - [N, C, H, W] or [C, H, W]. @param indices - int32, the shape of x: `row · W + column` of the output.
 * @param outputSize - rows and columns of the output.
 * @throws ShapeError where the indices have another shape; IndexError where one lies outside the output.
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  outputSize: readonly [number, number],
): Tensor {
  takes('maxUnpool2d', arguments);
  const op = 'maxUnpool2d';
  if (!sameShape(x.shape, indices.shape)) {
    throw new ShapeError(op, 'values and indices differ in shape', { args: { x, indices } });
  }
  if (x.ndim === 3) {
    return withBatch(x, 4, (batch) => maxUnpool2d(batch, unsqueeze(indices, 0), outputSize));
  }
  if (x.ndim !== 4) {
    throw new ShapeError(op, 'x must have four axes', {
      args: { x },
      expected: 'x: [N, C, H, W] or [C, H, W]',
    });
  }
  const [rows, columns] = pair(op, 'outputSize', outputSize, 1);
  const [n, c] = x.shape;
  return scope(() => {
    const empty = zeros([n, c, rows * columns], { dtype: x.dtype, device: x.device });
    const filled = scatter(empty, 2, flatten(indices, 2), flatten(x, 2));
    return reshape(filled, [n, c, rows, columns]);
  });
}

/** `maxUnpool2d` of sequences. @param x - [N, C, L] or [C, L]. @param outputSize - the length of the output. */
export function maxUnpool1d(x: Tensor, indices: Tensor, outputSize: number): Tensor {
  takes('maxUnpool1d', arguments);
  if (x.ndim === 2 && sameShape(x.shape, indices.shape)) {
    return withBatch(x, 3, (batch) => maxUnpool1d(batch, unsqueeze(indices, 0), outputSize));
  }
  checkSequence('maxUnpool1d', x);
  return scope(() =>
    squeeze(maxUnpool2d(unsqueeze(x, 2), unsqueeze(indices, 2), [1, outputSize]), 2),
  );
}

/**
 * The k largest elements along an axis, in the order in which they stand there.
 *
 * @param axis - default the last. @returns x with k elements on the axis. @throws where there are fewer. Source: Kalchbrenner et al. 2014.
 */
export function kMaxPool(x: Tensor, k: number, axis = -1): Tensor {
  takes('kMaxPool', arguments);
  const at = normalizeAxis('kMaxPool', axis, x.ndim);
  return scope(() => {
    const { indices } = topk(detach(x), k, at);
    return gather(x, at, sort(indices, at).values);
  });
}
