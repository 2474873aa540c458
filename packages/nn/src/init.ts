/** First values of parameters. Each function fills its tensor in place and returns it. */

import { noGrad } from '@dl/autograd';
import type { RandomOptions, Tensor, TypedArray } from '@dl/tensor';
import {
  assign,
  erfinv,
  rand,
  randLike,
  randn,
  randnLike,
  ShapeError,
  scope,
  tensor,
  ValueError,
} from '@dl/tensor';
import { takes } from './signatures';

/** Functions between layers that `calculateGain` knows. */
export type Nonlinearity =
  | 'linear'
  | 'conv1d'
  | 'conv2d'
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'selu';

/** Where random numbers come from. */
export type InitOptions = Pick<RandomOptions, 'generator'>;

/** The factor by which weights grow to make up for a nonlinearity, as PyTorch's table has it. @param slope - of leakyRelu, default 0.01. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  takes('calculateGain', arguments);
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'sigmoid':
      return 1;
    default:
      throw new ValueError('init.calculateGain', 'the nonlinearity is not in the table', {
        args: { nonlinearity },
      });
  }
}

/** Inputs and outputs of one unit: sizes of axes 1 and 0, times the kernel's. @throws ShapeError below two axes. */
export function fans(x: Tensor): { fanIn: number; fanOut: number } {
  takes('fans', arguments);
  if (x.ndim < 2)
    throw new ShapeError('init', 'fan in and fan out need at least two axes', { args: { x } });
  const window = x.shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: x.shape[1] * window, fanOut: x.shape[0] * window };
}

/** Elements that are drawn at a time: these take memory beside the tensor that they are for. A multiple of what a block of random numbers gives. */
const PORTION = 2 ** 18;

/** Fills x, portion after portion, with what `draw` makes for each; the numbers are those of a single draw. */
function fill(x: Tensor, draw: (part: Tensor) => Tensor): Tensor {
  return noGrad(() => {
    if (x.size <= PORTION || !x.isContiguous) return scope(() => assign(x, draw(x)));
    for (let start = 0; start < x.size; start += PORTION) {
      scope(() => {
        const part = x.reshape([-1]).narrow(0, start, Math.min(PORTION, x.size - start));
        assign(part, draw(part));
      });
    }
    return x;
  });
}

/** Numbers evenly from `low` to `high`. */
export function uniform(x: Tensor, low = 0, high = 1, options: InitOptions = {}): Tensor {
  takes('uniform', arguments);
  return fill(x, (part) =>
    randLike(part, { generator: options.generator })
      .mul(high - low)
      .add(low),
  );
}

/** Normal numbers. */
export function normal(x: Tensor, mean = 0, std = 1, options: InitOptions = {}): Tensor {
  takes('normal', arguments);
  return fill(x, (part) => randnLike(part, { generator: options.generator }).mul(std).add(mean));
}

/** One number everywhere. */
export function constant(x: Tensor, value: number): Tensor {
  takes('constant', arguments);
  return noGrad(() => assign(x, value));
}

/** 0 everywhere. */
export function zeros(x: Tensor): Tensor {
  takes('zeros', arguments);
  return constant(x, 0);
}

/** 1 everywhere. */
export function ones(x: Tensor): Tensor {
  takes('ones', arguments);
  return constant(x, 1);
}

/** Evenly from ±gain·√(6 / (fanIn + fanOut)). Source: Glorot and Bengio 2010. */
export function xavierUniform(x: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  takes('xavierUniform', arguments);
  const { fanIn, fanOut } = fans(x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, -bound, bound, { generator: options.generator });
}

/** Normal with deviation gain·√(2 / (fanIn + fanOut)). Source: Glorot and Bengio 2010. */
export function xavierNormal(x: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  takes('xavierNormal', arguments);
  const { fanIn, fanOut } = fans(x);
  return normal(x, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), { generator: options.generator });
}

/** Options of the Kaiming initialisers. */
export interface KaimingOptions extends InitOptions {
  /** What keeps its variance: activations (`fanIn`, default) or gradients (`fanOut`). */
  readonly mode?: 'fanIn' | 'fanOut';
  /** Default leakyRelu, as in PyTorch. */
  readonly nonlinearity?: Nonlinearity;
  /** The slope of leakyRelu below 0. Default 0: a ReLU. */
  readonly slope?: number;
}

function kaimingDeviation(x: Tensor, options: KaimingOptions): number {
  const { mode = 'fanIn', nonlinearity = 'leakyRelu', slope = 0 } = options;
  return calculateGain(nonlinearity, slope) / Math.sqrt(fans(x)[mode]);
}

/** Evenly from ±gain·√(3 / fan). Source: He et al. 2015. */
export function kaimingUniform(x: Tensor, options: KaimingOptions = {}): Tensor {
  takes('kaimingUniform', arguments);
  const bound = Math.sqrt(3) * kaimingDeviation(x, options);
  return uniform(x, -bound, bound, { generator: options.generator });
}

/** Normal with deviation gain / √fan. Source: He et al. 2015. */
export function kaimingNormal(x: Tensor, options: KaimingOptions = {}): Tensor {
  takes('kaimingNormal', arguments);
  return normal(x, 0, kaimingDeviation(x, options), { generator: options.generator });
}

/** Ones on the diagonal of a matrix, zeros elsewhere; a start for recurrent weights under ReLU. Source: Le et al. 2015. */
export function identity(x: Tensor): Tensor {
  takes('identity', arguments);
  if (x.ndim !== 2)
    throw new ShapeError('init.identity', 'only matrices have a diagonal', { args: { x } });
  const [rows, columns] = x.shape;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = 1;
  return noGrad(() => scope(() => assign(x, tensor(data, { shape: x.shape, device: x.device }))));
}

/**
 * Rows (or columns, where there are more rows than columns) that are orthogonal and of length `gain`, evenly from all such matrices.
 *
 * @param x - at least two axes; those after the first count as columns. @param gain - default 1.
 * @throws ShapeError below two axes. Source: Saxe et al. 2014; Gram–Schmidt run twice on normal numbers, in float64.
 */
export function orthogonal(x: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  takes('orthogonal', arguments);
  if (x.ndim < 2)
    throw new ShapeError('init.orthogonal', 'x needs at least two axes', { args: { x } });
  if (x.size === 0) return x;
  const rows = x.shape[0];
  const columns = x.size / rows;
  const [count, size] = [Math.min(rows, columns), Math.max(rows, columns)];
  return noGrad(() =>
    scope(() => {
      const vectors = randn([count, size], {
        dtype: 'float64',
        ...options,
        device: 'cpu',
      }).dataSync();
      orthonormalise(vectors, count, size);
      const basis = tensor(vectors, { shape: [count, size], dtype: x.dtype, device: x.device });
      const matrix = rows <= columns ? basis : basis.transpose(0, 1);
      return assign(x, matrix.mul(gain).reshape(x.shape));
    }),
  );
}

/** Makes `count` vectors of `size` numbers, one behind the other, orthogonal and of length 1, in place. */
function orthonormalise(vectors: TypedArray, count: number, size: number): void {
  for (let i = 0; i < count; i++) {
    const own = vectors.subarray(i * size, (i + 1) * size);
    // The second pass removes what rounding left of the others.
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const other = vectors.subarray(j * size, (j + 1) * size);
        let product = 0;
        for (let k = 0; k < size; k++) product += own[k] * other[k];
        for (let k = 0; k < size; k++) own[k] -= product * other[k];
      }
      let square = 0;
      for (let k = 0; k < size; k++) square += own[k] * own[k];
      const length = Math.sqrt(square);
      for (let k = 0; k < size; k++) own[k] /= length;
    }
  }
}

/**
 * Normal numbers, drawn again until they lie from `low` to `high`.
 *
 * @param mean - default 0. @param std - default 1. @param low - default −2. @param high - default 2.
 * @throws ValueError where the bounds are not in order.
 */
export function truncNormal(
  x: Tensor,
  mean = 0,
  std = 1,
  low = -2,
  high = 2,
  options: InitOptions = {},
): Tensor {
  takes('truncNormal', arguments);
  if (!(low < high))
    throw new ValueError('init.truncNormal', 'low must be below high', { args: { low, high } });
  // The inverse of the distribution function, on the part of [0, 1] that the bounds leave.
  const share = (bound: number) =>
    scope(() =>
      tensor([(bound - mean) / (std * Math.SQRT2)], { dtype: 'float64', device: 'cpu' })
        .erf()
        .item(),
    );
  const [from, to] = noGrad(() => [share(low), share(high)]);
  return fill(x, (part) => {
    // In float64, which not every device has.
    const u = rand(part.shape, { ...options, dtype: 'float64', device: 'cpu' });
    const values = erfinv(u.mul(to - from).add(from))
      .mul(std * Math.SQRT2)
      .add(mean);
    return values.maximum(low).minimum(high).cast(part.dtype).to(part.device);
  });
}
