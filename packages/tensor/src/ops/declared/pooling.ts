/** Pooling over windows of images. */

import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { PoolAttributes, PrimitiveDeclaration, Spec } from '../table';
import type { Pair } from './convolution';
import { pair, withBatch } from './convolution';
import { tensor } from './creation';
import { squeeze, unsqueeze } from './movement';
import { div } from './pointwise';

/** Options of the pooling functions. */
export interface Pool2dOptions {
  /** Steps of the window. Default: the kernel size. */
  readonly stride?: Pair;
  /** Rows and columns around the image, at most half the kernel. Default 0. */
  readonly padding?: Pair;
  /** Distance of neighbouring window elements. Default 1. */
  readonly dilation?: Pair;
  /** Round the output size up instead of down. Default false. */
  readonly ceilMode?: boolean;
}

const inferPool = ([x]: readonly [Tensor], { output }: PoolAttributes): Spec => ({
  shape: [x.shape[0], x.shape[1], ...output],
  dtype: x.dtype,
});

export const maxPool2dOp: PrimitiveDeclaration<'maxPool2d'> = {
  kind: 'primitive',
  name: 'maxPool2d',
  infer(inputs, attributes) {
    const spec = inferPool(inputs, attributes);
    return [spec, { shape: spec.shape, dtype: 'int32' }];
  },
};

export const sumPool2dOp: PrimitiveDeclaration<'sumPool2d'> = {
  kind: 'primitive',
  name: 'sumPool2d',
  infer: (inputs, attributes) => [inferPool(inputs, attributes)],
};

export const sumPool2dInputOp: PrimitiveDeclaration<'sumPool2dInput'> = {
  kind: 'primitive',
  name: 'sumPool2dInput',
  infer: ([g], { inputSize }) => [
    { shape: [g.shape[0], g.shape[1], ...inputSize], dtype: g.dtype },
  ],
};

/** Checks the arguments of a pooling function and works out its output size. */
function resolve(op: string, x: Tensor, kernelSize: Pair, options: Pool2dOptions): PoolAttributes {
  if (x.ndim !== 4) {
    throw new ShapeError(op, 'x must have four axes', { args: { x }, expected: 'x: [N, C, H, W]' });
  }
  const kernel = pair(op, 'kernelSize', kernelSize, 1);
  const stride = pair(op, 'stride', options.stride ?? kernel, 1);
  const dilation = pair(op, 'dilation', options.dilation ?? 1, 1);
  const around = pair(op, 'padding', options.padding ?? 0, 0);
  if (around[0] * 2 > kernel[0] || around[1] * 2 > kernel[1]) {
    throw new ValueError(op, 'padding must be at most half the kernel', {
      args: { padding: around, kernel },
    });
  }
  const size = (axis: 0 | 1): number => {
    const padded = x.shape[2 + axis] + 2 * around[axis];
    const span = padded - dilation[axis] * (kernel[axis] - 1) - 1;
    const count = (options.ceilMode ? Math.ceil : Math.floor)(span / stride[axis]) + 1;
    // A window that would begin in the padding at the end is dropped, as in PyTorch.
    const beyond = (count - 1) * stride[axis] >= x.shape[2 + axis] + around[axis];
    return options.ceilMode && beyond ? count - 1 : count;
  };
  const output = [size(0), size(1)] as const;
  if (output[0] < 1 || output[1] < 1) {
    throw new ShapeError(op, 'the window is larger than the padded image', { args: { x, kernel } });
  }
  const padding = [around[0], around[0], around[1], around[1]] as const;
  return { kernel, stride, padding, dilation, output };
}

/**
 * The largest element of every window.
 *
 * @param x - [N, C, H, W] or [C, H, W]. @param kernelSize - rows and columns of the window.
 * @returns [N, C, OH, OW]. Padding never wins; the first of equal elements gets the gradient.
 * @example maxPool2d(x, 2) // halves rows and columns
 */
export function maxPool2d(x: Tensor, kernelSize: Pair, options: Pool2dOptions = {}): Tensor {
  takes('maxPool2d', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => maxPool2d(batch, kernelSize, options));
  const { values, indices } = maxPool2dWithIndices(x, kernelSize, options);
  indices.dispose();
  return values;
}

/** What a window shows, and where it lies. */
export interface Pooled {
  /** One element a window. */
  readonly values: Tensor;
  /** Its place, int32, the shape of `values`. */
  readonly indices: Tensor;
}

/** As `withBatch`, of a pooling with places. */
export function pooledWithBatch(x: Tensor, axes: number, f: (batch: Tensor) => Pooled): Pooled {
  if (x.ndim !== axes - 1) return f(x);
  return scope(() => {
    const { values, indices } = f(unsqueeze(x, 0));
    return { values: squeeze(values, 0), indices: squeeze(indices, 0) };
  });
}

/** As `maxPool2d`, with where each maximum was found: `row · W + column` of the unpadded image, int32. @param x - [N, C, H, W] or [C, H, W]. */
export function maxPool2dWithIndices(
  x: Tensor,
  kernelSize: Pair,
  options: Pool2dOptions = {},
): Pooled {
  takes('maxPool2dWithIndices', arguments);
  if (x.ndim === 3)
    return pooledWithBatch(x, 4, (batch) => maxPool2dWithIndices(batch, kernelSize, options));
  const attributes = resolve('maxPool2d', x, kernelSize, options);
  const [values, indices] = run(maxPool2dOp, [x], attributes);
  return { values, indices };
}

/** Options of `avgPool2d`. */
export interface AvgPool2dOptions extends Omit<Pool2dOptions, 'dilation'> {
  /** Whether zeros of the padding count in the divisor. Default true. */
  readonly countIncludePad?: boolean;
  /** A fixed divisor instead of the window's size. */
  readonly divisorOverride?: number;
}

/**
 * The mean of every window.
 *
 * @param x - [N, C, H, W] or [C, H, W]. @param kernelSize - rows and columns of the window.
 * @returns [N, C, OH, OW].
 */
export function avgPool2d(x: Tensor, kernelSize: Pair, options: AvgPool2dOptions = {}): Tensor {
  takes('avgPool2d', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => avgPool2d(batch, kernelSize, options));
  const attributes = resolve('avgPool2d', x, kernelSize, options);
  return scope(() => {
    const total = run(sumPool2dOp, [x], attributes)[0];
    const { divisorOverride, countIncludePad = true } = options;
    if (divisorOverride !== undefined) return div(total, divisorOverride);
    return div(total, windowSizes(x, attributes, countIncludePad));
  });
}

/** How many elements each window has: [OH, OW], or one number where all are whole. */
function windowSizes(
  x: Tensor,
  attributes: PoolAttributes,
  countPadding: boolean,
): Tensor | number {
  const { kernel, stride, padding, output } = attributes;
  const count = (axis: 0 | 1): number[] =>
    Array.from({ length: output[axis] }, (_, i) => {
      const size = x.shape[2 + axis];
      const around = padding[2 * axis];
      const start = i * stride[axis] - around;
      const end = Math.min(start + kernel[axis], size + around);
      return countPadding ? end - start : Math.min(end, size) - Math.max(start, 0);
    });
  const [rows, columns] = [count(0), count(1)];
  if ([...rows, ...columns].every((n, i) => n === kernel[i < rows.length ? 0 : 1])) {
    return kernel[0] * kernel[1];
  }
  const sizes = Float64Array.from(rows.flatMap((h) => columns.map((w) => h * w)));
  return tensor(sizes, { shape: output, dtype: x.dtype, device: x.device });
}
