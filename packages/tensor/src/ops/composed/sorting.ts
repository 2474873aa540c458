/** Sorting, and what is read off sorted lines: order statistics with their positions. The derivative goes to the element that was picked. */

import { isTensor } from '../../core/brand';
import { isFloat } from '../../core/dtype';
import { ShapeError, ValueError } from '../../core/errors';
import { normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { eq, isnan, maximum, ne } from '../declared/comparison';
import { tensor } from '../declared/creation';
import { gather } from '../declared/indexing';
import { cat, narrow, reshape, squeeze, stack } from '../declared/movement';
import { add, ceil, floor, logicalNot, mul, round, sub, where } from '../declared/pointwise';
import type { KeepdimOptions } from '../declared/reduction';
import { any, argmax, sum } from '../declared/reduction';
import { cummax } from '../declared/scan';
import type { Picked } from '../declared/sorting';
import { sort, sortOp } from '../declared/sorting';
import { cast, expectFloat } from '../operand';
import { arange } from './creation';
import { flatten } from './movement';

/** The positions that sort x along an axis; equal elements keep their order. @param axis - default the last. @returns int32. */
export function argsort(
  x: Tensor,
  axis = -1,
  options: { descending?: boolean; stable?: boolean } = {},
): Tensor {
  takes('argsort', arguments);
  return scope(() => sort(x, axis, options).indices);
}

/** x sorted along its first axis. */
export function msort(x: Tensor): Tensor {
  takes('msort', arguments);
  return scope(() => sort(x, 0).values);
}

function checkCount(op: string, x: Tensor, k: number, axis: number, least: number): void {
  const size = x.shape[axis] ?? 1;
  if (Number.isInteger(k) && k >= least && k <= size) return;
  throw new ValueError(op, `k = ${k} is out of range`, {
    args: { x },
    expected: `an integer from ${least} to ${size}`,
  });
}

/**
 * The k largest (or smallest) elements along an axis in order, and their positions.
 *
 * @param axis - default the last. @param options.largest - default true. @returns x with k on `axis`.
 */
export function topk(
  x: Tensor,
  k: number,
  axis = -1,
  options: { largest?: boolean; sorted?: boolean } = {},
): Picked {
  takes('topk', arguments);
  const { largest = true } = options;
  const at = normalizeAxis('topk', axis, x.ndim);
  checkCount('topk', x, k, at, 0);
  return scope(() => {
    if (x.ndim === 0) return sort(x, at);
    const [values, indices] = run(sortOp, [x], { axis: at, descending: largest, count: k });
    return { values, indices };
  });
}

/** The element at place `at` (a number, or a tensor of size 1 on the axis) of each sorted line. */
function fromSorted(x: Tensor, axis: number, at: Tensor | number, keepdim: boolean): Picked {
  const { values, indices } = sort(x, axis);
  if (x.ndim === 0) return { values, indices };
  const places = typeof at === 'number' ? null : at;
  const take = (y: Tensor) => (places ? gather(y, axis, places) : narrow(y, axis, at as number, 1));
  const picked = { values: take(values), indices: take(indices) };
  if (keepdim) return picked;
  return { values: squeeze(picked.values, axis), indices: squeeze(picked.indices, axis) };
}

/** The k-th smallest element along an axis (k from 1) and its position. @param axis - default the last. @throws ValueError for k out of range. */
export function kthvalue(x: Tensor, k: number, axis = -1, options: KeepdimOptions = {}): Picked {
  takes('kthvalue', arguments);
  const { keepdim = false } = options;
  const at = normalizeAxis('kthvalue', axis, x.ndim);
  checkCount('kthvalue', x, k, at, 1);
  return scope(() => fromSorted(x, at, k - 1, keepdim));
}

/** The place of the median of each line: the last, where NaN is, or else the lower middle. */
function middle(x: Tensor, axis: number, skipNaN: boolean): Tensor | number {
  const size = x.shape[axis] ?? 1;
  const lower = (size - 1) >> 1;
  if (!isFloat(x.dtype) || x.ndim === 0) return lower;
  const missing = isnan(x);
  if (!skipNaN)
    return where(any(missing, axis, { keepdim: true }), size - 1, fullPlaces(x, axis, lower));
  const count = sub(size, missing.sum(axis, { keepdim: true }));
  return sub(count, 1).floorDivide(2).maximum(0);
}

function refuseEmpty(op: string, x: Tensor, axis: number): void {
  if ((x.shape[axis] ?? 1) > 0) return;
  throw new ShapeError(op, `axis ${axis} is empty`, { args: { x } });
}

function medianOf(
  op: string,
  x: Tensor,
  axis: number | undefined,
  { keepdim = false }: KeepdimOptions,
): Tensor | Picked {
  const skip = op === 'nanmedian';
  return scope(() => {
    if (axis === undefined) {
      const flat = reshape(x, [-1]);
      refuseEmpty(op, flat, 0);
      return fromSorted(flat, 0, middle(flat, 0, skip), false).values;
    }
    const at = normalizeAxis(op, axis, x.ndim);
    refuseEmpty(op, x, at);
    return fromSorted(x, at, middle(x, at, skip), keepdim);
  });
}

/**
 * The middle element, of an even number the lower one (NumPy averages both: use `quantile`): of all, or along an axis with
 * its position. NaN wins.
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, axis: number, options?: KeepdimOptions): Picked;
export function median(x: Tensor, axis?: number, options: KeepdimOptions = {}): Tensor | Picked {
  takes('median', arguments);
  return medianOf('median', x, axis, options);
}

/** As `median`, passing over NaN. */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, axis: number, options?: KeepdimOptions): Picked;
export function nanmedian(x: Tensor, axis?: number, options: KeepdimOptions = {}): Tensor | Picked {
  takes('nanmedian', arguments);
  return medianOf('nanmedian', x, axis, options);
}

/** The most frequent element along an axis, of equally frequent ones the smallest, and where it is last. @param axis - default the last. */
export function mode(x: Tensor, axis = -1, options: KeepdimOptions = {}): Picked {
  takes('mode', arguments);
  const { keepdim = false } = options;
  const at = normalizeAxis('mode', axis, x.ndim);
  refuseEmpty('mode', x, at);
  return scope(() => {
    if (x.ndim === 0) return fromSorted(x, at, 0, keepdim);
    const { values } = sort(x, at);
    const size = x.shape[at];
    const place = arange(0, size, 1, { device: x.device }).reshape(
      x.shape.map((_, i) => (i === at ? size : 1)),
    );
    const starts = ne(narrow(values, at, 1, size - 1), narrow(values, at, 0, size - 1));
    const first = narrow(place, at, 0, 1).expand(x.shape.map((n, i) => (i === at ? 1 : n)));
    const begins = cat([first, where(starts, narrow(place, at, 1, size - 1), 0)], at);
    const runs = sub(place, cummax(begins, at).values);
    return fromSorted(x, at, argmax(runs, at, { keepdim: true }), keepdim);
  });
}

/** How `quantile` goes between two elements. */
export type Interpolation = 'linear' | 'lower' | 'higher' | 'nearest' | 'midpoint';

/** Options of `quantile` and `nanquantile`. */
export interface QuantileOptions extends KeepdimOptions {
  /** How to go between two elements. Default 'linear'. */
  readonly interpolation?: Interpolation;
}

function between(
  sorted: Tensor,
  axis: number,
  level: number,
  weight: Tensor | number,
  how: Interpolation,
): Tensor {
  const last = sorted.shape[axis] - 1;
  const place = level * last;
  const low = Math.floor(place);
  const at = (i: number) => narrow(sorted, axis, Math.min(i, last), 1);
  if (how === 'lower') return at(low);
  if (how === 'higher') return at(Math.ceil(place));
  if (how === 'nearest') return at(place - low === 0.5 ? low + (low % 2) : Math.round(place));
  const distance = sub(at(low + 1), at(low));
  if (how === 'midpoint') return place === low ? at(low) : add(at(low), mul(distance, 0.5));
  const part = isTensor(weight) ? sub(mul(weight, last), low) : place - low;
  return part === 0 ? at(low) : add(at(low), mul(distance, part));
}

/** The list of levels that `q` stands for. @throws ValueError where one is not between 0 and 1. */
function levelsOf(op: string, q: number | readonly number[]): readonly number[] {
  const levels = typeof q === 'number' ? [q] : q;
  if (levels.every((level) => level >= 0 && level <= 1)) return levels;
  throw new ValueError(op, 'q must lie between 0 and 1', { args: { q: levels } });
}

/**
 * Quantiles as rows of one tensor, or the only one where `q` is a number.
 *
 * @param prepare - takes the lines and their axis, and gives the function that makes the row of a level and its place in the list.
 */
function quantiles(
  op: string,
  x: Tensor,
  q: number | readonly number[],
  axis: number | undefined,
  keepdim: boolean,
  prepare: (lines: Tensor, at: number) => (level: number, i: number) => Tensor,
): Tensor {
  expectFloat(op, x);
  const levels = levelsOf(op, q);
  return scope(() => {
    const at = axis === undefined ? 0 : normalizeAxis(op, axis, x.ndim);
    const lines = axis === undefined || x.ndim === 0 ? flatten(x) : x;
    refuseEmpty(op, lines, at);
    const quantileAt = prepare(lines, at);
    const rows = levels.map((level, i) => {
      const row = quantileAt(level, i);
      if (axis === undefined) return reshape(row, keepdim ? x.shape.map(() => 1) : []);
      return keepdim && x.ndim > 0 ? row : squeeze(row, at);
    });
    return typeof q === 'number' ? rows[0] : stack(rows);
  });
}

/**
 * The q-quantile along an axis: the element at place q · (n − 1) of the sorted line, between two elements by interpolation.
 * NaN wins.
 *
 * @param q - a number from 0 to 1 or a list; a list adds an axis at the front. @param axis - default: of all elements.
 * @example quantile(tensor([1, 2, 3, 4]), 0.5) // 2.5
 */
export function quantile(
  x: Tensor,
  q: number | readonly number[] | Tensor,
  axis?: number,
  options: QuantileOptions = {},
): Tensor {
  takes('quantile', arguments);
  const { keepdim = false, interpolation = 'linear' } = options;
  const given = isTensor(q) ? (q.toArray() as number | number[]) : q;
  return quantiles('quantile', x, given, axis, keepdim, (lines, at) => {
    const { values } = sort(lines, at);
    const missing = any(isnan(lines), at, { keepdim: true });
    // A tensor of levels gets a derivative: the slope between neighbours.
    const weights = isTensor(q) ? reshape(cast(q, x.dtype), [-1]).unbind() : null;
    return (level, i) => {
      const weight = weights ? weights[i] : level;
      return where(missing, Number.NaN, between(values, at, level, weight, interpolation));
    };
  });
}

/** Sorted lines at places that differ from line to line. */
function amongNumbers(sorted: Tensor, axis: number, place: Tensor, how: Interpolation): Tensor {
  const at = (i: Tensor) => gather(sorted, axis, cast(i, 'int32'));
  if (how === 'nearest') return at(round(place));
  const low = at(floor(place));
  if (how === 'lower') return low;
  const high = at(ceil(place));
  if (how === 'higher') return high;
  const distance = sub(place, floor(place));
  const part = how === 'midpoint' ? where(eq(distance, 0), 0, 0.5) : distance;
  return where(eq(distance, 0), low, add(low, mul(sub(high, low), cast(part, sorted.dtype))));
}

/**
 * The q-quantile along an axis of the elements that are not NaN; NaN where there are none.
 *
 * @param q - a number from 0 to 1 or a list; a list adds an axis at the front. @param axis - default: of all elements.
 * @example nanquantile(tensor([1, NaN, 3]), 0.5) // 2
 */
export function nanquantile(
  x: Tensor,
  q: number | readonly number[],
  axis?: number,
  options: QuantileOptions = {},
): Tensor {
  takes('nanquantile', arguments);
  const { keepdim = false, interpolation = 'linear' } = options;
  return quantiles('nanquantile', x, q, axis, keepdim, (lines, at) => {
    // NaN sorts behind all numbers, so that the numbers of a line are its first ones.
    const { values } = sort(lines, at);
    const last = sub(sum(cast(logicalNot(isnan(lines)), 'float64'), at, { keepdim: true }), 1);
    return (level) => amongNumbers(values, at, mul(maximum(last, 0), level), interpolation);
  });
}

function fullPlaces(x: Tensor, axis: number, place: number): Tensor {
  const shape = x.shape.map((n, i) => (i === axis ? 1 : n));
  return tensor(place, { dtype: 'int32', device: x.device }).expand(shape);
}
