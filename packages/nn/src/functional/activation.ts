/** Activation functions that are no operations of @dl/tensor themselves. Derivatives at kinks are PyTorch's. */

import type { Generator, Tensor } from '@dl/tensor';
import {
  abs,
  clamp,
  erf,
  expm1,
  exponential,
  normalizeAxis,
  randLike,
  ShapeError,
  scope,
  sigmoid,
  softmax,
  softplus as softplusOp,
  tanh,
  ValueError,
  where,
  zerosLike,
} from '@dl/tensor';
import { takes } from '../signatures';

/** x above 0, slope·x below. @param slope - default 0.01. @returns the shape of x. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  takes('leakyRelu', arguments);
  return scope(() => where(x.gt(0), x, x.mul(slope)));
}

/** x above 0, α(eˣ − 1) below. @param alpha - default 1. @returns the shape of x. Source: Clevert et al. 2016. */
export function elu(x: Tensor, alpha = 1): Tensor {
  takes('elu', arguments);
  return scope(() => {
    const above = x.gt(0);
    // The branch not taken stays finite, and so does its derivative.
    return where(above, x, expm1(where(above, 0, x)).mul(alpha));
  });
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** The self-normalising ELU. @returns the shape of x. Source: Klambauer et al. 2017. */
export function selu(x: Tensor): Tensor {
  takes('selu', arguments);
  return scope(() => elu(x, SELU_ALPHA).mul(SELU_SCALE));
}

/**
 * x·Φ(x) with the normal distribution function Φ.
 *
 * @param options - `approximate`: 'none' (default) computes Φ by erf, 'tanh' by the usual approximation. @returns the shape of x. Source: Hendrycks and Gimpel 2016.
 */
export function gelu(x: Tensor, options: { readonly approximate?: 'none' | 'tanh' } = {}): Tensor {
  takes('gelu', arguments);
  const { approximate = 'none' } = options;
  return scope(() => {
    if (approximate === 'none') return erf(x.mul(Math.SQRT1_2)).add(1).mul(x).mul(0.5);
    const inner = x
      .mul(x)
      .mul(x)
      .mul(0.044715)
      .add(x)
      .mul(Math.sqrt(2 / Math.PI));
    return tanh(inner).add(1).mul(x).mul(0.5);
  });
}

/** x·σ(x), also called swish. @returns the shape of x. Source: Ramachandran et al. 2017. */
export function silu(x: Tensor): Tensor {
  takes('silu', arguments);
  return scope(() => x.mul(sigmoid(x)));
}

function checkOrder(op: string, low: number, high: number): void {
  if (!(low <= high))
    throw new ValueError(op, 'low must not be above high', { args: { low, high } });
}

/** x cut to [low, high], by default [−1, 1]. @returns the shape of x. */
export function hardtanh(x: Tensor, low = -1, high = 1): Tensor {
  takes('hardtanh', arguments);
  checkOrder('hardtanh', low, high);
  return scope(() => where(x.gt(low).logicalAnd(x.lt(high)), x, clamp(x.detach(), low, high)));
}

/** x / (1 + |x|). @returns the shape of x. */
export function softsign(x: Tensor): Tensor {
  takes('softsign', arguments);
  return scope(() => x.div(abs(x).add(1)));
}

/** x·σ(βx); β = 1 is `silu`. @param beta - a number, or a tensor that is learned. @returns the shape of x. Source: Ramachandran et al. 2017. */
export function swish(x: Tensor, beta: number | Tensor = 1): Tensor {
  takes('swish', arguments);
  return scope(() => x.mul(sigmoid(x.mul(beta))));
}

/** x above 0, α(e^{x/α} − 1) below. @param alpha - default 1. @returns the shape of x. Source: Barron 2017. */
export function celu(x: Tensor, alpha = 1): Tensor {
  takes('celu', arguments);
  if (alpha === 0) throw new ValueError('celu', 'alpha must not be 0', { args: { alpha } });
  return scope(() => {
    const above = x.gt(0);
    return where(above, x, expm1(where(above, 0, x).div(alpha)).mul(alpha));
  });
}

/** x cut to [0, 6]. @returns the shape of x. */
export function relu6(x: Tensor): Tensor {
  takes('relu6', arguments);
  return hardtanh(x, 0, 6);
}

/** x·tanh(log(1 + eˣ)). @returns the shape of x. Source: Misra 2019. */
export function mish(x: Tensor): Tensor {
  takes('mish', arguments);
  return scope(() => x.mul(tanh(softplusOp(x))));
}

/** x/6 + ½ between −3 and 3, 0 below and 1 above. @returns the shape of x. */
export function hardsigmoid(x: Tensor): Tensor {
  takes('hardsigmoid', arguments);
  return scope(() => hardtanh(x, -3, 3).add(3).div(6));
}

/** x·(x + 3)/6 between −3 and 3, 0 below and x above. @returns the shape of x. Source: Howard et al. 2019. */
export function hardswish(x: Tensor): Tensor {
  takes('hardswish', arguments);
  return scope(() => {
    const [above, below] = [x.gt(3), x.lt(-3)];
    // Only numbers between: the derivative of what is not chosen must be finite.
    const inner = where(above.logicalOr(below), 0, x);
    return where(above, x, where(below, 0, inner.add(3).mul(inner).div(6)));
  });
}

/** x where |x| > λ, otherwise 0. @param lambda - default ½. @returns the shape of x. */
export function hardshrink(x: Tensor, lambda = 0.5): Tensor {
  takes('hardshrink', arguments);
  return scope(() => where(abs(x).le(lambda), 0, x));
}

/** x moved towards 0 by λ, and 0 where |x| ≤ λ. @param lambda - default ½. @returns the shape of x. */
export function softshrink(x: Tensor, lambda = 0.5): Tensor {
  takes('softshrink', arguments);
  if (!(lambda >= 0))
    throw new ValueError('softshrink', 'lambda must not be negative', { args: { lambda } });
  return scope(() =>
    where(x.gt(lambda), x.sub(lambda), where(x.lt(-lambda), x.add(lambda), x.mul(0))),
  );
}

/** x − tanh x. @returns the shape of x. */
export function tanhshrink(x: Tensor): Tensor {
  takes('tanhshrink', arguments);
  return scope(() => x.sub(tanh(x)));
}

/** x above a threshold, another value up to it. @returns the shape of x. */
export function threshold(x: Tensor, limit: number, value: number): Tensor {
  takes('threshold', arguments);
  return scope(() => where(x.le(limit), value, x));
}

/** The softmax of −x. @param axis - default the last. @returns the shape of x. */
export function softmin(x: Tensor, axis = -1): Tensor {
  takes('softmin', arguments);
  return scope(() => softmax(x.neg(), axis));
}

/**
 * a·σ(b), where a and b are the halves of x.
 *
 * @param axis - the axis that is cut, default the last. @returns x with half as many elements on it.
 * @throws ShapeError where its size is odd. Source: Dauphin et al. 2017.
 */
export function glu(x: Tensor, axis = -1): Tensor {
  takes('glu', arguments);
  const at = normalizeAxis('glu', axis, x.ndim);
  if (x.shape[at] % 2 !== 0)
    throw new ShapeError('glu', 'the axis cannot be halved', { args: { x, axis } });
  return scope(() => {
    const half = x.shape[at] / 2;
    return x.narrow(at, 0, half).mul(sigmoid(x.narrow(at, half, half)));
  });
}

/**
 * The largest of each `pieces` neighbours along an axis: with a linear layer before it, a learned convex activation function.
 *
 * @param axis - default 1. @returns x with size / pieces elements on the axis.
 * @throws ShapeError where pieces do not divide the size. Source: Goodfellow et al. 2013.
 */
export function maxout(x: Tensor, pieces: number, axis = 1): Tensor {
  takes('maxout', arguments);
  const at = normalizeAxis('maxout', axis, x.ndim);
  if (!(pieces >= 1) || x.shape[at] % pieces !== 0)
    throw new ShapeError('maxout', 'the pieces do not divide the axis', {
      args: { x, pieces, axis },
    });
  const shape = [...x.shape.slice(0, at), x.shape[at] / pieces, pieces, ...x.shape.slice(at + 1)];
  return scope(() => x.reshape(shape).amax(at + 1));
}

/** x above 0, slope·x below, with learned slopes. @param slope - [1], or [C] for x: [N, C, ...]. @returns the shape of x. Source: He et al. 2015. */
export function prelu(x: Tensor, slope: Tensor): Tensor {
  takes('prelu', arguments);
  const trailing = new Array<number>(Math.max(x.ndim - 2, 0)).fill(1);
  return scope(() => {
    const each = slope.size === 1 ? slope.reshape([]) : slope.reshape([-1, ...trailing]);
    return where(x.gt(0), x, x.mul(each));
  });
}

/** Options of `rrelu`. */
export interface RReLUOptions {
  /** Whether slopes are drawn; otherwise all are (lower + upper) / 2. Default false. */
  readonly training?: boolean;
  /** Where the random numbers come from. Default: the global generator. */
  readonly generator?: Generator;
}

/**
 * x above 0, below it x times a slope drawn for each element.
 *
 * @param lower - the least slope, default 1/8. @param upper - the largest, default 1/3. @returns the shape of x. Source: Xu et al. 2015.
 */
export function rrelu(x: Tensor, lower = 1 / 8, upper = 1 / 3, options: RReLUOptions = {}): Tensor {
  takes('rrelu', arguments);
  const { training = false, generator } = options;
  checkOrder('rrelu', lower, upper);
  if (!training) return leakyRelu(x, (lower + upper) / 2);
  return scope(() => {
    const slopes = randLike(x, { generator })
      .mul(upper - lower)
      .add(lower);
    return where(x.gt(0), x, x.mul(slopes));
  });
}

/** Options of `gumbelSoftmax`. */
export interface GumbelSoftmaxOptions {
  /** Whether the result is one-hot; the derivative is that of the soft sample all the same. Default false. */
  readonly hard?: boolean;
  /** The axis of the classes. Default the last. */
  readonly axis?: number;
  /** Where the random numbers come from. Default: the global generator. */
  readonly generator?: Generator;
}

/**
 * A sample of a distribution over classes that can be differentiated: softmax((logits + g) / τ) with g = −log(e), e exponential.
 *
 * @param logits - floating point, any shape. @param tau - the temperature τ, positive, default 1: near 0 samples are almost one-hot.
 * @returns the shape of the logits. @throws ValueError where tau is not positive. Source: Jang et al. 2017; Maddison et al. 2017.
 * @example gumbelSoftmax(logits, 0.5, { hard: true })
 */
export function gumbelSoftmax(logits: Tensor, tau = 1, options: GumbelSoftmaxOptions = {}): Tensor {
  takes('gumbelSoftmax', arguments);
  const { hard = false, axis = -1, generator } = options;
  if (!(tau > 0)) throw new ValueError('gumbelSoftmax', 'tau must be positive', { args: { tau } });
  const at = normalizeAxis('gumbelSoftmax', axis, logits.ndim);
  return scope(() => {
    const { dtype, device } = logits;
    const noise = exponential(logits.shape, 1, { generator, dtype, device }).log().neg();
    const soft = softmax(logits.add(noise).div(tau), at);
    if (!hard) return soft;
    const chosen = soft.detach().argmax(at, { keepdim: true });
    const picked = zerosLike(soft).scatter(at, chosen, 1);
    return picked.sub(soft.detach()).add(soft);
  });
}
