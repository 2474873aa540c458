/** Distinct elements and places in sorted sequences; results depend on the values, which are read from the device. */

import type { TypedArray } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { normalizeAxis, sizeOf } from '../../core/layout';
import type { Reading } from '../../core/reading';
import { readAtOnce, readByWaiting } from '../../core/reading';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { tensor } from '../declared/creation';
import { gather, indexSelect } from '../declared/indexing';
import { alias, reshape, transpose } from '../declared/movement';

/** Distinct elements, and what belongs to them. */
export interface Unique {
  /** The distinct elements; not differentiable. */
  readonly values: Tensor;
  /** For every element of x, where it is among `values`; int32, the shape of x (or of the axis). */
  readonly inverse: Tensor;
  /** How often each is in x; int32. */
  readonly counts: Tensor;
}

/** Numbers the rows in order, equal neighbours alike. */
function numberRuns(
  order: readonly number[],
  same: (a: number, b: number) => boolean,
): { firsts: number[]; inverse: Int32Array; counts: number[] } {
  const firsts: number[] = [];
  const counts: number[] = [];
  const inverse = new Int32Array(order.length);
  order.forEach((row, i) => {
    if (i === 0 || !same(order[i - 1], row)) {
      firsts.push(row);
      counts.push(0);
    }
    counts[counts.length - 1]++;
    inverse[row] = firsts.length - 1;
  });
  return { firsts, inverse, counts };
}

function* distinct(
  op: string,
  x: Tensor,
  axis: number | undefined,
  sorts: boolean,
): Reading<Unique> {
  const flat = axis === undefined;
  const at = flat ? 0 : normalizeAxis(op, axis, x.ndim);
  // As in PyTorch, the axis changes places with the first: that decides the order of slices.
  const rows = flat ? reshape(x, [-1]) : swap(x, at);
  const size = rows.shape[0] ?? 1;
  const width = sizeOf(rows.shape.slice(1));
  const data = yield rows;
  const order = Array.from({ length: size }, (_, i) => i);
  if (sorts) order.sort((a, b) => compareRows(data, width, a, b) || a - b);
  const same = (a: number, b: number) =>
    compareRows(data, width, a, b) === 0 && !hasNaN(data, width, a);
  const { firsts, inverse, counts } = numberRuns(order, same);
  const integers = (list: ArrayLike<number>) => tensor(Int32Array.from(list), { device: x.device });
  const picked = indexSelect(rows.detach(), 0, integers(firsts));
  return {
    values: flat ? picked : swap(picked, at),
    inverse: flat ? reshape(integers(inverse), x.shape) : integers(inverse),
    counts: integers(counts),
  };
}

function swap(x: Tensor, axis: number): Tensor {
  return x.ndim < 2 ? alias(x) : transpose(x, 0, axis);
}

function compareRows(data: TypedArray, width: number, a: number, b: number): number {
  for (let k = 0; k < width; k++) {
    const [left, right] = [data[a * width + k], data[b * width + k]];
    if (left !== right) {
      if (left < right) return -1;
      if (left > right) return 1;
      const order = Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      if (order !== 0) return order;
    }
  }
  return 0;
}

function hasNaN(data: TypedArray, width: number, row: number): boolean {
  for (let k = 0; k < width; k++) if (Number.isNaN(data[row * width + k])) return true;
  return false;
}

/**
 * The distinct elements of x in ascending order, or its distinct slices along an axis; every NaN is distinct.
 *
 * @param axis - default: of all elements.
 * @example unique(tensor([3, 1, 3])).values // [1, 3]
 */
export function unique(x: Tensor, axis?: number): Unique {
  takes('unique', arguments);
  return readAtOnce('unique', () => distinct('unique', x, axis, true));
}

/** As `unique`, without blocking where the device can do that. */
export async function uniqueAsync(x: Tensor, axis?: number): Promise<Unique> {
  takes('uniqueAsync', arguments);
  return readByWaiting(() => distinct('unique', x, axis, true));
}

/** As `unique`, but only equal neighbours are taken together, and the order stays. @param axis - default: of all elements. */
export function uniqueConsecutive(x: Tensor, axis?: number): Unique {
  takes('uniqueConsecutive', arguments);
  return readAtOnce('uniqueConsecutive', () => distinct('uniqueConsecutive', x, axis, false));
}

/** As `uniqueConsecutive`, without blocking where the device can do that. */
export async function uniqueConsecutiveAsync(x: Tensor, axis?: number): Promise<Unique> {
  takes('uniqueConsecutiveAsync', arguments);
  return readByWaiting(() => distinct('uniqueConsecutive', x, axis, false));
}

/**
 * Where each value would be inserted to keep the last axis of `sorted` in order.
 *
 * @param sorted - ascending along the last axis; one vector, or as many rows as `values`. @param values - a tensor or a number.
 * @param options - `right`: after equal elements rather than before them, default false; `sorter`: positions that sort `sorted`, if it is not yet.
 * @returns int32, the shape of `values`.
 */
export function searchsorted(
  sorted: Tensor,
  values: Tensor | number,
  options: { right?: boolean; sorter?: Tensor } = {},
): Tensor {
  takes('searchsorted', arguments);
  return readAtOnce('searchsorted', () => insertions(sorted, values, options));
}

/** As `searchsorted`, without blocking where the device can do that. */
export async function searchsortedAsync(
  sorted: Tensor,
  values: Tensor | number,
  options: { right?: boolean; sorter?: Tensor } = {},
): Promise<Tensor> {
  takes('searchsortedAsync', arguments);
  return readByWaiting(() => insertions(sorted, values, options));
}

function* insertions(
  unsorted: Tensor,
  values: Tensor | number,
  { right = false, sorter }: { right?: boolean; sorter?: Tensor },
): Reading<Tensor> {
  const sorted = sorter ? gather(unsorted, -1, sorter) : unsorted;
  const wanted = typeof values === 'number' ? null : values;
  const rows = sorted.ndim > 1;
  const width = sorted.shape[sorted.ndim - 1];
  if (rows && sorted.shape.slice(0, -1).join() !== wanted?.shape.slice(0, -1).join()) {
    throw new ShapeError('searchsorted', 'rows of sorted and values differ', {
      args: { sorted, values },
    });
  }
  const data = yield sorted;
  const numbers = wanted ? yield wanted : [values as number];
  const perRow = rows ? (wanted?.shape[wanted.ndim - 1] ?? 1) : numbers.length;
  const found = Int32Array.from(numbers, (value, i) => {
    const start = rows ? Math.floor(i / perRow) * width : 0;
    return bisect(data, start, width, value, right);
  });
  return tensor(found, { shape: wanted?.shape ?? [], device: sorted.device });
}

/** NaN counts as the largest. */
function bisect(
  data: TypedArray,
  start: number,
  width: number,
  value: number,
  right: boolean,
): number {
  let [low, high] = [0, width];
  while (low < high) {
    const middle = (low + high) >> 1;
    const element = data[start + middle];
    const before = right
      ? !(element > value) && !(Number.isNaN(element) && !Number.isNaN(value))
      : element < value || (Number.isNaN(value) && !Number.isNaN(element));
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** In which of the intervals between ascending boundaries each value lies. @param options - `right`: boundaries belong to the interval above; default false. @returns int32. */
export function bucketize(
  values: Tensor | number,
  boundaries: Tensor,
  options: { right?: boolean } = {},
): Tensor {
  takes('bucketize', arguments);
  return searchsorted(boundaries, values, options);
}
