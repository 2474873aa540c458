/** Joining tensors side by side, below each other, in depth, and along a diagonal. */

import { ShapeError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { zeros } from '../declared/creation';
import { cat, padOp, reshape } from '../declared/movement';
import { atleast1d, atleast2d, atleast3d } from './movement';

/** Joins tensors side by side: along axis 1, vectors and scalars along axis 0. */
export function hstack(tensors: readonly Tensor[]): Tensor {
  takes('hstack', arguments);
  return scope(() => {
    const rows = tensors.map(atleast1d);
    return cat(rows, rows.length > 0 && rows[0].ndim === 1 ? 0 : 1);
  });
}

/** Joins tensors below each other along axis 0; vectors are rows. */
export function vstack(tensors: readonly Tensor[]): Tensor {
  takes('vstack', arguments);
  return scope(() => cat(tensors.map(atleast2d), 0));
}

/** Joins tensors in depth along axis 2, after `atleast3d`. */
export function dstack(tensors: readonly Tensor[]): Tensor {
  takes('dstack', arguments);
  return scope(() => cat(tensors.map(atleast3d), 2));
}

/** Joins vectors and scalars as columns, and matrices side by side. */
export function columnStack(tensors: readonly Tensor[]): Tensor {
  takes('columnStack', arguments);
  return scope(() =>
    cat(
      tensors.map((x) => (x.ndim < 2 ? reshape(x, [x.size, 1]) : x)),
      1,
    ),
  );
}

/**
 * Matrices along the diagonal of one large matrix, zeros elsewhere.
 *
 * @param matrices - matrices, rows (vectors) and scalars. @returns as many rows and columns as all of them together, [1, 0] for none.
 * @throws ShapeError for more than two axes.
 * @example blockDiag(ones([1, 2]), ones([1, 1])) // [[1, 1, 0], [0, 0, 1]]
 */
export function blockDiag(...matrices: Tensor[]): Tensor {
  takes('blockDiag', arguments);
  const tooDeep = matrices.find((x) => x.ndim > 2);
  if (tooDeep) {
    throw new ShapeError('blockDiag', 'a block has more than two axes', {
      args: { x: tooDeep },
      expected: 'matrices, vectors or scalars',
      hint: 'unbind the first axis: blockDiag(...unbind(x))',
    });
  }
  if (matrices.length === 0) return zeros([1, 0]);
  return scope(() => {
    const blocks = matrices.map(atleast2d);
    const width = blocks.reduce((n, x) => n + x.shape[1], 0);
    let left = 0;
    const rows = blocks.map((x) => {
      const [low, high] = [left, width - left - x.shape[1]];
      left += x.shape[1];
      return run(padOp, [x], { low: [0, low], high: [0, high], interior: [0, 0], value: 0 })[0];
    });
    return cat(rows, 0);
  });
}
