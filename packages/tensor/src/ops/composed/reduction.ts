/** Extremes with their positions, sums that pass over NaN, and norms. */

import { isTensor } from '../../core/brand';
import { toFloat } from '../../core/dtype';
import { ShapeError, ValueError } from '../../core/errors';
import { normalizeAxes, normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { eq, gt, isfinite, isnan, maximum, minimum, ne } from '../declared/comparison';
import { gather } from '../declared/indexing';
import { detach, squeeze } from '../declared/movement';
import { abs, add, div, exp, log, logicalNot, mul, pow, sub, where } from '../declared/pointwise';
import type { AxesArgument, KeepdimOptions } from '../declared/reduction';
import { amax, amin, any, argmax, argmin, sum } from '../declared/reduction';
import type { Picked } from '../declared/sorting';
import { cast, constantLike, expectFloat } from '../operand';
import { rootOrZero } from './pointwise';

/** Takes the elements at `indices` (of size 1 on `axis`) and removes the axis unless it is to stay. */
function pickAt(x: Tensor, axis: number, indices: Tensor, keepdim: boolean): Picked {
  const values = gather(x, axis, indices);
  if (keepdim || x.ndim === 0) return { values, indices };
  return { values: squeeze(values, axis), indices: squeeze(indices, axis) };
}

function best(
  op: 'max' | 'min',
  x: Tensor,
  by: number | Tensor | undefined,
  { keepdim = false }: KeepdimOptions,
): Tensor | Picked {
  if (by === undefined) return op === 'max' ? amax(x) : amin(x);
  if (isTensor(by)) return op === 'max' ? maximum(x, by) : minimum(x, by);
  const axis = normalizeAxis(op, by, x.ndim);
  const find = op === 'max' ? argmax : argmin;
  return scope(() => pickAt(x, axis, find(x, axis, { keepdim: true }), keepdim));
}

/**
 * The largest element of all (a scalar; ties share the derivative), the largest along an axis with its position (the first
 * of equals gets the derivative), or with another tensor the larger of both; NaN wins.
 *
 * @throws ShapeError for an empty axis.
 * @example max(tensor([[1, 3], [4, 2]]), 1).indices // [1, 0]
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, axis: number, options?: KeepdimOptions): Picked;
export function max(x: Tensor, other: Tensor): Tensor;
export function max(
  x: Tensor,
  by?: number | Tensor,
  options: KeepdimOptions = {},
): Tensor | Picked {
  takes('max', arguments);
  return best('max', x, by, options);
}

/** As `max`, for the smallest. @throws ShapeError for an empty axis. */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, axis: number, options?: KeepdimOptions): Picked;
export function min(x: Tensor, other: Tensor): Tensor;
export function min(
  x: Tensor,
  by?: number | Tensor,
  options: KeepdimOptions = {},
): Tensor | Picked {
  takes('min', arguments);
  return best('min', x, by, options);
}

/** The smallest and the largest element along `axis`, or of all; ties share the derivative. */
export function aminmax(
  x: Tensor,
  axis?: number,
  options: KeepdimOptions = {},
): { min: Tensor; max: Tensor } {
  takes('aminmax', arguments);
  return { min: amin(x, axis, options), max: amax(x, axis, options) };
}

function withoutNaN(x: Tensor): Tensor {
  return where(isnan(x), constantLike(x, 0), x);
}

/** The sum over `axes` with NaN counted as 0. @param axes - default all. */
export function nansum(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('nansum', arguments);
  return scope(() => sum(withoutNaN(x), axes, options));
}

/** The mean over `axes` of what is not NaN. @param axes - default all. */
export function nanmean(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('nanmean', arguments);
  return scope(() => {
    const dtype = toFloat(x.dtype);
    const count = sum(cast(logicalNot(isnan(x)), dtype), axes, options);
    return div(sum(cast(withoutNaN(x), dtype), axes, options), count);
  });
}

/** How many elements over `axes` are not 0. @param axes - default all. @returns int32. */
export function countNonzero(x: Tensor, axes?: AxesArgument): Tensor {
  takes('countNonzero', arguments);
  return scope(() => sum(ne(x, 0), axes));
}

/** The largest element over `axes`, kept as size 1; 0 where it is not finite, so that x − shift never is ∞ − ∞. */
function shiftOf(x: Tensor, axes: AxesArgument): Tensor {
  const largest = detach(amax(x, axes, { keepdim: true }));
  return where(isfinite(largest), largest, 0);
}

/** log Σ exp(x) over `axes`, without overflow; −∞ over nothing but −∞. @param axes - default all. */
export function logsumexp(x: Tensor, axes?: AxesArgument, options: KeepdimOptions = {}): Tensor {
  takes('logsumexp', arguments);
  expectFloat('logsumexp', x);
  const list = normalizeAxes('logsumexp', axes, x.ndim);
  if (list.some((axis) => x.shape[axis] === 0)) return scope(() => log(sum(exp(x), list, options)));
  return scope(() => {
    const shift = shiftOf(x, list);
    const total = add(log(sum(exp(sub(x, shift)), list, { keepdim: true })), shift);
    return options.keepdim ? total : squeeze(total, list);
  });
}

function powerNorm(
  x: Tensor,
  p: number,
  axes: AxesArgument | undefined,
  options: KeepdimOptions,
): Tensor {
  // A power at 0 may have an infinite derivative; 1 stands in for 0 there.
  const atZero = eq(x, 0);
  if (p < 0) {
    const total = pow(sum(pow(abs(where(atZero, 1, x)), p), axes, options), 1 / p);
    return where(any(atZero, axes, options), 0, total);
  }
  const powers = where(atZero, 0, pow(abs(where(atZero, 1, x)), p));
  const total = sum(powers, axes, options);
  const none = eq(total, 0);
  return where(none, 0, pow(where(none, 1, total), 1 / p));
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
  options: KeepdimOptions = {},
): Tensor {
  takes('norm', arguments);
  expectFloat('norm', x);
  return scope(() => {
    if (p === 2 || p === 'fro') return rootOrZero(sum(mul(x, x), axes, options));
    if (p === 1) return sum(abs(x), axes, options);
    if (p === 0) return cast(sum(ne(x, 0), axes, options), x.dtype);
    if (p === Number.POSITIVE_INFINITY) return amax(abs(x), axes, options);
    if (p === Number.NEGATIVE_INFINITY) return amin(abs(x), axes, options);
    return powerNorm(x, p, axes, options);
  });
}

/** The p-norm of a − b. @param p - default 2. @returns a scalar. */
export function dist(a: Tensor, b: Tensor, p = 2): Tensor {
  takes('dist', arguments);
  return scope(() => norm(sub(a, b), p));
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
    const size = norm(x, p, others, { keepdim: true });
    // PyTorch divides by a little more than the norm, so that rounding does not leave it above.
    return mul(x, where(gt(size, maxNorm), div(maxNorm, add(size, 1e-7)), 1));
  });
}
