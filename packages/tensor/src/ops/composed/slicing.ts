/** Cutting an axis into pieces; views. */

import { isTensor } from '../../core/brand';
import { ShapeError } from '../../core/errors';
import { checkCount, normalizeAxis } from '../../core/layout';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { Bounds } from '../declared/movement';
import { narrow, select, slice } from '../declared/movement';

function pieceSizes(total: number, size: number): number[] {
  checkCount('split', 'size', size, 1);
  const count = Math.max(1, Math.ceil(total / size));
  return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

/**
 * Cuts an axis into pieces; views.
 *
 * @param size - the size of each piece (the last may be smaller), or a list of sizes that add up.
 */
export function split(x: Tensor, size: number | readonly number[], axis = 0): Tensor[] {
  takes('split', arguments);
  const at = normalizeAxis('split', axis, x.ndim);
  const total = x.shape[at];
  const sizes = typeof size === 'number' ? pieceSizes(total, size) : size;
  if (sizes.reduce((sum, n) => sum + n, 0) !== total) {
    throw new ShapeError('split', `sizes do not add up to ${total}`, { args: { x, sizes } });
  }
  let end = 0;
  return sizes.map((n) => {
    end += n;
    return narrow(x, at, end - n, n);
  });
}

/** Cuts an axis into at most `count` pieces of equal size (the last may be smaller); views. */
export function chunk(x: Tensor, count: number, axis = 0): Tensor[] {
  takes('chunk', arguments);
  const at = normalizeAxis('chunk', axis, x.ndim);
  checkCount('chunk', 'count', count, 1);
  return split(x, Math.max(1, Math.ceil(x.shape[at] / count)), at);
}

/** All elements of an axis as separate tensors without it; views. */
export function unbind(x: Tensor, axis = 0): Tensor[] {
  takes('unbind', arguments);
  const at = normalizeAxis('unbind', axis, x.ndim);
  return Array.from({ length: x.shape[at] ?? 0 }, (_, i) => select(x, at, i));
}

/**
 * Cuts an axis into pieces; views.
 *
 * @param pieces - how many (the first ones are larger by one where it does not divide), or the positions of the cuts. @param axis - default 0.
 */
export function tensorSplit(
  x: Tensor,
  pieces: number | readonly number[] | Tensor,
  axis = 0,
): Tensor[] {
  takes('tensorSplit', arguments);
  const at = normalizeAxis('tensorSplit', axis, x.ndim);
  const given = isTensor(pieces) ? (pieces.toArray() as number | number[]) : pieces;
  if (typeof given !== 'number') return splitAt(x, given, at);
  checkCount('tensorSplit', 'pieces', given, 1);
  const size = x.shape[at];
  const larger = size % given;
  const sizes = Array.from(
    { length: given },
    (_, i) => Math.floor(size / given) + Number(i < larger),
  );
  return split(x, sizes, at);
}

function splitAt(x: Tensor, cuts: readonly number[], axis: number): Tensor[] {
  const ends: (number | null)[] = [...cuts, null];
  return ends.map((end, i) => {
    const bounds = x.shape.map((_, k): Bounds | null =>
      k === axis ? [i === 0 ? 0 : ends[i - 1], end] : null,
    );
    return slice(x, bounds);
  });
}

/** `tensorSplit` along axis 1, of a vector along axis 0. */
export function hsplit(x: Tensor, pieces: number | readonly number[]): Tensor[] {
  takes('hsplit', arguments);
  return tensorSplit(x, pieces, x.ndim === 1 ? 0 : 1);
}

/** `tensorSplit` along axis 0. */
export function vsplit(x: Tensor, pieces: number | readonly number[]): Tensor[] {
  takes('vsplit', arguments);
  return tensorSplit(x, pieces, 0);
}

/** `tensorSplit` along axis 2. */
export function dsplit(x: Tensor, pieces: number | readonly number[]): Tensor[] {
  takes('dsplit', arguments);
  return tensorSplit(x, pieces, 2);
}
