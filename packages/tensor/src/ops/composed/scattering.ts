/** Scattering with a choice of how elements that meet are combined. */

import { isFloat } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { scatterAdd } from '../declared/indexing';
import { cat, expand, narrow, padOp, reshape, unsqueeze } from '../declared/movement';
import { add, div, eq, floorDivide, maximum, where } from '../declared/pointwise';
import { amax, amin, any, prod } from '../declared/reduction';
import { arange, onesLike, zerosLike } from './creation';
import { constantLike } from './pointwise';

/** How `scatterReduce` combines the elements that meet. */
export type ScatterReduction = 'sum' | 'prod' | 'mean' | 'amax' | 'amin';

/**
 * Combines source[i, j, …] with the others that meet at […, index[i, j, …], …].
 *
 * @param index - int32, as many axes as x. @param source - at least as large as the index.
 * @param reduction - 'sum', 'prod', 'mean', 'amax' or 'amin' (of ties, all share the derivative).
 * @param options.includeSelf - whether the elements of x take part. Default true; where nothing meets they stay anyway.
 * @returns the shape of x. 'prod', 'amax' and 'amin' take memory for every pair of places on the axis of x and the index.
 */
export function scatterReduce(
  x: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
  reduction: ScatterReduction,
  options: { includeSelf?: boolean } = {},
): Tensor {
  takes('scatterReduce', arguments);
  const { includeSelf = true } = options;
  const at = normalizeAxis('scatterReduce', axis, x.ndim);
  return scope(() => {
    if (x.ndim === 0) {
      const flat = [x, index, source].map((t) => reshape(t, [1]));
      return reshape(scatterReduce(flat[0], 0, flat[1], flat[2], reduction, { includeSelf }), []);
    }
    if (index.size === 0) return x.clone();
    // Refuses what does not fit, as scatterAdd does.
    const hits = scatterAdd(zerosLike(x), at, index, onesLike(source));
    const used = index.shape.reduce((t, n, i) => narrow(t, i, 0, n), source);
    if (reduction === 'sum' || reduction === 'mean') {
      const start = includeSelf ? x : where(hits.eq(0), x, constantLike(x, 0));
      const total = scatterAdd(start, at, index, used);
      if (reduction === 'sum') return total;
      const count = maximum(includeSelf ? add(hits, 1) : hits, 1);
      return isFloat(x.dtype) ? div(total, count) : floorDivide(total, count);
    }
    return reducePairs(x, at, index, used, reduction, includeSelf);
  });
}

/**
 * Combines the rows of `source` (on `axis`) with the rows of x that `index` names.
 *
 * @param index - [n], int32. @param source - x with n on `axis`. @param reduction - 'sum', 'prod', 'mean', 'amax' or 'amin'.
 * @param options - includeSelf: whether the rows of x take part, default true. @returns the shape of x.
 * @throws ShapeError where the source does not fit; IndexError for ids out of range.
 * @example indexReduce(ones([2]), 0, tensor([1, 1], { dtype: 'int32' }), tensor([2, 3]), 'prod') // [1, 6]
 */
export function indexReduce(
  x: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
  reduction: ScatterReduction,
  options: { includeSelf?: boolean } = {},
): Tensor {
  takes('indexReduce', arguments);
  const at = normalizeAxis('indexReduce', axis, x.ndim);
  const shape = x.shape.map((n, i) => (i === at ? index.size : n));
  if (index.ndim > 1 || source.ndim !== x.ndim || shape.some((n, i) => n !== source.shape[i])) {
    throw new ShapeError('indexReduce', 'index or source does not fit', {
      args: { x, index, source },
      expected: `index: [n]; source: the shape of x with n on axis ${at}`,
    });
  }
  return scope(() => {
    const along = shape.map((n, i) => (i === at ? n : 1));
    return scatterReduce(x, at, expand(reshape(index, along), shape), source, reduction, options);
  });
}

/** Lays out every pair of a place in x and an element of the source, with a neutral number where they do not meet. */
function reducePairs(
  x: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
  reduction: 'prod' | 'amax' | 'amin',
  includeSelf: boolean,
): Tensor {
  const nowhere = fillOut(index, x, axis, -1);
  const values = unsqueeze(fillOut(source, x, axis, 0), axis);
  const size = x.shape[axis];
  const places = arange(0, size, 1, { device: x.device });
  const column = reshape(places, [
    ...x.shape.map((_, i) => (i === axis ? size : 1)).slice(0, axis + 1),
    1,
    ...x.shape.slice(axis + 1).map(() => 1),
  ]);
  const meets = eq(unsqueeze(nowhere, axis), column);
  const neutral = constantLike(x, neutralOf(reduction, x));
  const pairs = where(meets, values, neutral);
  const own = includeSelf ? x : where(any(meets, axis + 1), neutral, x);
  const all = cat([unsqueeze(own, axis + 1), pairs], axis + 1);
  const reduce = { prod, amax, amin }[reduction];
  return reduce(all, axis + 1);
}

/** t with the sizes of x outside the axis, filled with `value`. */
function fillOut(t: Tensor, x: Tensor, axis: number, value: number): Tensor {
  const none = t.shape.map(() => 0);
  const high = t.shape.map((n, i) => (i === axis ? 0 : x.shape[i] - n));
  return run(padOp, [t], { low: none, high, interior: none, value })[0];
}

function neutralOf(reduction: 'prod' | 'amax' | 'amin', x: Tensor): number {
  if (reduction === 'prod') return 1;
  const lowest = isFloat(x.dtype) ? Number.NEGATIVE_INFINITY : x.dtype === 'int32' ? -(2 ** 31) : 0;
  const highest = isFloat(x.dtype)
    ? Number.POSITIVE_INFINITY
    : x.dtype === 'int32'
      ? 2 ** 31 - 1
      : 255;
  return reduction === 'amax' ? lowest : highest;
}
