/** Picking elements by positions, masks and index lists. */

import { isTensor } from '../../core/brand';
import { valuesAtHand } from '../../core/checks';
import { DTypeError, IndexError, ShapeError } from '../../core/errors';
import { broadcastShapes, normalizeAxis, sizeOf } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Reading } from '../../core/reading';
import { readAtOnce, readByWaiting } from '../../core/reading';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { lt } from '../declared/comparison';
import { tensor, zeros } from '../declared/creation';
import { gather, indexSelect } from '../declared/indexing';
import type { Bounds } from '../declared/movement';
import { alias, expand, reshape, select, slice } from '../declared/movement';
import { add, mul, where } from '../declared/pointwise';
import { cast, expectIndices } from '../operand';
import { movedim } from './movement';
import { unbind } from './slicing';

/** Negative positions count from the end. */
function fromFront(op: string, index: Tensor, size: number): Tensor {
  const whole = index.dtype === 'uint8' ? cast(index, 'int32') : index;
  expectIndices(op, whole);
  return where(lt(whole, 0), add(whole, size), whole);
}

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
function* applyViews(
  x: Tensor,
  indices: readonly Index[],
): Reading<{ view: Tensor; tensors: Map<number, Tensor> }> {
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
      for (const column of (yield* positions(item)).unbind(1)) tensors.set(axis++, column);
    } else if (isTensor(item)) tensors.set(axis++, item);
    else {
      const bounds = view.shape.map((_, i): Bounds | null => (i === axis ? (item ?? null) : null));
      if (item) view = slice(view, bounds);
      axis++;
    }
  }
  return { view, tensors };
}

/** Where tensors index; reads masks. */
export function* locate(x: Tensor, indices: readonly Index[]): Reading<Located> {
  const { view, tensors } = yield* applyViews(x, indices);
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

function* selectMasked(x: Tensor, mask: Tensor): Reading<Tensor> {
  expectMask('maskedSelect', mask);
  const shape = broadcastShapes('maskedSelect', x.shape, mask.shape);
  const places = reshape(yield* positions(reshape(expand(mask, shape), [-1])), [-1]);
  return indexSelect(reshape(expand(x, shape), [-1]), 0, places);
}

/** The elements of x where the mask holds, in row-major order, with broadcasting. Reads the mask. @returns a vector. */
export function maskedSelect(x: Tensor, mask: Tensor): Tensor {
  takes('maskedSelect', arguments);
  return readAtOnce('maskedSelect', () => selectMasked(x, mask));
}

/** As `maskedSelect`, without blocking where the device can do that. */
export async function maskedSelectAsync(x: Tensor, mask: Tensor): Promise<Tensor> {
  takes('maskedSelectAsync', arguments);
  return readByWaiting(() => selectMasked(x, mask));
}

/** The positions of what is not 0, a row for each: [count, axes of x]. */
export function* positions(x: Tensor): Reading<Tensor> {
  const data = yield x;
  const found: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) found.push(i);
  const places = new Int32Array(found.length * x.ndim);
  found.forEach((flat, row) => {
    let rest = flat;
    for (let axis = x.ndim - 1; axis >= 0; axis--) {
      places[row * x.ndim + axis] = rest % x.shape[axis];
      rest = Math.floor(rest / x.shape[axis]);
    }
  });
  return tensor(places, { shape: [found.length, x.ndim], device: x.device });
}

/**
 * The positions of elements that are not 0, in row-major order. Reads x.
 *
 * @param options - `asTuple`: a vector for each axis, as `index` takes them, default false.
 * @returns [count, axes of x], int32; for `asTuple` that many vectors [count], one for a scalar.
 * @example index(x, nonzero(x.gt(0), { asTuple: true })) // the positive elements
 */
export function nonzero(x: Tensor, options?: { readonly asTuple?: false }): Tensor;
export function nonzero(x: Tensor, options: { readonly asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options?: { readonly asTuple?: boolean }): Tensor | Tensor[];
export function nonzero(
  x: Tensor,
  options: { readonly asTuple?: boolean } = {},
): Tensor | Tensor[] {
  takes('nonzero', arguments);
  return readAtOnce('nonzero', () => findNonzero(x, options));
}

/** As `nonzero`, without blocking where the device can do that. */
export function nonzeroAsync(x: Tensor, options?: { readonly asTuple?: false }): Promise<Tensor>;
export function nonzeroAsync(x: Tensor, options: { readonly asTuple: true }): Promise<Tensor[]>;
export async function nonzeroAsync(
  x: Tensor,
  options: { readonly asTuple?: boolean } = {},
): Promise<Tensor | Tensor[]> {
  takes('nonzeroAsync', arguments);
  return readByWaiting(() => findNonzero(x, options));
}

function* findNonzero(
  x: Tensor,
  { asTuple = false }: { readonly asTuple?: boolean },
): Reading<Tensor | Tensor[]> {
  if (!asTuple) return yield* positions(x);
  return unbind(yield* positions(x.ndim === 0 ? reshape(x, [1]) : x), 1);
}

/** One axis of advanced indexing: everything (null), a position, bounds, or int32 or bool tensors. */
export type Index = null | undefined | number | Bounds | Tensor;

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
  return readAtOnce('index', () => pick(x, indices));
}

/** As `index`, without blocking where the device can do that. */
export async function indexAsync(x: Tensor, indices: readonly Index[]): Promise<Tensor> {
  takes('indexAsync', arguments);
  return readByWaiting(() => pick(x, indices));
}

function* pick(x: Tensor, indices: readonly Index[]): Reading<Tensor> {
  if (!indices.some((item) => isTensor(item))) return (yield* applyViews(x, indices)).view;
  const { front, count, rows, shape, place } = yield* locate(x, indices);
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
}
