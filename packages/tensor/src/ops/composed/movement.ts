/** Other shapes and orders of the same elements: moving, merging, repeating, rolling and turning axes. */

import { isTensor } from '../../core/brand';
import { IndexError, ShapeError, ValueError } from '../../core/errors';
import type { Shape } from '../../core/layout';
import { broadcastShapes, normalizeAxis, resolveShape, sizeOf } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { tensor } from '../declared/creation';
import { indexSelect } from '../declared/indexing';
import type { Bounds } from '../declared/movement';
import {
  alias,
  cat,
  clone,
  expand,
  narrow,
  permute,
  reshape,
  slice,
  transpose,
} from '../declared/movement';

/**
 * Moves axes to other places; the rest keep their order; a view.
 *
 * @param source - one axis or several. @param destination - their places in the result.
 * @example images.movedim(-1, 1) // NHWC to NCHW
 */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  takes('movedim', arguments);
  const places = (axes: number | readonly number[]) =>
    (typeof axes === 'number' ? [axes] : axes).map((axis) =>
      normalizeAxis('movedim', axis, x.ndim),
    );
  const [from, to] = [places(source), places(destination)];
  const distinct = new Set(from).size === from.length && new Set(to).size === to.length;
  if (from.length !== to.length || !distinct) {
    throw new IndexError('movedim', 'source and destination must name as many different axes', {
      args: { source, destination },
    });
  }
  if (x.ndim === 0) return alias(x);
  const order = new Array<number>(x.ndim).fill(-1);
  from.forEach((axis, i) => {
    order[to[i]] = axis;
  });
  const rest = x.shape.map((_, i) => i).filter((i) => !from.includes(i));
  return permute(
    x,
    order.map((axis) => (axis >= 0 ? axis : (rest.shift() as number))),
  );
}

/** Swaps two axes; a view. */
export function swapaxes(x: Tensor, axis0: number, axis1: number): Tensor {
  takes('swapaxes', arguments);
  return transpose(x, axis0, axis1);
}

/** Stretches tensors to their common broadcast shape; views. */
export function broadcastTensors(...tensors: Tensor[]): Tensor[] {
  takes('broadcastTensors', arguments);
  const shape = broadcastShapes('broadcastTensors', ...tensors.map((x) => x.shape));
  return tensors.map((x) => expand(x, shape));
}

/** A view with at least one axis. */
export function atleast1d(x: Tensor): Tensor {
  takes('atleast1d', arguments);
  return x.ndim >= 1 ? alias(x) : reshape(x, [1]);
}

/** A view with at least two axes; a vector becomes a row. */
export function atleast2d(x: Tensor): Tensor {
  takes('atleast2d', arguments);
  return x.ndim >= 2 ? alias(x) : reshape(x, [1, x.size]);
}

/** A view with at least three axes; a vector of n becomes [1, n, 1], a matrix [m, n, 1]. */
export function atleast3d(x: Tensor): Tensor {
  takes('atleast3d', arguments);
  if (x.ndim >= 3) return alias(x);
  return reshape(x, x.ndim === 2 ? [...x.shape, 1] : [1, x.size, 1]);
}

/**
 * Copies x `counts[i]` times along axis i, one after the other.
 *
 * @param counts - one for each axis; more than x has axes add axes at the front.
 * @throws ShapeError for fewer counts than axes.
 */
export function repeat(x: Tensor, counts: Shape): Tensor {
  takes('repeat', arguments);
  const added = counts.length - x.ndim;
  if (added < 0 || !counts.every((n) => Number.isInteger(n) && n >= 0)) {
    throw new ShapeError('repeat', 'there must be a non-negative integer for every axis', {
      args: { x, counts },
      hint: added < 0 ? 'tile() fills in missing counts with 1' : undefined,
    });
  }
  const sizes = counts.map((_, i) => (i < added ? 1 : x.shape[i - added]));
  return scope(() => {
    const apart = reshape(
      x,
      sizes.flatMap((n) => [1, n]),
    );
    const stretched = expand(
      apart,
      sizes.flatMap((n, i) => [counts[i], n]),
    );
    return reshape(
      clone(stretched),
      sizes.map((n, i) => n * counts[i]),
    );
  });
}

/** As `repeat`; missing counts at the front are 1. */
export function tile(x: Tensor, counts: number | Shape): Tensor {
  takes('tile', arguments);
  const list = typeof counts === 'number' ? [counts] : counts;
  const missing = Math.max(0, x.ndim - list.length);
  return repeat(x, [...new Array<number>(missing).fill(1), ...list]);
}

/** What to do where the device of a list must be waited for. */
const LIST = 'give them as a list: `Array.from(await repeats.data())`';

/**
 * Repeats each element along an axis.
 *
 * @param repeats - one count, or a count for every element of the axis. @param axis - default: of the flattened tensor.
 * @example repeatInterleave(tensor([1, 2]), 2) // [1, 1, 2, 2]
 */
export function repeatInterleave(
  x: Tensor,
  repeats: number | readonly number[] | Tensor,
  axis?: number,
): Tensor {
  takes('repeatInterleave', arguments);
  return scope(() => {
    const source = axis === undefined || x.ndim === 0 ? reshape(x, [-1]) : x;
    const at = normalizeAxis('repeatInterleave', axis ?? 0, source.ndim);
    const size = source.shape[at];
    const given = isTensor(repeats)
      ? Array.from(repeats.readSync('repeatInterleave', LIST))
      : repeats;
    const counts = typeof given === 'number' ? [given] : given;
    if (
      (counts.length !== size && counts.length !== 1) ||
      !counts.every((n) => Number.isInteger(n) && n >= 0)
    ) {
      throw new ShapeError(
        'repeatInterleave',
        'there must be one count, or one for every element',
        {
          args: { x, repeats },
          expected: `1 or ${size} non-negative integers`,
        },
      );
    }
    const total = counts.reduce((sum, n) => sum + n, 0) * (counts.length === 1 ? size : 1);
    if (total > 2 ** 31) {
      throw new ShapeError('repeatInterleave', 'there would be too many elements', {
        args: { x, repeats },
      });
    }
    const places: number[] = [];
    for (let i = 0; i < size; i++) {
      for (let n = counts[counts.length === 1 ? 0 : i]; n > 0; n--) places.push(i);
    }
    return indexSelect(source, at, tensor(Int32Array.from(places), { device: x.device }));
  });
}

/**
 * Shifts elements along axes; those that leave at the end come back at the start.
 *
 * @param shifts - one or several places. @param axes - as many axes; default: the flattened tensor is shifted.
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  axes?: number | readonly number[],
): Tensor {
  takes('roll', arguments);
  const by = typeof shifts === 'number' ? [shifts] : shifts;
  if (axes === undefined) {
    if (by.length !== 1) throw new ValueError('roll', 'several shifts need as many axes');
    return scope(() => reshape(rollAxis(reshape(x, [-1]), by[0], 0), x.shape));
  }
  const along = typeof axes === 'number' ? [axes] : axes;
  if (along.length !== by.length) {
    throw new ValueError('roll', 'there must be as many shifts as axes', {
      args: { shifts, axes },
    });
  }
  return scope(() =>
    along.reduce((y, axis, i) => rollAxis(y, by[i], normalizeAxis('roll', axis, x.ndim)), clone(x)),
  );
}

function rollAxis(x: Tensor, shift: number, axis: number): Tensor {
  const size = x.shape[axis] ?? 1;
  const by = size === 0 ? 0 : ((shift % size) + size) % size;
  if (by === 0) return clone(x);
  return cat([narrow(x, axis, size - by, by), narrow(x, axis, 0, size - by)], axis);
}

/** Turns x by 90° `times` times in the plane of two axes, from the first towards the second; a view. */
export function rot90(x: Tensor, times = 1, axes: readonly [number, number] = [0, 1]): Tensor {
  takes('rot90', arguments);
  const [from, to] = axes.map((axis) => normalizeAxis('rot90', axis, x.ndim));
  if (from === to) throw new IndexError('rot90', 'the axes must differ', { args: { axes } });
  const quarter = ((times % 4) + 4) % 4;
  if (quarter === 0) return alias(x);
  if (quarter === 2) return flip(x, [from, to]);
  return scope(() =>
    quarter === 1 ? flip(transpose(x, from, to), from) : transpose(flip(x, from), from, to),
  );
}

/** Reverses the columns (axis 1); a view. */
export function fliplr(x: Tensor): Tensor {
  takes('fliplr', arguments);
  return flip(x, 1);
}

/** Reverses the rows (axis 0); a view. */
export function flipud(x: Tensor): Tensor {
  takes('flipud', arguments);
  return flip(x, 0);
}

/**
 * All windows of `size` elements along an axis, `step` apart; PyTorch's `Tensor.unfold`.
 *
 * @returns x with the number of windows on `axis`, and a last axis of `size`. @throws ShapeError where a window does not fit.
 * @example arange(4).unfold(0, 2, 1) // [[0, 1], [1, 2], [2, 3]]
 */
export function unfoldAxis(x: Tensor, axis: number, size: number, step = 1): Tensor {
  takes('unfoldAxis', arguments);
  const at = normalizeAxis('unfold', axis, x.ndim);
  const total = x.shape[at] ?? 1;
  if (
    !Number.isInteger(size) ||
    size < 0 ||
    size > total ||
    !(Number.isInteger(step) && step >= 1)
  ) {
    throw new ShapeError('unfold', `no window of ${size} fits on axis ${at}`, {
      args: { x, size, step },
    });
  }
  const count = Math.floor((total - size) / step) + 1;
  const places = Int32Array.from(
    { length: count * size },
    (_, i) => Math.floor(i / size) * step + (i % size),
  );
  return scope(() => {
    if (x.ndim === 0) return reshape(x, [size === 0 ? 0 : 1]);
    const rows = indexSelect(x, at, tensor(places, { device: x.device }));
    const apart = reshape(rows, [...x.shape.slice(0, at), count, size, ...x.shape.slice(at + 1)]);
    return movedim(apart, at + 1, -1);
  });
}

/** x under the shape of another tensor. */
export function reshapeAs(x: Tensor, other: Tensor): Tensor {
  takes('reshapeAs', arguments);
  return reshape(x, other.shape);
}

/** x stretched to the shape of another tensor; a view. */
export function expandAs(x: Tensor, other: Tensor): Tensor {
  takes('expandAs', arguments);
  return expand(x, other.shape);
}

/** x with an axis for every one of `shape`, summed until it has that shape: the transpose of broadcasting. */
export function sumToSize(x: Tensor, shape: Shape): Tensor {
  takes('sumToSize', arguments);
  const added = x.ndim - shape.length;
  const axes = x.shape.flatMap((n, i) =>
    i < added || (shape[i - added] === 1 && n !== 1) ? [i] : [],
  );
  if (
    added < 0 ||
    x.shape.some((n, i) => i >= added && shape[i - added] !== n && shape[i - added] !== 1)
  ) {
    throw new ShapeError('sumToSize', 'x does not come from that shape by broadcasting', {
      args: { x, shape },
    });
  }
  if (sizeOf(shape) === x.size) return reshape(x, shape);
  return scope(() => reshape(x.sum(axes, { keepdim: true }), shape));
}

/** The transpose of a matrix; vectors and scalars come back as they are; a view. @throws ShapeError for more axes. */
export function t(x: Tensor): Tensor {
  takes('t', arguments);
  if (x.ndim > 2)
    throw new ShapeError('t', 'x has more than two axes', { args: { x }, hint: 'use transpose' });
  return transpose(x);
}

/** Merges the axes from `start` to `end` (both included) into one. */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  takes('flatten', arguments);
  if (x.ndim === 0) return reshape(x, [1]);
  const from = normalizeAxis('flatten', start, x.ndim);
  const to = normalizeAxis('flatten', end, x.ndim);
  if (from > to)
    throw new IndexError('flatten', 'start lies behind end', { args: { x, start, end } });
  const merged = sizeOf(x.shape.slice(from, to + 1));
  return reshape(x, [...x.shape.slice(0, from), merged, ...x.shape.slice(to + 1)]);
}

/** Splits an axis into several sizes; one may be -1. */
export function unflatten(x: Tensor, axis: number, sizes: Shape): Tensor {
  takes('unflatten', arguments);
  const at = normalizeAxis('unflatten', axis, x.ndim);
  const inner = resolveShape('unflatten', sizes, x.shape[at]);
  return reshape(x, [...x.shape.slice(0, at), ...inner, ...x.shape.slice(at + 1)]);
}

/** Reverses axes; a view with negative strides (PyTorch copies). */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  takes('flip', arguments);
  const list = (typeof axes === 'number' ? [axes] : axes).map((a) =>
    normalizeAxis('flip', a, x.ndim),
  );
  return slice(
    x,
    x.shape.map((_, i): Bounds | null => (list.includes(i) ? [null, null, -1] : null)),
  );
}

/** x stretched to a shape, as a view; the name NumPy uses for `expand`. */
export function broadcastTo(x: Tensor, shape: readonly number[]): Tensor {
  takes('broadcastTo', arguments);
  return expand(x, shape);
}
