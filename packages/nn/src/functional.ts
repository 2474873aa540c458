/** Functions without parameters that layers and losses are made of. */

import type { Generator, Tensor } from '@dl/tensor';
import {
  abs,
  erf,
  expm1,
  maximum,
  minimum,
  randLike,
  scope,
  sigmoid,
  softplus,
  tanh,
  ValueError,
  where,
} from '@dl/tensor';

/** x above 0, slope·x below. @param slope - default 0.01. @returns the shape of x. */
export function leakyRelu(x: Tensor, slope = 0.01): Tensor {
  return scope(() => where(x.gt(0), x, x.mul(slope)));
}

/** x above 0, α(eˣ − 1) below. @param alpha - default 1. @returns the shape of x. Source: Clevert et al. 2016. */
export function elu(x: Tensor, alpha = 1): Tensor {
  // The exponent is cut at 0, so that the branch not taken stays finite.
  return scope(() => where(x.gt(0), x, expm1(minimum(x, 0)).mul(alpha)));
}

const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** The self-normalising ELU. @returns the shape of x. Source: Klambauer et al. 2017. */
export function selu(x: Tensor): Tensor {
  return scope(() => elu(x, SELU_ALPHA).mul(SELU_SCALE));
}

/**
 * x·Φ(x) with the normal distribution function Φ.
 *
 * @param approximate - 'none' (default): by erf; 'tanh': the usual approximation. @returns the shape of x. Source: Hendrycks and Gimpel 2016.
 */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
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
  return scope(() => x.mul(sigmoid(x)));
}

/** x cut to [low, high], by default [−1, 1]. @returns the shape of x. */
export function hardtanh(x: Tensor, low = -1, high = 1): Tensor {
  return scope(() => minimum(maximum(x, low), high));
}

/** x / (1 + |x|). @returns the shape of x. */
export function softsign(x: Tensor): Tensor {
  return scope(() => x.div(abs(x).add(1)));
}

/** log σ(x), without overflow. @returns the shape of x. */
export function logSigmoid(x: Tensor): Tensor {
  return scope(() => softplus(x.neg()).neg());
}

/** Options of `dropout`. */
export interface DropoutOptions {
  /** Whether anything is dropped at all. Default true. */
  readonly training?: boolean;
  /** Where the random numbers come from. Default: the global generator. */
  readonly generator?: Generator;
}

/**
 * Sets each element to 0 with probability p and divides the others by 1 − p, so that the mean stays ("inverted" dropout).
 *
 * @param p - from 0 to 1. @returns the shape of x; x itself outside training.
 * @throws ValueError for other p. Source: Srivastava et al. 2014.
 */
export function dropout(
  x: Tensor,
  p = 0.5,
  { training = true, generator }: DropoutOptions = {},
): Tensor {
  if (!(p >= 0 && p <= 1))
    throw new ValueError('dropout', 'p must be from 0 to 1', { args: { p } });
  if (!training || p === 0) return x;
  if (p === 1) return scope(() => x.mul(0));
  return scope(() =>
    x.mul(
      randLike(x, { generator })
        .ge(p)
        .cast(x.dtype)
        .mul(1 / (1 - p)),
    ),
  );
}
