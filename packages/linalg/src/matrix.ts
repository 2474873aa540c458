/** Between tensors, whose last two axes are matrices, and the matrices of ml-matrix. */

import type { Tensor } from '@dl/tensor';
import { DTypeError, isFloat, ShapeError, tensor, ValueError } from '@dl/tensor';
import { Matrix } from 'ml-matrix';

/** A matrix that has no inverse, or is not positive definite. */
export class LinAlgError extends ValueError {
  override name = 'LinAlgError';
}

/** Refuses what is not a floating-point stack of matrices, with finite elements unless told otherwise. */
export function expectMatrices(op: string, a: Tensor, square: boolean, finite = true): void {
  if (!isFloat(a.dtype)) {
    throw new DTypeError(op, 'the matrix must be floating point', {
      args: { a },
      hint: "cast it: a.cast('float32')",
    });
  }
  const [rows, columns] = a.shape.slice(-2);
  if (a.ndim < 2 || (square && rows !== columns)) {
    throw new ShapeError(op, square ? 'the matrix is not square' : 'a has too few axes', {
      args: { a },
      expected: square ? 'a: [..., n, n]' : 'a: [..., m, n]',
    });
  }
  if (finite && !a.dataSync().every(Number.isFinite)) {
    throw new ValueError(op, 'the matrix holds NaN or infinity', { args: { a } });
  }
}

/** A result of one matrix: its sizes after the batch axes, and its elements row by row. */
export interface Part {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** A matrix of ml-matrix as a result. */
export function part(matrix: Matrix): Part {
  return { shape: [matrix.rows, matrix.columns], data: matrix.to1DArray() };
}

/** The matrix with these rows and columns at `index` of a stack. */
function matrixAt(data: ArrayLike<number>, index: number, rows: number, columns: number): Matrix {
  const result = Matrix.zeros(rows, columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result.set(i, j, data[(index * rows + i) * columns + j]);
  return result;
}

/**
 * Applies f to every matrix of a stack and stacks what it gives.
 *
 * @param shapes - of the results of one matrix, which an empty stack has too.
 */
export function perMatrix(
  a: Tensor,
  shapes: readonly (readonly number[])[],
  f: (matrix: Matrix) => readonly Part[],
): Tensor[] {
  const batch = a.shape.slice(0, -2);
  const count = batch.reduce((n, size) => n * size, 1);
  const [rows, columns] = a.shape.slice(-2);
  const data = a.dataSync();
  const sizes = shapes.map((shape) => shape.reduce((n, size) => n * size, 1));
  const results = sizes.map((size) => new Float64Array(size * count));
  for (let index = 0; index < count; index++) {
    const parts = f(matrixAt(data, index, rows, columns));
    parts.forEach(({ data: values }, i) => {
      results[i].set(Array.from(values), index * sizes[i]);
    });
  }
  return results.map((values, i) =>
    tensor(values, { shape: [...batch, ...shapes[i]], dtype: a.dtype, device: a.device }),
  );
}

/** The identity of n × n, in the dtype and on the device of `like`. */
export function identity(n: number, like: Tensor): Tensor {
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) data[i * n + i] = 1;
  return tensor(data, { shape: [n, n], dtype: like.dtype, device: like.device });
}

/** The transpose of the last two axes. */
export function mT(a: Tensor): Tensor {
  return a.transpose(-2, -1);
}
