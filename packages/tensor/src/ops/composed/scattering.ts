/** Copies with elements replaced, by masks, positions or parts, and with a choice of how elements that meet are combined. */

import { isTensor } from '../../core/brand';
import { isFloat } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { broadcastShapes, normalizeAxis, sizeOf } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Reading } from '../../core/reading';
import { readAtOnce, readByWaiting } from '../../core/reading';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { eq, maximum } from '../declared/comparison';
import { onesLike, zerosLike } from '../declared/creation';
import { indexAdd, scatter, scatterAdd } from '../declared/indexing';
import type { Bounds } from '../declared/movement';
import {
  cat,
  expand,
  narrow,
  padOp,
  reshape,
  select,
  slice,
  unsqueeze,
} from '../declared/movement';
import { add, div, floorDivide, where } from '../declared/pointwise';
import { amax, amin, any, prod } from '../declared/reduction';
import { cast, constantLike } from '../operand';
import { arange } from './creation';
import { diagonal } from './diagonal';
import { expectMask, locate, positions } from './indexing';
import { movedim } from './movement';

/**
 * x with `value` where the mask holds, with broadcasting.
 *
 * @param mask - bool. @param value - a number, or a scalar tensor (which gets a derivative). @returns the dtype of x.
 */
export function maskedFill(x: Tensor, mask: Tensor, value: number | boolean | Tensor): Tensor {
  takes('maskedFill', arguments);
  expectMask('maskedFill', mask);
  if (!isTensor(value)) return where(mask, constantLike(x, Number(value)), x);
  if (value.ndim > 0)
    throw new ShapeError('maskedFill', 'the value must be a scalar', { args: { value } });
  return scope(() => where(mask, cast(value, x.dtype), x));
}

/** x with elements of `source`, in row-major order, where the mask holds. Reads the mask. @throws ShapeError where the source is too short. */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  takes('maskedScatter', arguments);
  return readAtOnce('maskedScatter', () => scatterMasked(x, mask, source));
}

/** As `maskedScatter`, without blocking where the device can do that. */
export async function maskedScatterAsync(x: Tensor, mask: Tensor, source: Tensor): Promise<Tensor> {
  takes('maskedScatterAsync', arguments);
  return readByWaiting(() => scatterMasked(x, mask, source));
}

function* scatterMasked(x: Tensor, mask: Tensor, source: Tensor): Reading<Tensor> {
  expectMask('maskedScatter', mask);
  const shape = broadcastShapes('maskedScatter', x.shape, mask.shape);
  const places = reshape(yield* positions(reshape(expand(mask, shape), [-1])), [-1]);
  if (places.size > source.size) {
    throw new ShapeError('maskedScatter', `the source has fewer than ${places.size} elements`, {
      args: { source },
    });
  }
  const values = narrow(reshape(source, [-1]), 0, 0, places.size);
  return reshape(scatter(reshape(expand(x, shape), [-1]), 0, places, values), shape);
}

/** The rows of `source` (or one number everywhere) put at the rows of x (on `axis`) that `index` names. */
function replaceRows(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  const along = x.shape.map((_, i) => (i === axis ? index.size : 1));
  const shape = x.shape.map((n, i) => (i === axis ? index.size : n));
  return scatter(x, axis, expand(reshape(index, along), shape), expand(source, shape));
}

/** A copy of x with its rows (on `axis`) at `index` replaced by those of `source`. @param index - [n], int32. @param source - x with n on `axis`. */
export function indexCopy(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  takes('indexCopy', arguments);
  const at = normalizeAxis('indexCopy', axis, x.ndim);
  return scope(() => {
    if (x.ndim > 0) return replaceRows(x, at, index, source);
    return reshape(replaceRows(reshape(x, [1]), 0, index, reshape(source, [-1])), []);
  });
}

/** A copy of x with its rows (on `axis`) at `index` filled with a number or a scalar tensor. @param index - [n], int32. */
export function indexFill(x: Tensor, axis: number, index: Tensor, value: number | Tensor): Tensor {
  takes('indexFill', arguments);
  const at = normalizeAxis('indexFill', axis, x.ndim);
  return scope(() => {
    const fill = isTensor(value) ? cast(value, x.dtype) : constantLike(x, value);
    if (x.ndim > 0) return replaceRows(x, at, index, fill);
    return reshape(replaceRows(reshape(x, [1]), 0, index, reshape(fill, [1])), []);
  });
}

/**
 * A copy of x with the elements that `index(x, indices)` would give replaced by `values`, which broadcast.
 *
 * @param indices - tensors (int32 or bool) and null, one for each leading axis.
 * @param options.accumulate - adds instead; elements named twice add up. Default false.
 */
export function indexPut(
  x: Tensor,
  indices: readonly (Tensor | null | undefined)[],
  values: Tensor | number,
  options: { accumulate?: boolean } = {},
): Tensor {
  takes('indexPut', arguments);
  return readAtOnce('indexPut', () => put(x, indices, values, options));
}

/** As `indexPut`, without blocking where the device can do that. */
export async function indexPutAsync(
  x: Tensor,
  indices: readonly (Tensor | null | undefined)[],
  values: Tensor | number,
  options: { accumulate?: boolean } = {},
): Promise<Tensor> {
  takes('indexPutAsync', arguments);
  return readByWaiting(() => put(x, indices, values, options));
}

function* put(
  x: Tensor,
  indices: readonly (Tensor | null | undefined)[],
  values: Tensor | number,
  { accumulate = false }: { accumulate?: boolean },
): Reading<Tensor> {
  const { front, count, rows, shape, place, axes } = yield* locate(x, indices);
  const rest = front.shape.slice(count);
  const source = isTensor(values) ? cast(values, x.dtype) : constantLike(x, values);
  const shown = [...rest.slice(0, place), ...shape, ...rest.slice(place)];
  const from = shape.map((_, i) => i + place);
  const moved = movedim(
    expand(source, shown),
    from,
    shape.map((_, i) => i),
  );
  const width = sizeOf(rest);
  const merged = reshape(front, [sizeOf(front.shape.slice(0, count)), width]);
  const lines = reshape(moved, [rows.size, width]);
  const filled = accumulate
    ? indexAdd(merged, 0, rows, lines)
    : replaceRows(merged, 0, rows, lines);
  return movedim(
    reshape(filled, front.shape),
    axes.map((_, i) => i),
    axes,
  );
}

function expectLike(op: string, part: Tensor, source: Tensor): void {
  if (part.shape.length === source.ndim && part.shape.every((n, i) => n === source.shape[i]))
    return;
  throw new ShapeError(op, 'the source does not have the shape of the part that it replaces', {
    args: { source },
    expected: `source: [${part.shape.join(', ')}]`,
  });
}

/**
 * A copy of x with `select(x, axis, index)` replaced by the source.
 *
 * @param source - the shape of x without the axis. @returns the shape of x. @throws ShapeError where the source has another shape.
 * @example selectScatter(zeros([2, 2]), ones([2]), 0, 1) // [[0, 0], [1, 1]]
 */
export function selectScatter(x: Tensor, source: Tensor, axis: number, index: number): Tensor {
  takes('selectScatter', arguments);
  const at = normalizeAxis('selectScatter', axis, x.ndim);
  return scope(() => {
    expectLike('selectScatter', select(x, at, index), source);
    const place = narrow(arange(0, x.shape[at], 1, { device: x.device }), 0, index, 1);
    return indexCopy(x, at, place, unsqueeze(source, at));
  });
}

/**
 * A copy of x with a slice of one axis replaced by the source.
 *
 * @param bounds - [start, stop, step] as in `slice`; null takes the axis whole. Default: the whole axis.
 * @returns the shape of x. @throws ShapeError where the source does not have the shape of the slice.
 * @example sliceScatter(zeros([4]), ones([2]), 0, [null, null, 2]) // [1, 0, 1, 0]
 */
export function sliceScatter(
  x: Tensor,
  source: Tensor,
  axis = 0,
  bounds: Bounds | null = null,
): Tensor {
  takes('sliceScatter', arguments);
  const at = normalizeAxis('sliceScatter', axis, x.ndim);
  return scope(() => {
    const ranges = x.shape.map((_, i) => (i === at ? bounds : null));
    expectLike('sliceScatter', slice(x, ranges), source);
    return indexCopy(
      x,
      at,
      slice(arange(0, x.shape[at], 1, { device: x.device }), [bounds]),
      source,
    );
  });
}

/**
 * A copy of x with the diagonal of two axes replaced by the source.
 *
 * @param offset - above (positive) or below the main diagonal, default 0. @param axis0 - default 0. @param axis1 - default 1.
 * @returns the shape of x. @throws ShapeError where the source does not have the shape of `diagonal(x, offset, axis0, axis1)`.
 * @example diagonalScatter(zeros([2, 2]), tensor([1, 2])) // [[1, 0], [0, 2]]
 */
export function diagonalScatter(
  x: Tensor,
  source: Tensor,
  offset = 0,
  axis0 = 0,
  axis1 = 1,
): Tensor {
  takes('diagonalScatter', arguments);
  return scope(() => {
    const places = reshape(arange(0, x.size, 1, { device: x.device }), x.shape);
    const along = diagonal(places, offset, axis0, axis1);
    expectLike('diagonalScatter', along, source);
    const flat = reshape(x, [x.size]);
    const size = sizeOf(along.shape);
    return reshape(indexCopy(flat, 0, reshape(along, [size]), reshape(source, [size])), x.shape);
  });
}

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
