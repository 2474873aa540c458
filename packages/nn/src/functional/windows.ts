/** Windows over sequences, which are images of one row, and pooling to a given size. */

import type { AvgPool2dOptions, Tensor } from '@dl/tensor';
import {
  avgPool2d,
  conv2d,
  gather,
  matmul,
  maxPool2d,
  normalizeAxis,
  ShapeError,
  scope,
  sort,
  tensor,
  topk,
  ValueError,
} from '@dl/tensor';

/** Options of `conv1d`. */
export interface Conv1dOptions {
  /** Steps of the window. Default 1. */
  readonly stride?: number;
  /** Zeros at both ends: a size, `'valid'` (none) or `'same'` (output as long as the input; stride 1). Default 0. */
  readonly padding?: number | 'valid' | 'same';
  /** Distance of neighbouring kernel elements. Default 1. */
  readonly dilation?: number;
  /** Channels are cut into as many groups, which do not mix. Default 1. */
  readonly groups?: number;
}

/** Options of pooling over sequences. */
export interface Pool1dOptions {
  /** Steps of the window. Default: the kernel size. */
  readonly stride?: number;
  /** Elements at both ends, at most half the kernel. Default 0. */
  readonly padding?: number;
  /** Round the output size up instead of down. Default false. */
  readonly ceilMode?: boolean;
}

function checkSequence(op: string, x: Tensor): void {
  if (x.ndim === 3) return;
  throw new ShapeError(op, 'x must have three axes', { args: { x }, expected: 'x: [N, C, L]' });
}

/**
 * Slides kernels over sequences: out[n, o, i] = b[o] + Σ x[n, c, i·s + u·d − p] · w[o, c, u].
 *
 * @param x - [N, C, L]. @param weight - [O, C / groups, K]. @param bias - [O], default none.
 * @returns [N, O, OL]. @throws ShapeError where channels do not fit or the kernel is longer than the sequence.
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv1dOptions = {},
): Tensor {
  checkSequence('conv1d', x);
  return scope(() =>
    conv2d(x.unsqueeze(2), weight.unsqueeze(2), bias, {
      stride: [1, stride],
      padding: typeof padding === 'number' ? [0, padding] : padding,
      dilation: [1, dilation],
      groups,
    }).squeeze(2),
  );
}

/** The largest element of every window. @param x - [N, C, L]. @returns [N, C, OL]. @throws ShapeError where the window is too long. */
export function maxPool1d(
  x: Tensor,
  kernelSize: number,
  {
    stride = kernelSize,
    padding = 0,
    dilation = 1,
    ceilMode,
  }: Pool1dOptions & { readonly dilation?: number } = {},
): Tensor {
  checkSequence('maxPool1d', x);
  return scope(() =>
    maxPool2d(x.unsqueeze(2), [1, kernelSize], {
      stride: [1, stride],
      padding: [0, padding],
      dilation: [1, dilation],
      ceilMode,
    }).squeeze(2),
  );
}

/** The mean of every window. @param x - [N, C, L]. @returns [N, C, OL]. @throws ShapeError where the window is too long. */
export function avgPool1d(
  x: Tensor,
  kernelSize: number,
  {
    stride = kernelSize,
    padding = 0,
    ...options
  }: Pool1dOptions & Pick<AvgPool2dOptions, 'countIncludePad'> = {},
): Tensor {
  checkSequence('avgPool1d', x);
  return scope(() =>
    avgPool2d(x.unsqueeze(2), [1, kernelSize], {
      stride: [1, stride],
      padding: [0, padding],
      ...options,
    }).squeeze(2),
  );
}

/** The matrix [output, size] that averages what falls to each of `output` equal pieces of an axis. */
function averaging(op: string, x: Tensor, axis: number, output: number): Tensor {
  const size = x.shape[axis];
  if (!Number.isInteger(output) || output < 1 || size < 1) {
    throw new ValueError(op, 'the output sizes must be positive integers', { args: { x, output } });
  }
  const data = new Float64Array(output * size);
  for (let i = 0; i < output; i++) {
    const start = Math.floor((i * size) / output);
    const end = Math.ceil(((i + 1) * size) / output);
    data.fill(1 / (end - start), i * size + start, i * size + end);
  }
  return tensor(data, { shape: [output, size], dtype: x.dtype, device: x.device });
}

/** The mean of each of `size` pieces of a sequence, which may overlap by one. @param x - [N, C, L]. @returns [N, C, size]. */
export function adaptiveAvgPool1d(x: Tensor, size: number): Tensor {
  checkSequence('adaptiveAvgPool1d', x);
  return scope(() => matmul(x, averaging('adaptiveAvgPool1d', x, 2, size).transpose(0, 1)));
}

/**
 * The mean of each of rows × columns pieces of an image, which may overlap by one pixel.
 *
 * @param x - [N, C, H, W]. @param size - rows and columns of the output; null leaves an axis as it is.
 * @returns [N, C, rows, columns]. @throws ShapeError for other axes; ValueError for sizes that are not positive integers.
 * @example adaptiveAvgPool2d(x, 1) // one mean a channel
 */
export function adaptiveAvgPool2d(
  x: Tensor,
  size: number | readonly [number | null, number | null],
): Tensor {
  const op = 'adaptiveAvgPool2d';
  if (x.ndim !== 4)
    throw new ShapeError(op, 'x must have four axes', { args: { x }, expected: 'x: [N, C, H, W]' });
  const [rows, columns] = typeof size === 'number' ? [size, size] : size;
  return scope(() => {
    const flat = matmul(x, averaging(op, x, 3, columns ?? x.shape[3]).transpose(0, 1));
    return matmul(averaging(op, x, 2, rows ?? x.shape[2]), flat);
  });
}

/**
 * The k largest elements along an axis, in the order in which they stand there.
 *
 * @param axis - default the last. @returns x with k elements on the axis. @throws where there are fewer. Source: Kalchbrenner et al. 2014.
 */
export function kMaxPool(x: Tensor, k: number, axis = -1): Tensor {
  const at = normalizeAxis('kMaxPool', axis, x.ndim);
  return scope(() => {
    const { indices } = topk(x.detach(), k, at);
    return gather(x, at, sort(indices, at).values);
  });
}
