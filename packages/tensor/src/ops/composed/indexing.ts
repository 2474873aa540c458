/** Picking and replacing elements by masks and index lists, composed of the indexing primitives. */

import { valuesAtHand } from '../../core/checks';
import { DTypeError, IndexError, ShapeError } from '../../core/errors';
import { broadcastShapes, normalizeAxis, sizeOf } from '../../core/layout';
import { isTensor, scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { gather, indexAdd, indexSelect, scatter } from '../declared/indexing';
import type { Bounds } from '../declared/movement';
import { alias, expand, narrow, reshape, select, slice } from '../declared/movement';
import { add, lt, mul, where } from '../declared/pointwise';
import { cast, expectIndices } from '../operand';
import { zeros } from './creation';
import { movedim } from './movement';
import { constantLike } from './pointwise';
import { nonzero } from './search';

/**
 * out[i, j, …] = x[…, indices[i, j, …], …] along an axis; x and indices broadcast on the other axes.
 *
 * @param indices - int32. @param axis - default: both are flattened. @example takeAlongDim(x, argsort(x, 1), 1) // sorts
 */
export function takeAlongDim(x: Tensor, indices: Tensor, axis?: number): Tensor {
  takes('takeAlongDim', arguments);
  return scope(() => {
    if (axis === undefined) return gather(reshape(x, [-1]), 0, reshape(indices, [-1]));
    const at = normalizeAxis('takeAlongDim', axis, x.ndim);
    if (x.ndim !== indices.ndim) {
      throw new ShapeError('takeAlongDim', 'x and the indices must have as many axes', {
        args: { x, indices },
      });
    }
    const others = (t: Tensor) => t.shape.map((n, i) => (i === at ? 1 : n));
    const shape = broadcastShapes('takeAlongDim', others(x), others(indices));
    const stretch = (t: Tensor) =>
      expand(
        t,
        shape.map((n, i) => (i === at ? t.shape[i] : n)),
      );
    return gather(stretch(x), at, stretch(indices));
  });
}

/** Negative positions count from the end. */
function fromFront(op: string, index: Tensor, size: number): Tensor {
  const whole = index.dtype === 'uint8' ? cast(index, 'int32') : index;
  expectIndices(op, whole);
  return where(lt(whole, 0), add(whole, size), whole);
}

/** Elements of x, flattened, at the given positions (negative ones from the end). @param index - int32, any shape. @returns the shape of the index. */
export function take(x: Tensor, index: Tensor): Tensor {
  takes('take', arguments);
  return scope(() => {
    const places = reshape(fromFront('take', index, x.size), [-1]);
    return reshape(indexSelect(reshape(x, [-1]), 0, places), index.shape);
  });
}

/** Refuses a mask that is not bool. */
export function expectMask(op: string, mask: Tensor): void {
  if (mask.dtype === 'bool') return;
  throw new DTypeError(op, 'the mask must be bool', {
    args: { mask },
    hint: 'compare first: x.gt(0)',
  });
}

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

/** The elements of x where the mask holds, in row-major order, with broadcasting. Reads the mask. @returns a vector. */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  takes('maskedSelect', arguments);
  expectMask('maskedSelect', mask);
  return scope(() => {
    const shape = broadcastShapes('maskedSelect', x.shape, mask.shape);
    const places = reshape(nonzero(reshape(expand(mask, shape), [-1])), [-1]);
    return indexSelect(reshape(expand(x, shape), [-1]), 0, places);
  });
}

/** x with elements of `source`, in row-major order, where the mask holds. Reads the mask. @throws ShapeError where the source is too short. */
export function maskedScatter(x: Tensor, mask: Tensor, source: Tensor): Tensor {
  takes('maskedScatter', arguments);
  expectMask('maskedScatter', mask);
  return scope(() => {
    const shape = broadcastShapes('maskedScatter', x.shape, mask.shape);
    const places = reshape(nonzero(reshape(expand(mask, shape), [-1])), [-1]);
    if (places.size > source.size) {
      throw new ShapeError('maskedScatter', `the source has fewer than ${places.size} elements`, {
        args: { source },
      });
    }
    const values = narrow(reshape(source, [-1]), 0, 0, places.size);
    return reshape(scatter(reshape(expand(x, shape), [-1]), 0, places, values), shape);
  });
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

/** One axis of advanced indexing: everything (null), a position, bounds, or int32 or bool tensors. */
export type Index = null | undefined | number | Bounds | Tensor;

/** Where the elements that tensors index lie in x, with the indexed axes brought to the front. */
interface Located {
  /** x after positions and bounds, with the indexed axes first. */
  readonly front: Tensor;
  /** How many axes are indexed. */
  readonly count: number;
  /** Row numbers in `front` with its first `count` axes merged. */
  readonly rows: Tensor;
  /** The shape of the broadcast index tensors. */
  readonly shape: readonly number[];
  /** Where the axes of the index go in the result. */
  readonly place: number;
  /** The axes that were moved to the front. */
  readonly axes: readonly number[];
}

/** Applies positions and bounds; what is left are tensors by axis. */
function applyViews(
  x: Tensor,
  indices: readonly Index[],
): { view: Tensor; tensors: Map<number, Tensor> } {
  const used = indices.reduce(
    (n: number, item) => n + (isTensor(item) && item.dtype === 'bool' ? item.ndim : 1),
    0,
  );
  if (used > x.ndim) throw new IndexError('index', 'more indices than axes', { args: { x } });
  let view = alias(x);
  let axis = 0;
  const tensors = new Map<number, Tensor>();
  for (const item of indices) {
    if (typeof item === 'number') view = select(view, axis, item);
    else if (isTensor(item) && item.dtype === 'bool') {
      const fits = item.shape.every((n, i) => n === view.shape[axis + i]);
      if (!fits)
        throw new IndexError('index', 'a mask does not have the sizes it indexes', {
          args: { x, mask: item },
        });
      for (const column of nonzero(item).unbind(1)) tensors.set(axis++, column);
    } else if (isTensor(item)) tensors.set(axis++, item);
    else {
      const bounds = view.shape.map((_, i): Bounds | null => (i === axis ? (item ?? null) : null));
      if (item) view = slice(view, bounds);
      axis++;
    }
  }
  return { view, tensors };
}

function locate(x: Tensor, indices: readonly Index[]): Located {
  const { view, tensors } = applyViews(x, indices);
  const axes = [...tensors.keys()];
  const shape = broadcastShapes('index', ...[...tensors.values()].map((index) => index.shape));
  let rows: Tensor | undefined;
  for (const [axis, index] of tensors) {
    const places = fromFront('index', index, view.shape[axis]);
    checkInside(places, view.shape[axis]);
    rows = rows ? add(mul(rows, view.shape[axis]), places) : places;
  }
  const adjacent = axes.every((axis, i) => i === 0 || axis === axes[i - 1] + 1);
  const front = movedim(
    view,
    axes,
    axes.map((_, i) => i),
  );
  const flat = rows
    ? reshape(expand(rows, shape), [-1])
    : zeros([1], { dtype: 'int32', device: x.device });
  return {
    front,
    count: axes.length,
    rows: flat,
    shape,
    place: adjacent ? (axes[0] ?? 0) : 0,
    axes,
  };
}

/** Several axes are merged into one, where a position out of range would name a wrong element. */
function checkInside(places: Tensor, size: number): void {
  if (!valuesAtHand(places)) return;
  const bad = places.dataSync().find((place) => place < 0 || place >= size);
  if (bad === undefined) return;
  throw new IndexError('index', `index ${bad} is out of range for an axis of ${size}`);
}

/**
 * Advanced indexing as x[i, a:b, mask, …] in Python: integer tensors broadcast together; masks count as the positions where
 * they hold. Negative positions count from the end. Reads masks, and indices where their values are at hand.
 *
 * @param indices - one for each leading axis (a mask stands for as many axes as it has).
 * @returns with the axes of the index tensors in place of those indexed, or at the front where these are apart.
 * @example index(x, [tensor([0, 2], { dtype: 'int32' }), null, [1, 3]]) // x[[0, 2], :, 1:3]
 */
export function index(x: Tensor, indices: readonly Index[]): Tensor {
  takes('index', arguments);
  return scope(() => {
    if (!indices.some((item) => isTensor(item))) return applyViews(x, indices).view;
    const { front, count, rows, shape, place } = locate(x, indices);
    const rest = front.shape.slice(count);
    const merged = reshape(front, [sizeOf(front.shape.slice(0, count)), ...rest]);
    const picked = reshape(indexSelect(merged, 0, rows), [...shape, ...rest]);
    if (place === 0) return picked;
    const from = shape.map((_, i) => i);
    return movedim(
      picked,
      from,
      from.map((i) => i + place),
    );
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
  const { accumulate = false } = options;
  return scope(() => {
    const { front, count, rows, shape, place, axes } = locate(x, indices);
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
    const put = reshape(moved, [rows.size, width]);
    const filled = accumulate ? indexAdd(merged, 0, rows, put) : replaceRows(merged, 0, rows, put);
    return movedim(
      reshape(filled, front.shape),
      axes.map((_, i) => i),
      axes,
    );
  });
}
