/** Shapes, strides and offsets: how elements of a tensor lie in its storage. Pure functions. */

import { IndexError, ShapeError, ValueError } from './errors';

/** The sizes of a tensor, one an axis. */
export type Shape = readonly number[];

/**
 * The shape of a tensor: a read-only array whose first eight sizes are typed as numbers, so that `const [b, t, c] = x.shape` and
 * `x.shape[0]` need no check under TypeScript's `noUncheckedIndexedAccess` either. As in any array, an axis that is not there
 * is undefined: what rank a tensor has is not part of its type.
 */
export interface Sizes extends ReadonlyArray<number> {
  readonly 0: number;
  readonly 1: number;
  readonly 2: number;
  readonly 3: number;
  readonly 4: number;
  readonly 5: number;
  readonly 6: number;
  readonly 7: number;
  /** The size of an axis; negative ones count from the end. */
  at(axis: number): number;
}

/** Where the elements of a view lie in its storage; strides and offset count elements, strides may be 0 or negative. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The number of elements of a shape; 1 for the shape of a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) size *= shape[i];
  return size;
}

/**
 * The number of elements of a shape that an operation inferred.
 *
 * @throws ShapeError where the shape is not a list of non-negative integers.
 */
export function checkedSize(op: string, shape: Shape): number {
  let size = 1;
  for (let i = 0; i < shape.length; i++) {
    const n = shape[i];
    if (!(n >= 0) || Math.floor(n) !== n) throw notAShape(op, shape);
    size *= n;
  }
  return size;
}

/** Row-major strides of a shape. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

/** Whether a layout is row-major without gaps; axes of size 1 and empty tensors never matter. */
export function isContiguous({ shape, strides }: Layout): boolean {
  let expected = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] === 0) return true;
    if (shape[i] !== 1) {
      if (strides[i] !== expected) return false;
      expected *= shape[i];
    }
  }
  return true;
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Refuses a shape that is not a list of non-negative integers. */
export function checkShape(op: string, shape: Shape): void {
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) throw notAShape(op, shape);
  }
}

/** The largest size of an axis: positions on it are int32. */
const MAX_SIZE = 2 ** 31 - 1;

/** Whether a number is an integer from `least` to the largest size of an axis. */
export function isCount(count: number, least = 0): boolean {
  return Number.isInteger(count) && count >= least && count <= MAX_SIZE;
}

/**
 * Refuses what cannot be a number of elements, rows or pieces.
 *
 * @param name - the argument, for the error. @param least - the smallest count allowed, default 0.
 * @throws ValueError where `count` is not an integer from `least` to 2³¹ − 1, the largest size of an axis.
 */
export function checkCount(op: string, name: string, count: number, least = 0): void {
  if (isCount(count, least)) return;
  throw new ValueError(op, `${name} must be an integer from ${least} to 2³¹ − 1`, {
    args: { [name]: count },
  });
}

function notAShape(op: string, shape: Shape): ShapeError {
  return new ShapeError(op, 'a shape holds non-negative integers', { args: { shape } });
}

/**
 * The shape that NumPy broadcasting gives: shapes are aligned at the right, and an axis of size 1 stretches.
 *
 * @throws ShapeError where two sizes differ and neither is 1.
 */
export function broadcastShapes(op: string, ...shapes: Shape[]): Shape {
  let result = shapes[0] ?? [];
  for (let i = 1; i < shapes.length; i++) result = broadcastPair(op, result, shapes[i]);
  return result;
}

function broadcastPair(op: string, a: Shape, b: Shape): Shape {
  if (b.length === 0 || sameShape(a, b)) return a;
  if (a.length === 0) return b;
  const rank = Math.max(a.length, b.length);
  const result = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const left = a[a.length - i] ?? 1;
    const right = b[b.length - i] ?? 1;
    if (left !== right && left !== 1 && right !== 1) {
      throw new ShapeError(op, 'shapes do not broadcast', {
        args: { a, b },
        expected: `equal sizes or 1 at axis ${rank - i}, counted in the result`,
      });
    }
    result[rank - i] = left === 1 ? right : left;
  }
  return result;
}

/** Turns a negative axis into a position from the front; refuses one out of range. A scalar accepts -1 and 0. */
export function normalizeAxis(op: string, axis: number, rank: number): number {
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(axis) || axis < -limit || axis >= limit) {
    throw new IndexError(op, `axis ${axis} is out of range`, {
      expected: `an integer from ${-limit} to ${limit - 1} for ${rank} axes`,
    });
  }
  return axis < 0 ? axis + limit : axis;
}

/** Sorted, distinct, non-negative axes; all axes where none are given. */
export function normalizeAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = typeof axes === 'number' ? [axes] : axes;
  const result = list.map((axis) => normalizeAxis(op, axis, rank));
  if (new Set(result).size !== result.length) {
    throw new IndexError(op, 'an axis is named twice', { args: { axes: list } });
  }
  result.sort((a, b) => a - b);
  return rank === 0 ? [] : result;
}

/** The shape after reducing `axes` (sorted, normalised) to size 1, or removing them. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdim: boolean): number[] {
  const result: number[] = [];
  for (let i = 0; i < shape.length; i++) {
    if (!axes.includes(i)) result.push(shape[i]);
    else if (keepdim) result.push(1);
  }
  return result;
}

/** Fills in the one size given as -1 so that the element count stays. */
export function resolveShape(op: string, shape: Shape, size: number): number[] {
  const unknown = shape.indexOf(-1);
  const result = [...shape];
  if (unknown >= 0) {
    if (shape.indexOf(-1, unknown + 1) >= 0) {
      throw new ShapeError(op, 'only one size can be -1', { args: { shape } });
    }
    let rest = 1;
    for (let i = 0; i < shape.length; i++) if (i !== unknown) rest *= shape[i];
    result[unknown] = rest === 0 ? (size === 0 ? 0 : Number.NaN) : size / rest;
  }
  if (!result.every((n) => Number.isSafeInteger(n) && n >= 0) || sizeOf(result) !== size) {
    throw new ShapeError(op, `cannot hold ${size} elements`, {
      args: { shape },
      expected: `sizes whose product is ${size}`,
    });
  }
  return result;
}

/**
 * Strides that show the elements of `layout` under another shape of the same size without moving them, or null where
 * a copy is needed.
 */
export function reshapeStrides(layout: Layout, shape: Shape): number[] | null {
  if (isContiguous(layout)) return contiguousStrides(shape);
  const oldShape = layout.shape.filter((n) => n !== 1);
  const oldStrides = layout.strides.filter((_, i) => layout.shape[i] !== 1);
  const result = new Array<number>(shape.length);
  let to = shape.length - 1;
  let last = oldShape.length - 1;
  while (last >= 0) {
    // A run of old axes that lie one after the other in memory can be cut anew.
    let first = last;
    let run = oldShape[last];
    while (first > 0 && oldStrides[first - 1] === oldStrides[first] * oldShape[first]) {
      first--;
      run *= oldShape[first];
    }
    let stride = oldStrides[last];
    let taken = 1;
    while (to >= 0 && taken < run) {
      result[to] = stride;
      stride *= shape[to];
      taken *= shape[to];
      to--;
    }
    if (taken !== run) return null;
    last = first - 1;
  }
  while (to >= 0) result[to--] = 1;
  return result;
}

/** The layout that repeats axes of size 1 to fill `shape`, without copying. */
export function expandLayout(op: string, layout: Layout, shape: Shape): Layout {
  const added = shape.length - layout.shape.length;
  const strides = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < layout.shape.length; i++) {
    const from = layout.shape[i];
    const to = shape[i + added];
    if (from !== to && from !== 1) {
      throw new ShapeError(op, 'only axes of size 1 can be expanded', {
        args: { from: layout.shape, to: shape },
      });
    }
    strides[i + added] = from === to ? layout.strides[i] : 0;
  }
  if (added < 0) {
    throw new ShapeError(op, 'the new shape has fewer axes', {
      args: { from: layout.shape, to: shape },
    });
  }
  return { shape, strides, offset: layout.offset };
}

/** Elements `start, start + step, …` of an axis; `count` of them; the step may be negative. */
export interface AxisRange {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/**
 * Resolves Python-like bounds on an axis of `size` elements: negative positions count from the end, bounds are clamped,
 * a negative step walks backwards (as in NumPy; PyTorch refuses it).
 */
export function resolveRange(
  op: string,
  size: number,
  start: number | undefined,
  stop: number | undefined,
  step = 1,
): AxisRange {
  if (!Number.isInteger(step) || step === 0) {
    throw new ValueError(op, 'a step is an integer other than 0', { args: { step } });
  }
  for (const bound of [start, stop]) {
    if (bound !== undefined && !Number.isInteger(bound) && Math.abs(bound) !== Infinity) {
      throw new ValueError(op, 'a bound is an integer', { args: { start, stop } });
    }
  }
  const low = step > 0 ? 0 : -1;
  const high = step > 0 ? size : size - 1;
  const clamp = (bound: number) => Math.min(Math.max(bound < 0 ? bound + size : bound, low), high);
  const first = start === undefined ? (step > 0 ? low : high) : clamp(start);
  const end = stop === undefined ? (step > 0 ? high : low) : clamp(stop);
  return { start: first, step, count: Math.max(0, Math.ceil((end - first) / step)) };
}
