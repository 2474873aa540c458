/** Copies with a part replaced: the opposites of select, slice and diagonal. */

import { ShapeError } from '../../core/errors';
import { normalizeAxis, sizeOf } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { Bounds } from '../declared/movement';
import { narrow, reshape, select, slice, unsqueeze } from '../declared/movement';
import { arange } from './creation';
import { diagonal } from './diagonal';
import { indexCopy } from './indexing';

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
