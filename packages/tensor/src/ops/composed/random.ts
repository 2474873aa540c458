/** Distributions composed of uniform and normal numbers. */

import { backendFor, expectHeld } from '../../backend/registry';
import { isTensor } from '../../core/brand';
import { valuesAtHand } from '../../core/checks';
import { toFloat } from '../../core/dtype';
import { ValueError } from '../../core/errors';
import type { Generator } from '../../core/generator';
import type { Shape } from '../../core/layout';
import { broadcastShapes } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { gt, le, lt, maximum } from '../declared/comparison';
import { narrow, unsqueeze } from '../declared/movement';
import { add, div, floor, log1p, mul, neg, where } from '../declared/pointwise';
import type { RandomOptions } from '../declared/random';
import { rand, randn } from '../declared/random';
import { sum } from '../declared/reduction';
import { cumsum } from '../declared/scan';
import { sort } from '../declared/sorting';
import { cast, expectFloat, upload } from '../operand';

/** As `rand`, of the shape, dtype and device of x unless told otherwise. */
export function randLike(x: Tensor, options: RandomOptions = {}): Tensor {
  takes('randLike', arguments);
  return rand(x.shape, { dtype: x.dtype, device: x.device, ...options });
}

/** As `randn`, of the shape, dtype and device of x unless told otherwise. */
export function randnLike(x: Tensor, options: RandomOptions = {}): Tensor {
  takes('randnLike', arguments);
  return randn(x.shape, { dtype: x.dtype, device: x.device, ...options });
}

/** What is drawn by way of float64: on `cpu` first, where the device cannot hold that, so that the numbers are the same on all. */
function byFloat64(
  op: string,
  given: RandomOptions,
  draw: (options: RandomOptions) => Tensor,
): Tensor {
  return scope(() => {
    const options: RandomOptions = { ...given, dtype: 'float64' };
    const backend = backendFor(given.device);
    if (backend.dtypes.includes('float64')) return draw(options);
    const x = draw({ ...options, device: 'cpu' });
    expectHeld(op, backend, x.dtype);
    return upload(backend.name, { shape: x.shape, dtype: x.dtype }, x.dataSync());
  });
}

/** Whole numbers evenly from `low` to `high` − 1. @param shape - sizes. @returns int32 by default. */
export function randint(
  low: number,
  high: number,
  shape: Shape,
  options: RandomOptions = {},
): Tensor {
  takes('randint', arguments);
  const { dtype = 'int32', ...rest } = options;
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new ValueError('randint', 'bounds must be integers, the lower one first', {
      args: { low, high },
    });
  }
  return byFloat64('randint', rest, (place) =>
    cast(add(floor(mul(rand(shape, place), high - low)), low), dtype),
  );
}

/** The numbers 0 to n − 1 in random order. @returns [n], int32. */
export function randperm(n: number, options: Omit<RandomOptions, 'dtype'> = {}): Tensor {
  takes('randperm', arguments);
  return byFloat64('randperm', options, (place) => sort(rand([n], place), 0).indices);
}

/** 1 with the probability that `p` gives for each element, otherwise 0. @param p - floating point, any shape. @returns the shape and dtype of p. */
export function bernoulli(p: Tensor, options: { generator?: Generator } = {}): Tensor {
  takes('bernoulli', arguments);
  const { generator } = options;
  return scope(() => cast(lt(randLike(p, { generator }), p), p.dtype));
}

/**
 * Normal numbers.
 *
 * @param mean - a number or a tensor, default 0. @param std - a number or a tensor that broadcasts with it, default 1.
 * @param shape - sizes where both are numbers, default a scalar. @throws ValueError for a negative deviation.
 */
export function normal(
  mean: Tensor | number = 0,
  std: Tensor | number = 1,
  shape: Shape = [],
  options: RandomOptions = {},
): Tensor {
  takes('normal', arguments);
  if (typeof std === 'number' && !(std >= 0)) {
    throw new ValueError('normal', 'a deviation is not negative', { args: { std } });
  }
  return scope(() => {
    const given = [mean, std].filter((x) => isTensor(x));
    const sizes =
      given.length > 0 ? broadcastShapes('normal', ...given.map((x) => x.shape)) : shape;
    const like = given[0] ? { dtype: toFloat(given[0].dtype), device: given[0].device } : {};
    return add(mul(randn(sizes, { ...like, ...options }), std), mean);
  });
}

/** Exponentially distributed numbers with density λ e^(−λx), by inversion. @param shape - sizes. @param rate - λ, default 1. */
export function exponential(shape: Shape, rate = 1, options: RandomOptions = {}): Tensor {
  takes('exponential', arguments);
  if (!(rate > 0)) throw new ValueError('exponential', 'the rate is positive', { args: { rate } });
  return scope(() => mul(log1p(neg(rand(shape, options))), -1 / rate));
}

function checkWeights(weights: Tensor, count: number, replacement: boolean): void {
  const size = weights.shape[weights.ndim - 1] ?? 0;
  if (weights.ndim < 1 || weights.ndim > 2 || !Number.isInteger(count) || count < 0) {
    throw new ValueError('multinomial', 'the weights must be a vector or a matrix', {
      args: { weights, count },
    });
  }
  if (!valuesAtHand(weights)) return;
  const data = weights.dataSync();
  const least = replacement ? Math.min(count, 1) : count;
  for (let start = 0; start < data.length; start += size) {
    const row = Array.from(data.subarray(start, start + size));
    if (row.every((w) => w >= 0 && w < Infinity) && row.filter((w) => w > 0).length >= least)
      continue;
    throw new ValueError(
      'multinomial',
      'a row has negative or infinite weights, or too few positive ones',
      {
        args: { weights, count },
      },
    );
  }
}

/**
 * Draws positions with probabilities in proportion to the weights.
 *
 * @param weights - [n] or [rows, n], floating point, not negative. @param count - draws a row.
 * @param options.replacement - whether a position can be drawn twice. Default false.
 * @returns [count] or [rows, count], int32. @throws ValueError where there are too few positive weights, or bad ones.
 */
export function multinomial(
  weights: Tensor,
  count: number,
  options: { replacement?: boolean; generator?: Generator } = {},
): Tensor {
  takes('multinomial', arguments);
  const { replacement = false, generator } = options;
  expectFloat('multinomial', weights, 'weights');
  checkWeights(weights, count, replacement);
  return scope(() => {
    const wide = cast(weights, 'float64');
    if (!replacement) {
      // The smallest of exponential times with these rates come first (Efraimidis & Spirakis, 2006).
      const times = exponential(weights.shape, 1, {
        dtype: 'float64',
        device: weights.device,
        generator,
      });
      const keys = where(
        gt(wide, 0),
        div(maximum(times, Number.MIN_VALUE), wide),
        Number.POSITIVE_INFINITY,
      );
      return narrow(sort(keys, -1).indices, -1, 0, count);
    }
    const sums = cumsum(wide, -1);
    const total = narrow(sums, -1, weights.shape[weights.ndim - 1] - 1, 1);
    const shape = [...weights.shape.slice(0, -1), count];
    const draws = mul(rand(shape, { dtype: 'float64', device: weights.device, generator }), total);
    return cast(sum(le(unsqueeze(sums, -2), unsqueeze(draws, -1)), -1), 'int32');
  });
}
