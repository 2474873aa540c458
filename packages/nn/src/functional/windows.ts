/** Convolution and pooling over sequences: images of one row. */

import type { AvgPool2dOptions, Tensor } from '@dl/tensor';
import { avgPool2d, conv2d, maxPool2d, ShapeError, scope } from '@dl/tensor';

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
