/** Convolutions other than of images, of sequences and transposed, the plain correlation, and windows as columns. */

import { allocateArray } from '../../core/dtype';
import { ShapeError, ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { Pair } from '../declared/convolution';
import { conv2d, conv2dInputOp, pair, withBatch } from '../declared/convolution';
import { tensor, zeros } from '../declared/creation';
import { indexSelect, scatterAdd } from '../declared/indexing';
import { reshape, squeeze, unsqueeze } from '../declared/movement';
import { add } from '../declared/pointwise';
import { flatten } from './movement';
import { pad } from './padding';

/** Options of `conv1d`. */
export interface Conv1dOptions {
  /** Steps of the window. Default 1. */
  readonly stride?: number;
  /** Zeros at both ends: a size, `'valid'` (none), `'same'` (output as long as the input; stride 1) or `'full'`. Default 0. */
  readonly padding?: number | 'valid' | 'same' | 'full';
  /** Distance of neighbouring kernel elements. Default 1. */
  readonly dilation?: number;
  /** Channels are cut into as many groups, which do not mix. Default 1. */
  readonly groups?: number;
}

/** Refuses what is not [N, C, L]. */
export function checkSequence(op: string, x: Tensor): void {
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
  options: Conv1dOptions = {},
): Tensor {
  takes('conv1d', arguments);
  if (x.ndim === 2) return withBatch(x, 3, (batch) => conv1d(batch, weight, bias, options));
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  checkSequence('conv1d', x);
  checkSequence('conv1d', weight);
  return scope(() =>
    squeeze(
      conv2d(unsqueeze(x, 2), unsqueeze(weight, 2), bias, {
        stride: [1, stride],
        padding: typeof padding === 'number' ? [0, padding] : padding,
        dilation: [1, dilation],
        groups,
      }),
      2,
    ),
  );
}

/** Options of `convTranspose2d`. */
export interface ConvTranspose2dOptions {
  /** Steps of the window in the output. Default 1. */
  readonly stride?: Pair;
  /** Rows and columns taken away on each side of the output. Default 0. */
  readonly padding?: Pair;
  /** Rows and columns more at the end: which of the sizes that convolve to the input's is meant. Default 0. */
  readonly outputPadding?: Pair;
  /** Distance of neighbouring kernel elements. Default 1. */
  readonly dilation?: Pair;
  /** Channels are cut into as many groups, which do not mix. Default 1. */
  readonly groups?: number;
}

/**
 * The transpose of `conv2d`: every input pixel adds its multiple of the kernel to the output; the gradient of a convolution
 * in its image.
 *
 * @param x - [N, C, H, W]. @param weight - [C, O / groups, KH, KW]. @param bias - [O], default none.
 * @returns [N, O, OH, OW] with OH = (H − 1)·s − 2p + d(KH − 1) + outputPadding + 1.
 * @throws ShapeError where channels do not fit; ValueError for an output padding that is not below stride or dilation.
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvTranspose2dOptions = {},
): Tensor {
  takes('convTranspose2d', arguments);
  const op = 'convTranspose2d';
  if (x.ndim === 3)
    return withBatch(x, 4, (batch) => convTranspose2d(batch, weight, bias, options));
  const { groups = 1 } = options;
  const stride = pair(op, 'stride', options.stride ?? 1, 1);
  const dilation = pair(op, 'dilation', options.dilation ?? 1, 1);
  const padding = pair(op, 'padding', options.padding ?? 0, 0);
  const extra = pair(op, 'outputPadding', options.outputPadding ?? 0, 0);
  const fits =
    Number.isInteger(groups) &&
    groups >= 1 &&
    x.ndim === 4 &&
    weight.ndim === 4 &&
    x.shape[1] === weight.shape[0] &&
    weight.shape[0] % groups === 0;
  if (!fits) {
    throw new ShapeError(op, 'channels do not fit', {
      args: { x, weight, groups },
      expected: 'x: [N, C, H, W], weight: [C, O / groups, KH, KW], C divisible by groups',
    });
  }
  const inputSize = [0, 1].map((axis) => {
    if (extra[axis] >= Math.max(stride[axis], dilation[axis])) {
      throw new ValueError(op, 'the output padding must be below the stride or the dilation', {
        args: { outputPadding: extra, stride, dilation },
      });
    }
    const span = dilation[axis] * (weight.shape[2 + axis] - 1) + extra[axis] + 1;
    return (x.shape[2 + axis] - 1) * stride[axis] - 2 * padding[axis] + span;
  }) as [number, number];
  if (inputSize.some((size) => size < 1)) {
    throw new ShapeError(op, 'the padding leaves nothing of the output', { args: { x, padding } });
  }
  const outputs = weight.shape[1] * groups;
  if (bias && (bias.ndim !== 1 || bias.shape[0] !== outputs)) {
    throw new ShapeError(op, 'bias does not fit', {
      args: { weight, bias },
      expected: `bias: [${outputs}]`,
    });
  }
  const around = [padding[0], padding[0], padding[1], padding[1]] as const;
  return scope(() => {
    const attributes = { stride, dilation, groups, padding: around, inputSize };
    const y = run(conv2dInputOp, [x, weight], attributes)[0];
    return bias ? add(y, reshape(bias, [-1, 1, 1])) : y;
  });
}

/** Options of `convTranspose1d`; see `ConvTranspose2dOptions`. */
export interface ConvTranspose1dOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Default 0. */
  readonly padding?: number;
  /** Default 0. */
  readonly outputPadding?: number;
  /** Default 1. */
  readonly dilation?: number;
  /** Default 1. */
  readonly groups?: number;
}

/** `convTranspose2d` of sequences. @param x - [N, C, L]. @param weight - [C, O / groups, K]. @param bias - [O], default none. @returns [N, O, OL]. */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: ConvTranspose1dOptions = {},
): Tensor {
  takes('convTranspose1d', arguments);
  if (x.ndim === 2)
    return withBatch(x, 3, (batch) => convTranspose1d(batch, weight, bias, options));
  checkSequence('convTranspose1d', x);
  checkSequence('convTranspose1d', weight);
  const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
  return scope(() =>
    squeeze(
      convTranspose2d(unsqueeze(x, 2), unsqueeze(weight, 2), bias, {
        stride: [1, stride],
        padding: [0, padding],
        outputPadding: [0, outputPadding],
        dilation: [1, dilation],
        groups,
      }),
      2,
    ),
  );
}

/**
 * Two-dimensional cross-correlation without padding: Y[i, j] = Σ X[i + u, j + v] · K[u, v]. A convolution in the sense of
 * mathematics is the same with the kernel turned by 180°: `corr2d(x, k.flip([-2, -1]))`.
 *
 * @param x - [H, W], or [C, H, W] with a sum over channels. @param kernel - [KH, KW], [C, KH, KW] or [O, C, KH, KW].
 * @returns [H − KH + 1, W − KW + 1], or [O, …] for a kernel of four axes.
 * @throws ShapeError where axes or channels do not fit. Source: Zhang et al., Dive into Deep Learning, section 7.2 (`corr2d`).
 */
export function corr2d(x: Tensor, kernel: Tensor): Tensor {
  takes('corr2d', arguments);
  const channels = x.ndim === 3;
  const fits = channels
    ? kernel.ndim === 3 || kernel.ndim === 4
    : x.ndim === 2 && kernel.ndim === 2;
  if (!fits) {
    throw new ShapeError('corr2d', 'the axes do not fit', {
      args: { x, kernel },
      expected:
        'x: [H, W] and kernel: [KH, KW], or x: [C, H, W] and kernel: [C, KH, KW] or [O, C, KH, KW]',
    });
  }
  return scope(() => {
    const image = reshape(x, [1, channels ? x.shape[0] : 1, ...x.shape.slice(-2)]);
    const [count, inner] = kernel.ndim === 4 ? kernel.shape : [1, channels ? kernel.shape[0] : 1];
    const y = conv2d(image, reshape(kernel, [count, inner, ...kernel.shape.slice(-2)]));
    return kernel.ndim === 4 ? squeeze(y, 0) : reshape(y, y.shape.slice(2));
  });
}

/** Options of `unfold` and `fold`. */
export interface UnfoldOptions {
  /** Steps of the window. Default 1. */
  readonly stride?: Pair;
  /** Zeros around the image. Default 0. */
  readonly padding?: Pair;
  /** Distance of neighbouring window elements. Default 1. */
  readonly dilation?: Pair;
}

/** The windows of an image [H, W]: for each element of a window and each window, where it lies in the padded image. */
function windows(op: string, size: readonly number[], kernelSize: Pair, options: UnfoldOptions) {
  const kernel = pair(op, 'kernelSize', kernelSize, 1);
  const stride = pair(op, 'stride', options.stride ?? 1, 1);
  const around = pair(op, 'padding', options.padding ?? 0, 0);
  const dilation = pair(op, 'dilation', options.dilation ?? 1, 1);
  const padded = [size[0] + 2 * around[0], size[1] + 2 * around[1]] as const;
  const count = [0, 1].map((axis) =>
    Math.floor((padded[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis] + 1),
  );
  if (count[0] < 1 || count[1] < 1) {
    throw new ShapeError(op, 'the window is larger than the padded image', {
      args: { size, kernelSize: kernel, padding: around, dilation },
    });
  }
  const places = allocateArray('int32', kernel[0] * kernel[1] * count[0] * count[1]);
  let at = 0;
  for (let u = 0; u < kernel[0]; u++)
    for (let v = 0; v < kernel[1]; v++)
      for (let i = 0; i < count[0]; i++)
        for (let j = 0; j < count[1]; j++) {
          const row = i * stride[0] + u * dilation[0];
          places[at++] = row * padded[1] + j * stride[1] + v * dilation[1];
        }
  return { places, padded, around, elements: kernel[0] * kernel[1], blocks: count[0] * count[1] };
}

/**
 * Every window of an image as a column (im2col): element (c, u, v) of window l is row c·KH·KW + u·KW + v of column l.
 *
 * @param x - [N, C, H, W]. @param kernelSize - rows and columns of the window.
 * @returns [N, C · KH · KW, L], L windows row by row. @throws ShapeError where the window is larger than the padded image.
 */
export function unfold(x: Tensor, kernelSize: Pair, options: UnfoldOptions = {}): Tensor {
  takes('unfold', arguments);
  if (x.ndim === 3) return withBatch(x, 4, (batch) => unfold(batch, kernelSize, options));
  if (x.ndim !== 4) {
    throw new ShapeError('unfold', 'x must have four axes', {
      args: { x },
      expected: 'x: [N, C, H, W]',
    });
  }
  const [n, c, height, width] = x.shape;
  const { places, around, elements, blocks } = windows(
    'unfold',
    [height, width],
    kernelSize,
    options,
  );
  return scope(() => {
    const whole = pad(x, [around[1], around[1], around[0], around[0]]);
    const picked = indexSelect(flatten(whole, 2), 2, tensor(places, { device: x.device }));
    return reshape(picked, [n, c * elements, blocks]);
  });
}

/**
 * Adds columns up to images (col2im), the transpose of `unfold`: what several windows cover is their sum.
 *
 * @param x - [N, C · KH · KW, L]. @param outputSize - rows and columns of the image. @param kernelSize - rows and columns of the window.
 * @returns [N, C, H, W]. @throws ShapeError where rows or columns of x do not fit the windows.
 */
export function fold(
  x: Tensor,
  outputSize: Pair,
  kernelSize: Pair,
  options: UnfoldOptions = {},
): Tensor {
  takes('fold', arguments);
  if (x.ndim === 2) return withBatch(x, 3, (batch) => fold(batch, outputSize, kernelSize, options));
  const size = pair('fold', 'outputSize', outputSize, 1);
  const { places, padded, around, elements, blocks } = windows('fold', size, kernelSize, options);
  if (x.ndim !== 3 || x.shape[1] % elements !== 0 || x.shape[2] !== blocks) {
    throw new ShapeError('fold', 'the columns do not fit the windows', {
      args: { x, outputSize: size },
      expected: `x: [N, C · ${elements}, ${blocks}]`,
    });
  }
  const [n, rows] = x.shape;
  const c = rows / elements;
  return scope(() => {
    const parts = reshape(x, [n, c, elements * blocks]);
    const index = tensor(places, { device: x.device }).expand(parts.shape);
    const empty = zeros([n, c, padded[0] * padded[1]], { dtype: x.dtype, device: x.device });
    const whole = reshape(scatterAdd(empty, 2, index, parts), [n, c, ...padded]);
    return pad(whole, [-around[1], -around[1], -around[0], -around[0]]);
  });
}
