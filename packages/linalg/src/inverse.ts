/** The inverse, on which decompositions and solvers build. */

import { customFunction } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { scope } from '@dl/tensor';
import { LuDecomposition, Matrix } from 'ml-matrix';
import { expectMatrices, LinAlgError, mT, part, perMatrix } from './matrix';
import { takes } from './signatures';

/** A⁻¹ of matrices that were checked. */
export const inverse = customFunction({
  name: 'inv',
  forward(a) {
    const n = a.shape[a.ndim - 1];
    return perMatrix(a, [[n, n]], (matrix) => {
      if (n === 0) return [];
      const lu = new LuDecomposition(matrix);
      if (lu.isSingular()) {
        throw new LinAlgError('inv', 'the matrix is singular', {
          args: { a },
          hint: 'pinv(a) exists always',
        });
      }
      return [part(lu.solve(Matrix.eye(n)))];
    })[0];
  },
  // d(A⁻¹) = −A⁻¹ dA A⁻¹.
  backward([g], { outputs: [y] }) {
    return [g && mT(y).matmul(g).matmul(mT(y)).neg()];
  },
});

/**
 * The inverse A⁻¹ of each matrix.
 *
 * @param a - [..., n, n], floating point. @returns [..., n, n].
 * @throws LinAlgError for a singular matrix; ShapeError, DTypeError, ValueError for one that is not square, not floating point, not finite.
 * @example inv(tensor([[2, 0], [0, 4]])) // [[0.5, 0], [0, 0.25]]
 */
export function inv(a: Tensor): Tensor {
  takes('inv', arguments);
  expectMatrices('inv', a, true);
  return scope(() => inverse(a));
}
