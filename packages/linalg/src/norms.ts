/** Norms of matrices. */

import type { KeepdimOptions, Tensor } from '@dl/tensor';
import { abs, IndexError, movedim, norm, normalizeAxis, scope, sum, ValueError } from '@dl/tensor';
import { svdvals } from './decompositions';
import { expectMatrices } from './matrix';
import { takes } from './signatures';

/** Which norm of a matrix `matrixNorm` takes. */
export type MatrixOrder = 'fro' | 'nuc' | number;

/**
 * A norm of each matrix of a stack.
 *
 * @param a - [..., m, n], floating point.
 * @param order - 'fro' (default): √Σ a²; 'nuc': the sum of the singular values; 2 and −2: the largest and the smallest of them;
 * 1 and −1: the largest and the smallest sum of |a| over a column; ∞ and −∞: over a row.
 * @param axes - those of rows and of columns, default [-2, -1]. @param options - `keepdim`: both axes stay, with size 1.
 * @returns [...]. @throws ValueError for another order; ShapeError, DTypeError for what are not matrices.
 * @example matrixNorm(tensor([[1, -2], [3, 4]]), 1) // 6
 */
export function matrixNorm(
  a: Tensor,
  order: MatrixOrder = 'fro',
  axes: readonly [number, number] = [-2, -1],
  options: KeepdimOptions = {},
): Tensor {
  takes('matrixNorm', arguments);
  const { keepdim = false } = options;
  const infinite = order === Number.POSITIVE_INFINITY || order === Number.NEGATIVE_INFINITY;
  if (!infinite && !['fro', 'nuc', 1, -1, 2, -2].includes(order)) {
    throw new ValueError('matrixNorm', 'there is no such norm', {
      args: { order },
      expected: "'fro', 'nuc', 1, -1, 2, -2, Infinity or -Infinity",
    });
  }
  const singular = order === 'nuc' || order === 2 || order === -2;
  expectMatrices('matrixNorm', a, false, singular);
  const [row, column] = axes.map((axis) => normalizeAxis('matrixNorm', axis, a.ndim));
  if (row === column) {
    throw new IndexError('matrixNorm', 'rows and columns are one axis', { args: { a, axes } });
  }
  return scope(() => {
    if (order === 'fro') return norm(a, 2, [row, column], { keepdim });
    if (singular) return ofSingularValues(a, order, [row, column], keepdim);
    const [summed, compared] = infinite ? [column, row] : [row, column];
    const sums = sum(abs(a), summed, { keepdim: true });
    const best =
      (order as number) > 0
        ? sums.amax(compared, { keepdim: true })
        : sums.amin(compared, { keepdim: true });
    return keepdim ? best : best.squeeze([row, column]);
  });
}

function ofSingularValues(
  a: Tensor,
  order: MatrixOrder,
  axes: readonly [number, number],
  keepdim: boolean,
): Tensor {
  const values = svdvals(movedim(a, axes, [-2, -1]));
  const found = order === 'nuc' ? values.sum(-1) : order === 2 ? values.amax(-1) : values.amin(-1);
  if (!keepdim) return found;
  return found.reshape(a.shape.map((n, i) => (axes.includes(i) ? 1 : n)));
}
