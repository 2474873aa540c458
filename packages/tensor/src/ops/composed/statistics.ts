/** Moments, norms and other reductions composed of primitives. */

import { isFloat, toFloat } from '../../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../../core/errors';
import { normalizeAxes, normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { reshape } from '../declared/movement';
import {
  abs,
  add,
  div,
  eq,
  gt,
  isnan,
  logicalNot,
  mul,
  ne,
  pow,
  sub,
  where,
} from '../declared/pointwise';
import type { AxesArgument } from '../declared/reduction';
import { amax, amin, any, mean, sum } from '../declared/reduction';
import { cast } from '../operand';
import { constantLike, rootOrZero } from './pointwise';

/** Options of `variance` and `std`. */
export interface VarianceOptions {
  /** What is subtracted from the count in the divisor; 1 gives the unbiased estimate. Default 1. */
  readonly correction?: number;
  /** Another way to say `correction` 1 (true) or 0 (false). */
  readonly unbiased?: boolean;
  /** Keep reduced axes with size 1. Default false. */
  readonly keepdim?: boolean;
}

/** Mean and variance, or mean and standard deviation. */
interface Moments {
  readonly spread: Tensor;
  readonly mean: Tensor;
}

function moments(
  op: string,
  x: Tensor,
  axes: AxesArgument | undefined,
  { correction, unbiased = true, keepdim = false }: VarianceOptions,
): Moments {
  if (!isFloat(x.dtype)) {
    throw new DTypeError(op, 'x must be floating point', { args: { x }, hint: 'cast it' });
  }
  const list = normalizeAxes(op, axes, x.ndim);
  const count = list.reduce((n, axis) => n * x.shape[axis], 1);
  const freedom = Math.max(count - (correction ?? Number(unbiased)), 0);
  const centre = mean(x, list, true);
  const distance = sub(x, centre);
  const spread = mul(sum(mul(distance, distance), list, keepdim), 1 / freedom);
  return { spread, mean: keepdim ? centre : reshape(centre, spread.shape) };
}

/**
 * The variance over `axes`: Σ (x − mean)² / max(n − correction, 0). NaN or ∞ where that divisor is 0.
 *
 * @param x - floating point. @param axes - default all. @throws DTypeError for integers.
 */
export function variance(x: Tensor, axes?: AxesArgument, options: VarianceOptions = {}): Tensor {
  takes('variance', arguments);
  return scope(() => moments('variance', x, axes, options).spread);
}

/** The standard deviation over `axes`: the root of `variance`; its derivative at 0 is taken as 0. @param axes - default all. */
export function std(x: Tensor, axes?: AxesArgument, options: VarianceOptions = {}): Tensor {
  takes('std', arguments);
  return scope(() => rootOrZero(moments('std', x, axes, options).spread));
}

/** The variance and the mean over `axes`. @param axes - default all. */
export function varMean(
  x: Tensor,
  axes?: AxesArgument,
  options: VarianceOptions = {},
): { variance: Tensor; mean: Tensor } {
  takes('varMean', arguments);
  return scope(() => {
    const { spread, mean } = moments('varMean', x, axes, options);
    return { variance: spread, mean };
  });
}

/** The standard deviation and the mean over `axes`. @param axes - default all. */
export function stdMean(
  x: Tensor,
  axes?: AxesArgument,
  options: VarianceOptions = {},
): { std: Tensor; mean: Tensor } {
  takes('stdMean', arguments);
  return scope(() => {
    const { spread, mean } = moments('stdMean', x, axes, options);
    return { std: rootOrZero(spread), mean };
  });
}

/** The sum over `axes` with NaN counted as 0. @param axes - default all. */
export function nansum(x: Tensor, axes?: AxesArgument, keepdim = false): Tensor {
  takes('nansum', arguments);
  return scope(() => sum(withoutNaN(x), axes, keepdim));
}

/** The mean over `axes` of what is not NaN. @param axes - default all. */
export function nanmean(x: Tensor, axes?: AxesArgument, keepdim = false): Tensor {
  takes('nanmean', arguments);
  return scope(() => {
    const dtype = toFloat(x.dtype);
    const count = sum(cast(logicalNot(isnan(x)), dtype), axes, keepdim);
    return div(sum(cast(withoutNaN(x), dtype), axes, keepdim), count);
  });
}

function withoutNaN(x: Tensor): Tensor {
  return where(isnan(x), constantLike(x, 0), x);
}

/** How many elements over `axes` are not 0. @param axes - default all. @returns int32. */
export function countNonzero(x: Tensor, axes?: AxesArgument): Tensor {
  takes('countNonzero', arguments);
  return scope(() => sum(ne(x, 0), axes));
}

/**
 * The p-norm (Σ |x|ᵖ)^(1/p) over `axes`; its derivative at 0 is taken as 0.
 *
 * @param p - any number: Infinity gives the largest |x|, −Infinity the smallest, 0 counts what is not 0; 'fro' is 2. Default 2.
 * @param axes - default all. @returns the dtype of x. @throws DTypeError for integers.
 * @example norm(tensor([3, 4])) // 5
 */
export function norm(
  x: Tensor,
  p: number | 'fro' = 2,
  axes?: AxesArgument,
  keepdim = false,
): Tensor {
  takes('norm', arguments);
  if (!isFloat(x.dtype)) {
    throw new DTypeError('norm', 'x must be floating point', { args: { x }, hint: 'cast it' });
  }
  return scope(() => {
    if (p === 2 || p === 'fro') return rootOrZero(sum(mul(x, x), axes, keepdim));
    if (p === 1) return sum(abs(x), axes, keepdim);
    if (p === 0) return cast(sum(ne(x, 0), axes, keepdim), x.dtype);
    if (p === Number.POSITIVE_INFINITY) return amax(abs(x), axes, keepdim);
    if (p === Number.NEGATIVE_INFINITY) return amin(abs(x), axes, keepdim);
    return powerNorm(x, p, axes, keepdim);
  });
}

function powerNorm(x: Tensor, p: number, axes: AxesArgument | undefined, keepdim: boolean): Tensor {
  // A power at 0 may have an infinite derivative; 1 stands in for 0 there.
  const atZero = eq(x, 0);
  if (p < 0) {
    const total = pow(sum(pow(abs(where(atZero, 1, x)), p), axes, keepdim), 1 / p);
    return where(any(atZero, axes, keepdim), 0, total);
  }
  const powers = where(atZero, 0, pow(abs(where(atZero, 1, x)), p));
  const total = sum(powers, axes, keepdim);
  const none = eq(total, 0);
  return where(none, 0, pow(where(none, 1, total), 1 / p));
}

/** The p-norm of a − b. @param p - default 2. @returns a scalar. */
export function dist(a: Tensor, b: Tensor, p = 2): Tensor {
  takes('dist', arguments);
  return scope(() => norm(sub(a, b), p));
}

/** The smallest and the largest element along `axis`, or of all; ties share the derivative. */
export function aminmax(
  x: Tensor,
  options: { axis?: number; keepdim?: boolean } = {},
): { min: Tensor; max: Tensor } {
  takes('aminmax', arguments);
  const { axis, keepdim = false } = options;
  return { min: amin(x, axis, keepdim), max: amax(x, axis, keepdim) };
}

/**
 * The covariance of variables in rows, observed in columns: Σ w (x − mean)(x − mean)ᵀ / (n − correction).
 *
 * @param x - [variables, observations] or [observations]. @param options.correction - default 1.
 * @returns [variables, variables], a scalar for one variable.
 */
export function cov(x: Tensor, options: { correction?: number } = {}): Tensor {
  takes('cov', arguments);
  const { correction = 1 } = options;
  return scope(() => {
    const rows = x.ndim < 2 ? reshape(x, [1, -1]) : x;
    const centred = sub(rows, mean(rows, 1, true));
    const freedom = Math.max(rows.shape[1] - correction, 0);
    const result = mul(centred.matmul(centred.transpose()), 1 / freedom);
    return rows.shape[0] === 1 ? reshape(result, []) : result;
  });
}

/** The correlation of variables in rows: `cov` scaled to 1 on the diagonal. @returns as `cov`. */
export function corrcoef(x: Tensor): Tensor {
  takes('corrcoef', arguments);
  return scope(() => {
    const matrix = cov(x);
    if (matrix.ndim === 0) return div(matrix, matrix);
    const n = matrix.shape[0];
    const deviation = reshape(matrix, [-1])
      .slice([[0, null, n + 1]])
      .sqrt();
    return matrix.div(deviation.reshape([n, 1])).div(deviation);
  });
}

/**
 * x with every slice along an axis whose p-norm is greater than `maxNorm` scaled down to it.
 *
 * @param p - of the norm, as in `norm`. @param axis - slice i is x without this axis, at i. @param maxNorm - not negative.
 * @returns the shape of x. @throws ShapeError for fewer than two axes; ValueError for a negative or NaN maxNorm.
 * @example renorm(tensor([[3, 4], [0, 1]]), 2, 0, 1) // [[0.6, 0.8], [0, 1]]
 */
export function renorm(x: Tensor, p: number, axis: number, maxNorm: number): Tensor {
  takes('renorm', arguments);
  const at = normalizeAxis('renorm', axis, x.ndim);
  if (x.ndim < 2) {
    throw new ShapeError('renorm', 'x must have two axes or more', { args: { x } });
  }
  if (!(maxNorm >= 0)) {
    throw new ValueError('renorm', 'maxNorm must not be negative', { args: { maxNorm } });
  }
  return scope(() => {
    const others = x.shape.map((_, i) => i).filter((i) => i !== at);
    const size = norm(x, p, others, true);
    // PyTorch divides by a little more than the norm, so that rounding does not leave it above.
    return mul(x, where(gt(size, maxNorm), div(maxNorm, add(size, 1e-7)), 1));
  });
}
