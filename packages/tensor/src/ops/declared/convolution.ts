/** Convolution as deep learning uses the word: correlation of images with kernels. */

import { DTypeError, ShapeError, ValueError } from '../../core/errors';
import { isCount, sameShape } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectSameDType } from '../operand';
import type {
  ConvAttributes,
  FusedDeclaration,
  PrimitiveDeclaration,
  UpdateDeclaration,
} from '../table';
import { relu, throughRelu } from './activation';
import { reshape, squeeze, unsqueeze } from './movement';
import { add } from './pointwise';

/** One number for rows and columns, or [rows, columns]. */
export type Pair = number | readonly [number, number];

/** Options of `conv2d`. */
export interface Conv2dOptions {
  /** Steps of the window. Default 1. */
  readonly stride?: Pair;
  /**
   * Zeros around the image: a size, `'valid'` (none), `'same'` (output as large as the input; stride 1) or `'full'` (every
   * place where kernel and image meet). Default 0.
   */
  readonly padding?: Pair | 'valid' | 'same' | 'full';
  /** Distance of neighbouring kernel elements. Default 1. */
  readonly dilation?: Pair;
  /** Channels are cut into as many groups, which do not mix. Default 1. */
  readonly groups?: number;
  /** What is applied to the result, without a pass of its own. Default none. */
  readonly activation?: 'relu';
}

/** [rows, columns] of a pair, refused below `least`. */
export function pair(
  op: string,
  name: string,
  value: Pair,
  least: number,
): readonly [number, number] {
  const both = typeof value === 'number' ? ([value, value] as const) : value;
  if (both.length !== 2 || !both.every((n) => isCount(n, least))) {
    throw new ValueError(op, `${name} must be integers from ${least} to 2³¹ − 1`, {
      args: { [name]: value },
    });
  }
  return both;
}

/** Lets `f` see a batch of one where x has no axis of examples, and takes that axis away again. */
export function withBatch(x: Tensor, axes: number, f: (batch: Tensor) => Tensor): Tensor {
  if (x.ndim !== axes - 1) return f(x);
  return scope(() => squeeze(f(unsqueeze(x, 0)), 0));
}

/** The output size of a window that moves over a padded axis. */
function windowCount(size: number, kernel: number, stride: number, dilation: number): number {
  return Math.floor((size - dilation * (kernel - 1) - 1) / stride) + 1;
}

export const conv2dOp: PrimitiveDeclaration<'conv2d'> = {
  kind: 'primitive',
  name: 'conv2d',
  infer([x, weight], attributes) {
    expectSameDType('conv2d', { x, weight });
    checkChannels(x, weight, attributes.groups);
    const [n, , height, width] = x.shape;
    const [out, , kh, kw] = weight.shape;
    const { stride, padding, dilation } = attributes;
    const rows = windowCount(height + padding[0] + padding[1], kh, stride[0], dilation[0]);
    const columns = windowCount(width + padding[2] + padding[3], kw, stride[1], dilation[1]);
    if (kh < 1 || kw < 1) {
      throw new ShapeError('conv2d', 'the kernel is empty', { args: { x, weight } });
    }
    if (rows <= 0 || columns <= 0) {
      throw new ShapeError('conv2d', 'the kernel is larger than the padded image', {
        args: { x, weight, padding, dilation },
      });
    }
    return [{ shape: [n, out, rows, columns], dtype: x.dtype }];
  },
};

function checkChannels(x: Tensor, weight: Tensor, groups: number): void {
  const fits =
    x.ndim === 4 &&
    weight.ndim === 4 &&
    x.shape[1] === weight.shape[1] * groups &&
    weight.shape[0] % groups === 0;
  if (fits) return;
  throw new ShapeError('conv2d', 'channels do not fit', {
    args: { x, weight, groups },
    expected: 'x: [N, C, H, W], weight: [O, C / groups, KH, KW], O divisible by groups',
  });
}

function checkBias(weight: Tensor, bias: Tensor | undefined): void {
  if (!bias) return;
  expectSameDType('conv2d', { weight, bias });
  if (bias.ndim === 1 && bias.shape[0] === weight.shape[0]) return;
  throw new ShapeError('conv2d', 'bias does not fit', {
    args: { weight, bias },
    expected: `bias: [${weight.shape[0]}]`,
  });
}

/** A bias for each channel, and the activation. */
function finish(y: Tensor, bias: Tensor | undefined, activation: 'none' | 'relu'): Tensor {
  const shifted = bias ? add(y, reshape(bias, [-1, 1, 1])) : y;
  return activation === 'relu' ? relu(shifted) : shifted;
}

export const convolutionOp: FusedDeclaration<'convolution'> = {
  kind: 'fused',
  name: 'convolution',
  infer([x, weight, bias], attributes) {
    checkBias(weight, bias);
    if (attributes.activation === 'relu' && x.dtype === 'bool') {
      throw new DTypeError('conv2d', 'relu is not defined for bool', {
        args: { x, weight },
        hint: 'cast them: x.cast("float32")',
      });
    }
    return conv2dOp.infer([x, weight], attributes);
  },
  define([x, weight, bias], { activation, ...attributes }) {
    return [finish(run(conv2dOp, [x, weight], attributes)[0], bias, activation)];
  },
  activated: throughRelu,
};

/** target ← activation(target + x ⋆ w + b): what an inference scope makes of a sum that is read last there. Its definition is not recorded. */
export const convolveIntoOp: UpdateDeclaration<'convolveInto'> = {
  kind: 'update',
  name: 'convolveInto',
  targets: [0],
  check([target, x, weight, bias], attributes) {
    const [{ shape }] = convolutionOp.infer([x, weight, bias], attributes);
    expectSameDType('convolveInto', { target, x });
    if (sameShape(target.shape, shape)) return;
    throw new ShapeError('convolveInto', 'the target does not fit', {
      args: { target, x, weight },
      expected: `target: [${shape.join(', ')}]`,
    });
  },
  define([target, x, weight, bias], { activation, ...attributes }) {
    const [y] = run(conv2dOp, [x, weight], attributes);
    return [finish(add(target, y), bias, activation)];
  },
};

export const conv2dInputOp: PrimitiveDeclaration<'conv2dInput'> = {
  kind: 'primitive',
  name: 'conv2dInput',
  infer([g, weight], { groups, inputSize }) {
    expectSameDType('conv2dInput', { g, weight });
    if (g.ndim !== 4 || weight.ndim !== 4 || g.shape[1] !== weight.shape[0]) {
      throw new ShapeError('conv2dInput', 'channels do not fit', { args: { g, weight } });
    }
    return [{ shape: [g.shape[0], weight.shape[1] * groups, ...inputSize], dtype: g.dtype }];
  },
};

export const conv2dWeightOp: PrimitiveDeclaration<'conv2dWeight'> = {
  kind: 'primitive',
  name: 'conv2dWeight',
  infer([x, g], { groups, kernelSize }) {
    expectSameDType('conv2dWeight', { x, g });
    if (x.ndim !== 4 || g.ndim !== 4 || x.shape[0] !== g.shape[0]) {
      throw new ShapeError('conv2dWeight', 'batches do not fit', { args: { x, g } });
    }
    return [{ shape: [g.shape[1], x.shape[1] / groups, ...kernelSize], dtype: x.dtype }];
  },
};

function resolve(weight: Tensor, options: Conv2dOptions): ConvAttributes {
  const { padding = 0, groups = 1 } = options;
  const stride = pair('conv2d', 'stride', options.stride ?? 1, 1);
  const dilation = pair('conv2d', 'dilation', options.dilation ?? 1, 1);
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ValueError('conv2d', 'groups must be a positive integer', { args: { groups } });
  }
  return { stride, dilation, groups, padding: resolvePadding(weight, padding, stride, dilation) };
}

function resolvePadding(
  weight: Tensor,
  padding: Pair | 'valid' | 'same' | 'full',
  stride: readonly [number, number],
  dilation: readonly [number, number],
): ConvAttributes['padding'] {
  if (padding === 'valid') return [0, 0, 0, 0];
  const span = [0, 1].map((axis) => dilation[axis] * (weight.shape[2 + axis] - 1));
  if (padding === 'full') return [span[0], span[0], span[1], span[1]];
  if (padding === 'same') {
    if (stride[0] !== 1 || stride[1] !== 1) {
      throw new ValueError('conv2d', "padding 'same' needs stride 1", { args: { stride } });
    }
    const [rows, columns] = span;
    // An odd rest goes to the end, as in PyTorch.
    return [rows >> 1, rows - (rows >> 1), columns >> 1, columns - (columns >> 1)];
  }
  const [rows, columns] = pair('conv2d', 'padding', padding, 0);
  return [rows, rows, columns, columns];
}

/**
 * Slides kernels over images: out[n, o, i, j] = b[o] + Σ x[n, c, i·s + u·d − p, j·s + v·d − p] · w[o, c, u, v].
 *
 * @param x - [N, C, H, W], or [C, H, W] without an axis of examples. @param weight - [O, C / groups, KH, KW].
 * @param bias - [O], default none. @returns [N, O, OH, OW] with OH = ⌊(H + 2p − d(KH − 1) − 1) / s⌋ + 1.
 * @throws ShapeError where channels do not fit or the kernel is larger than the image.
 * @example conv2d(images, kernels, bias, { stride: 2, padding: 1 })
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: Conv2dOptions = {},
): Tensor {
  takes('conv2d', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => conv2d(batch, weight, bias, options));
  checkChannels(x, weight, options.groups ?? 1);
  const attributes = resolve(weight, options);
  const { activation = 'none' } = options;
  if (!bias && activation === 'none') return run(conv2dOp, [x, weight], attributes)[0];
  return run(convolutionOp, [x, weight, bias], { ...attributes, activation })[0];
}
