/** First values of parameters. Each function fills its tensor in place and returns it. */

import { noGrad } from '@dl/autograd';
import type { RandomOptions, Tensor } from '@dl/tensor';
import {
  assign,
  erfinv,
  rand,
  randLike,
  randnLike,
  ShapeError,
  scope,
  tensor,
  ValueError,
} from '@dl/tensor';

/** Functions between layers that `calculateGain` knows. */
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/** Where random numbers come from. */
export type InitOptions = Pick<RandomOptions, 'generator'>;

/** The factor by which weights grow to make up for a nonlinearity, as PyTorch's table has it. @param slope - of leakyRelu, default 0.01. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  switch (nonlinearity) {
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu':
      return Math.sqrt(2 / (1 + slope ** 2));
    case 'selu':
      return 3 / 4;
    default:
      return 1;
  }
}

/** Inputs and outputs of one unit: sizes of axes 1 and 0, times the kernel's. @throws ShapeError below two axes. */
export function fans(x: Tensor): { fanIn: number; fanOut: number } {
  if (x.ndim < 2)
    throw new ShapeError('init', 'fan in and fan out need at least two axes', { args: { x } });
  const window = x.shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: x.shape[1] * window, fanOut: x.shape[0] * window };
}

/** Numbers evenly from `low` to `high`. */
export function uniform(x: Tensor, low = 0, high = 1, options: InitOptions = {}): Tensor {
  return noGrad(() =>
    scope(() =>
      assign(
        x,
        randLike(x, options)
          .mul(high - low)
          .add(low),
      ),
    ),
  );
}

/** Normal numbers. */
export function normal(x: Tensor, mean = 0, std = 1, options: InitOptions = {}): Tensor {
  return noGrad(() => scope(() => assign(x, randnLike(x, options).mul(std).add(mean))));
}

/** One number everywhere. */
export function constant(x: Tensor, value: number): Tensor {
  return noGrad(() => assign(x, value));
}

/** Evenly from ±gain·√(6 / (fanIn + fanOut)). Source: Glorot and Bengio 2010. */
export function xavierUniform(x: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(x);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, -bound, bound, options);
}

/** Normal with deviation gain·√(2 / (fanIn + fanOut)). Source: Glorot and Bengio 2010. */
export function xavierNormal(x: Tensor, gain = 1, options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(x);
  return normal(x, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
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
  const bound = Math.sqrt(3) * kaimingDeviation(x, options);
  return uniform(x, -bound, bound, options);
}

/** Normal with deviation gain / √fan. Source: He et al. 2015. */
export function kaimingNormal(x: Tensor, options: KaimingOptions = {}): Tensor {
  return normal(x, 0, kaimingDeviation(x, options), options);
}

/** Ones on the diagonal of a matrix, zeros elsewhere; what the notes start ReLU RNNs from. */
export function identity(x: Tensor): Tensor {
  if (x.ndim !== 2)
    throw new ShapeError('init.identity', 'only matrices have a diagonal', { args: { x } });
  const [rows, columns] = x.shape;
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = 1;
  return noGrad(() => scope(() => assign(x, tensor(data, { shape: x.shape, device: x.device }))));
}

/** Normal numbers, drawn again until they lie from `low` to `high`. @throws ValueError where the bounds are not in order. */
export function truncatedNormal(
  x: Tensor,
  {
    mean = 0,
    std = 1,
    low = -2,
    high = 2,
    ...options
  }: InitOptions & { mean?: number; std?: number; low?: number; high?: number } = {},
): Tensor {
  if (!(low < high))
    throw new ValueError('init.truncatedNormal', 'low must be below high', { args: { low, high } });
  return noGrad(() =>
    scope(() => {
      // The inverse of the distribution function, on the part of [0, 1] that the bounds leave.
      const share = (bound: number) =>
        scope(() =>
          tensor([(bound - mean) / (std * Math.SQRT2)], { dtype: 'float64' })
            .erf()
            .item(),
        );
      const [from, to] = [share(low), share(high)];
      const u = rand(x.shape, { ...options, dtype: 'float64', device: x.device });
      const values = erfinv(u.mul(to - from).add(from))
        .mul(std * Math.SQRT2)
        .add(mean);
      return assign(x, values.maximum(low).minimum(high));
    }),
  );
}
