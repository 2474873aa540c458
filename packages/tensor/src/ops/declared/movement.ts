/** Views (no copy), and operations that copy elements to other places. */

import { isTensor } from '../../core/brand';
import { promoteTypes } from '../../core/dtype';
import { DTypeError, IndexError, ShapeError, ValueError } from '../../core/errors';
import type { Shape } from '../../core/layout';
import {
  checkShape,
  expandLayout,
  isContiguous,
  normalizeAxis,
  reshapeStrides,
  resolveRange,
  resolveShape,
  sameShape,
  sizeOf,
} from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { Operand } from '../operand';
import { cast, scalar, withDType } from '../operand';
import type { PrimitiveDeclaration, ViewDeclaration } from '../table';
import { assignOp, contiguousOp } from './copy';

const NONE = {};

export const aliasOp: ViewDeclaration<'alias'> = {
  kind: 'view',
  name: 'alias',
  layout: ({ shape, strides, offset }) => ({ shape, strides, offset }),
};

export const detachOp: ViewDeclaration<'detach'> = {
  kind: 'view',
  name: 'detach',
  layout: aliasOp.layout,
};

export const permuteOp: ViewDeclaration<'permute'> = {
  kind: 'view',
  name: 'permute',
  layout: (x, { axes }) => ({
    shape: axes.map((axis) => x.shape[axis]),
    strides: axes.map((axis) => x.strides[axis]),
    offset: x.offset,
  }),
};

export const expandOp: ViewDeclaration<'expand'> = {
  kind: 'view',
  name: 'expand',
  layout: (x, { shape }) => expandLayout('expand', x, shape),
};

export const reshapeOp: ViewDeclaration<'reshape'> = {
  kind: 'view',
  name: 'reshape',
  layout(x, { shape }) {
    const strides = reshapeStrides(x, shape);
    if (!strides) {
      throw new ShapeError('view', 'these elements do not lie in one piece', {
        args: { x, shape },
        hint: 'use reshape, which copies where it must',
      });
    }
    return { shape, strides, offset: x.offset };
  },
};

export const sliceOp: ViewDeclaration<'slice'> = {
  kind: 'view',
  name: 'slice',
  layout: (x, { start, step, count }) => ({
    shape: count,
    strides: x.strides.map((stride, i) => stride * step[i]),
    offset:
      sizeOf(count) === 0
        ? x.offset
        : x.strides.reduce((at, stride, i) => at + stride * start[i], x.offset),
  }),
};

export const diagonalOp: ViewDeclaration<'diagonal'> = {
  kind: 'view',
  name: 'diagonal',
  layout({ shape, strides, offset }) {
    const [rows, columns] = shape.slice(-2);
    const [down, right] = strides.slice(-2);
    return {
      shape: [...shape.slice(0, -2), Math.min(rows, columns)],
      strides: [...strides.slice(0, -2), down + right],
      offset,
    };
  },
};

export const concatOp: PrimitiveDeclaration<'concat'> = {
  kind: 'primitive',
  name: 'concat',
  infer(inputs, { axis }) {
    const [first] = inputs;
    let total = 0;
    for (const input of inputs) {
      const fits =
        input.ndim === first.ndim &&
        input.shape.every((n, i) => i === axis || n === first.shape[i]);
      if (!fits) {
        throw new ShapeError('cat', `sizes differ outside axis ${axis}`, {
          args: { first, other: input },
        });
      }
      if (input.dtype !== first.dtype)
        throw new DTypeError('cat', 'dtypes differ', { args: { first, other: input } });
      total += input.shape[axis];
    }
    return [{ shape: first.shape.map((n, i) => (i === axis ? total : n)), dtype: first.dtype }];
  },
};

export const padOp: PrimitiveDeclaration<'pad'> = {
  kind: 'primitive',
  name: 'pad',
  infer([x], { low, high, interior }) {
    const shape = x.shape.map((n, i) => low[i] + high[i] + n + Math.max(n - 1, 0) * interior[i]);
    if (interior.some((n) => !(n >= 0)) || !shape.every(Number.isInteger)) {
      throw new ValueError('pad', 'a width is an integer, and not negative between elements', {
        args: { x, low, high, interior },
      });
    }
    if (shape.some((n) => n < 0)) {
      throw new ShapeError('pad', 'crops more than there is', { args: { x, low, high } });
    }
    return [{ shape, dtype: x.dtype }];
  },
};

/** A second handle on the same elements; what autograd differentiates is such an alias. @returns a view of x. */
export function alias(x: Tensor): Tensor {
  takes('alias', arguments);
  return run(aliasOp, [x], NONE)[0];
}

/** A handle on the same elements through which no derivative passes. @returns a view of x. */
export function detach(x: Tensor): Tensor {
  takes('detach', arguments);
  return run(detachOp, [x], NONE)[0];
}

/** The elements in row-major order without gaps: x itself where they lie so already, otherwise a copy. */
export function contiguous(x: Tensor): Tensor {
  takes('contiguous', arguments);
  return isContiguous(x) ? x : run(contiguousOp, [x], NONE)[0];
}

/** A copy with storage of its own. @returns the shape and dtype of x. */
export function clone(x: Tensor): Tensor {
  takes('clone', arguments);
  return run(contiguousOp, [x], NONE)[0];
}

/**
 * Writes `source` into `target`, which keeps its storage; broadcasts and casts the source.
 *
 * @returns the target.
 * @throws ShapeError where the source does not broadcast to the target.
 */
export function assign(target: Tensor, source: Operand): Tensor {
  takes('assign', arguments);
  scope(() => {
    const value = isTensor(source)
      ? cast(source, target.dtype)
      : scalar(Number(source), target.dtype, target);
    run(assignOp, [target, expand(value, target.shape)], {});
  });
  return target;
}

/**
 * The same elements under another shape; a view where the strides allow it, otherwise a copy.
 *
 * @param shape - sizes with the same product; one may be -1.
 * @throws ShapeError where the number of elements differs.
 * @example arange(6).reshape([2, -1]) // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  takes('reshape', arguments);
  const sizes = resolveShape('reshape', shape, x.size);
  if (reshapeStrides(x, sizes)) return run(reshapeOp, [x], { shape: sizes })[0];
  const copy = clone(x);
  try {
    return run(reshapeOp, [copy], { shape: sizes })[0];
  } finally {
    copy.dispose();
  }
}

/** As `reshape`, but refuses to copy. @throws ShapeError where the elements do not lie in one piece. */
export function view(x: Tensor, shape: Shape): Tensor {
  takes('view', arguments);
  return run(reshapeOp, [x], { shape: resolveShape('view', shape, x.size) })[0];
}

/**
 * Reorders the axes; a view.
 *
 * @param axes - a permutation of all axes, negative ones count from the end.
 * @example image.permute([1, 2, 0]) // [C, H, W] to [H, W, C]
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  takes('permute', arguments);
  const order = axes.map((axis) => normalizeAxis('permute', axis, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new IndexError('permute', 'axes must name every axis once', { args: { x, axes } });
  }
  return run(permuteOp, [x], { axes: order })[0];
}

/** Swaps two axes, by default the last two; a view. A tensor with fewer than two axes comes back as it is. */
export function transpose(x: Tensor, axis0 = -2, axis1 = -1): Tensor {
  takes('transpose', arguments);
  if (x.ndim < 2) return alias(x);
  const order = Array.from({ length: x.ndim }, (_, i) => i);
  const a = normalizeAxis('transpose', axis0, x.ndim);
  const b = normalizeAxis('transpose', axis1, x.ndim);
  [order[a], order[b]] = [b, a];
  return run(permuteOp, [x], { axes: order })[0];
}

/**
 * Repeats axes of size 1 without copying.
 *
 * @param shape - the new sizes; -1 keeps a size; may have more axes at the front.
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  takes('expand', arguments);
  const added = shape.length - x.ndim;
  const sizes = shape.map((n, i) => (n === -1 && i >= added ? x.shape[i - added] : n));
  checkShape('expand', sizes);
  return sameShape(sizes, x.shape) ? alias(x) : run(expandOp, [x], { shape: sizes })[0];
}

/** Removes axes of size 1: those given, or all. A given axis of another size stays, as in PyTorch. */
export function squeeze(x: Tensor, axes?: number | readonly number[]): Tensor {
  takes('squeeze', arguments);
  const list = typeof axes === 'number' ? [axes] : axes;
  const chosen = list?.map((axis) => normalizeAxis('squeeze', axis, x.ndim));
  const keepAxis = (n: number, i: number) =>
    n !== 1 || (chosen !== undefined && !chosen.includes(i));
  return reshape(x, x.shape.filter(keepAxis));
}

/** Inserts an axis of size 1 before position `axis` (from −ndim − 1 to ndim). */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  takes('unsqueeze', arguments);
  const at = normalizeAxis('unsqueeze', axis, x.ndim + 1);
  return reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
}

/** Bounds on one axis: `[start, stop, step]`, each optional; a bare number is not a bound (use `select`). */
export type Bounds = readonly [start?: number | null, stop?: number | null, step?: number | null];

/**
 * Picks `start, start + step, …` before `stop` on the leading axes; a view. As Python's `x[a:b:c, …]`; a negative step walks
 * backwards as in NumPy (PyTorch refuses it).
 *
 * @param bounds - one entry for each leading axis; null or undefined takes the axis whole.
 * @example x.slice([[1, 3], null, [null, null, -1]]) // x[1:3, :, ::-1]
 */
export function slice(x: Tensor, bounds: readonly (Bounds | null | undefined)[]): Tensor {
  takes('slice', arguments);
  if (bounds.length > x.ndim) {
    throw new IndexError('slice', 'more bounds than axes', { args: { x, bounds } });
  }
  const ranges = x.shape.map((size, i) => {
    const [start, stop, step] = bounds[i] ?? [];
    return resolveRange('slice', size, start ?? undefined, stop ?? undefined, step ?? undefined);
  });
  return run(sliceOp, [x], {
    start: ranges.map((r) => r.start),
    step: ranges.map((r) => r.step),
    count: ranges.map((r) => r.count),
  })[0];
}

/** `length` elements of an axis from `start`; a view. @throws IndexError where they do not lie inside. */
export function narrow(x: Tensor, axis: number, start: number, length: number): Tensor {
  takes('narrow', arguments);
  const at = normalizeAxis('narrow', axis, x.ndim);
  const size = x.shape[at] ?? 1;
  const from = start < 0 ? start + size : start;
  if (
    !Number.isInteger(from) ||
    !Number.isInteger(length) ||
    from < 0 ||
    length < 0 ||
    from + length > size
  ) {
    throw new IndexError(
      'narrow',
      `elements ${start} to ${start + length} are not inside axis ${axis}`,
      {
        args: { x },
        expected: `a stretch inside 0 to ${size}`,
      },
    );
  }
  const bounds = x.shape.map((_, i): Bounds | null => (i === at ? [from, from + length] : null));
  return slice(x, bounds);
}

/** Element `index` of an axis, which disappears; a view. Negative positions count from the end. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  takes('select', arguments);
  const at = normalizeAxis('select', axis, x.ndim);
  const size = x.shape[at] ?? 0;
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new IndexError('select', `position ${index} is not on axis ${axis}`, {
      args: { x },
      expected: `an integer from ${-size} to ${size - 1}`,
    });
  }
  const row = narrow(x, at, index < 0 ? index + size : index, 1);
  try {
    return reshape(row, [...x.shape.slice(0, at), ...x.shape.slice(at + 1)]);
  } finally {
    row.dispose();
  }
}

/**
 * Joins tensors along an axis.
 *
 * @param tensors - at least one; equal shapes but for `axis`; empty vectors are passed over. @param axis - default 0.
 * @returns the promoted dtype. @throws ShapeError where other sizes differ.
 */
export function cat(tensors: readonly Tensor[], axis = 0): Tensor {
  takes('cat', arguments);
  if (tensors.length === 0) throw new ValueError('cat', 'there is nothing to join');
  const solid = tensors.filter((x) => x.ndim !== 1 || x.size > 0);
  const parts = solid.length > 0 ? solid : tensors.slice(0, 1);
  const at = normalizeAxis('cat', axis, parts[0].ndim);
  if (parts[0].ndim === 0) {
    throw new ShapeError('cat', 'scalars cannot be joined', {
      args: { first: parts[0] },
      hint: 'use stack',
    });
  }
  const dtype = tensors.reduce((known, x) => promoteTypes(known, x.dtype), tensors[0].dtype);
  return withDType(parts, dtype, (...same) => run(concatOp, same, { axis: at })[0]);
}

/** Joins tensors of one shape along a new axis. @param axis - its place in the result. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  takes('stack', arguments);
  if (tensors.length === 0) throw new ValueError('stack', 'there is nothing to join');
  const at = normalizeAxis('stack', axis, tensors[0].ndim + 1);
  for (const x of tensors) {
    if (!sameShape(x.shape, tensors[0].shape)) {
      throw new ShapeError('stack', 'shapes differ', { args: { first: tensors[0], other: x } });
    }
  }
  const rows = tensors.map((x) => unsqueeze(x, at));
  try {
    return cat(rows, at);
  } finally {
    for (const row of rows) row.dispose();
  }
}
