/** Moments, covariances and counts. */

import type { TypedArray } from '../../core/dtype';
import { allocateArray, isFloat } from '../../core/dtype';
import { DTypeError, ValueError } from '../../core/errors';
import { checkCount, normalizeAxes } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Reading } from '../../core/reading';
import { readAtOnce, readByWaiting } from '../../core/reading';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { tensor, zeros } from '../declared/creation';
import { scatterAdd } from '../declared/indexing';
import { expand, reshape } from '../declared/movement';
import { div, mul, sub } from '../declared/pointwise';
import type { AxesArgument, KeepdimOptions } from '../declared/reduction';
import { mean, sum } from '../declared/reduction';
import { cast, expectFloat } from '../operand';
import { rootOrZero } from './pointwise';

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
  expectFloat(op, x);
  const list = normalizeAxes(op, axes, x.ndim);
  const count = list.reduce((n, axis) => n * x.shape[axis], 1);
  const freedom = Math.max(count - (correction ?? Number(unbiased)), 0);
  const centre = mean(x, list, { keepdim: true });
  const distance = sub(x, centre);
  const spread = mul(sum(mul(distance, distance), list, { keepdim }), 1 / freedom);
  return { spread, mean: keepdim ? centre : reshape(centre, spread.shape) };
}

/** Options of `variance` and `std`. */
export interface VarianceOptions extends KeepdimOptions {
  /** What is subtracted from the count in the divisor; 1 gives the unbiased estimate. Default 1. */
  readonly correction?: number;
  /** Another way to say `correction` 1 (true) or 0 (false). */
  readonly unbiased?: boolean;
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
    const centred = sub(rows, mean(rows, 1, { keepdim: true }));
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

function range(data: TypedArray): { low: number; high: number } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low, high };
}

/**
 * How often each integer from 0 occurs, or the sum of the weights where it occurs.
 *
 * @param x - [n], non-negative integers. @param weights - [n], default none. @param minlength - the least size of the result, default 0.
 */
export function bincount(x: Tensor, weights?: Tensor | null, minlength = 0): Tensor {
  takes('bincount', arguments);
  return readAtOnce('bincount', () => countEach(x, weights, minlength));
}

/** As `bincount`, without blocking where the device can do that. */
export async function bincountAsync(
  x: Tensor,
  weights?: Tensor | null,
  minlength = 0,
): Promise<Tensor> {
  takes('bincountAsync', arguments);
  return readByWaiting(() => countEach(x, weights, minlength));
}

function* countEach(
  x: Tensor,
  weights: Tensor | null | undefined,
  minlength: number,
): Reading<Tensor> {
  if (x.ndim !== 1 || isFloat(x.dtype)) {
    throw new DTypeError('bincount', 'x must be a vector of integers', { args: { x } });
  }
  checkCount('bincount', 'minlength', minlength);
  const data = yield x;
  const { low, high } = range(data);
  const size = data.length === 0 ? minlength : Math.max(minlength, high + 1);
  if (low < 0) throw new ValueError('bincount', 'x holds a negative number');
  const index = cast(x, 'int32');
  const dtype = weights?.dtype ?? 'int32';
  const counted = weights ?? expand(tensor(1, { dtype, device: x.device }), x.shape);
  return scatterAdd(zeros([size], { dtype, device: x.device }), 0, index, counted);
}

/**
 * How many elements fall into equal intervals; those outside are not counted.
 *
 * @param bins - how many, default 100. @param min - the lower end. @param max - the upper end, which belongs to the last interval; default of both
 * the range of x.
 * @returns [bins], the dtype of x.
 */
export function histc(x: Tensor, bins = 100, min = 0, max = 0): Tensor {
  takes('histc', arguments);
  return readAtOnce('histc', () => countBins(x, bins, min, max));
}

/** As `histc`, without blocking where the device can do that. */
export async function histcAsync(x: Tensor, bins = 100, min = 0, max = 0): Promise<Tensor> {
  takes('histcAsync', arguments);
  return readByWaiting(() => countBins(x, bins, min, max));
}

function* countBins(x: Tensor, bins: number, min: number, max: number): Reading<Tensor> {
  checkCount('histc', 'bins', bins, 1);
  const data = yield x;
  let [low, high] = [min, max];
  if (low === high && data.length > 0) {
    ({ low, high } = range(data));
  }
  if (low === high) [low, high] = [low - 1, high + 1];
  if (!(low < high) || !Number.isFinite(high - low)) {
    throw new ValueError('histc', 'the range must be finite, its lower end first', {
      args: { min, max },
    });
  }
  const counts = allocateArray(x.dtype, bins);
  for (const value of data) {
    if (!(value >= low && value <= high)) continue;
    counts[Math.min(Math.floor(((value - low) / (high - low)) * bins), bins - 1)]++;
  }
  return tensor(counts, { device: x.device });
}
