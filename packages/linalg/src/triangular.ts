/** Systems of linear equations with triangular matrices. */

import { customFunction } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { broadcastShapes, DTypeError, expand, ShapeError, scope, tensor } from '@dl/tensor';
import { expectMatrices, mT } from './matrix';
import { takes } from './signatures';

/** Options of `solveTriangular`. */
export interface TriangularOptions {
  /** Whether A is an upper triangle; the other triangle is not read. */
  readonly upper: boolean;
  /** Whether A stands on the left: A·X = B. Otherwise X·A = B. Default true. */
  readonly left?: boolean;
  /** Whether the diagonal of A counts as ones; it is not read then. Default false. */
  readonly unitriangular?: boolean;
}

/** Turns one right side [n, k] into its solution, from the row without unknowns on. */
function substitute(
  a: ArrayLike<number>,
  from: number,
  x: Float64Array,
  [n, k]: readonly [number, number],
  { upper, unitriangular }: TriangularOptions,
): void {
  for (let step = 0; step < n; step++) {
    const i = upper ? n - 1 - step : step;
    for (let s = 0; s < step; s++) {
      const j = upper ? n - 1 - s : s;
      const factor = a[from + i * n + j];
      for (let c = 0; c < k; c++) x[i * k + c] -= factor * x[j * k + c];
    }
    if (unitriangular) continue;
    for (let c = 0; c < k; c++) x[i * k + c] /= a[from + i * n + i];
  }
}

/** X with A·X = B for stacks of the same batch axes. */
const substitution = (options: TriangularOptions) =>
  customFunction({
    name: 'solveTriangular',
    forward(a, b) {
      const [n, k] = b.shape.slice(-2);
      const [matrices, found] = [a.dataSync(), Float64Array.from(b.dataSync())];
      for (let at = 0, from = 0; at < found.length; at += n * k, from += n * n) {
        substitute(matrices, from, found.subarray(at, at + n * k), [n, k], options);
      }
      return tensor(found, { shape: b.shape, dtype: b.dtype, device: b.device });
    },
    // With A X = B: dX = A⁻¹ (dB − dA X).
    backward([g], { inputs: [a], outputs: [x], needed }) {
      if (!g) return [];
      const gB = solveTriangular(mT(a), g, { ...options, upper: !options.upper });
      if (!needed[0]) return [undefined, gB];
      const full = gB.matmul(mT(x)).neg();
      const offset = options.unitriangular ? 1 : 0;
      return [options.upper ? full.triu(offset) : full.tril(-offset), gB];
    },
  });

/**
 * X with A·X = B for triangular matrices A, by substitution.
 *
 * @param a - [..., n, n]. @param b - [..., n, k], for `left: false` [..., k, n]; batch axes broadcast.
 * @returns the shape of b with the broadcast batch axes; infinite or NaN where the diagonal of A holds 0, as in PyTorch.
 * @throws ShapeError where sizes do not fit; DTypeError for other than floating point, or different dtypes.
 * @example solveTriangular(tensor([[2, 0], [1, 1]]), tensor([[2], [3]]), { upper: false }) // [[1], [2]]
 */
export function solveTriangular(a: Tensor, b: Tensor, options: TriangularOptions): Tensor {
  takes('solveTriangular', arguments);
  const { left = true } = options;
  expectMatrices('solveTriangular', a, true, false);
  expectMatrices('solveTriangular', b, false, false);
  if (a.dtype !== b.dtype) {
    throw new DTypeError('solveTriangular', 'dtypes differ', {
      args: { a, b },
      hint: 'cast one of them: b.cast(a.dtype)',
    });
  }
  const n = a.shape[a.ndim - 1];
  if (b.shape[b.ndim - (left ? 2 : 1)] !== n) {
    throw new ShapeError('solveTriangular', 'the right side does not fit', {
      args: { a, b },
      expected: left ? `b: [..., ${n}, k]` : `b: [..., k, ${n}]`,
    });
  }
  return scope(() => {
    if (!left) {
      const turned = { ...options, left: true, upper: !options.upper };
      return mT(solveTriangular(mT(a), mT(b), turned));
    }
    const batch = broadcastShapes('solveTriangular', a.shape.slice(0, -2), b.shape.slice(0, -2));
    const stack = (x: Tensor) => expand(x, [...batch, ...x.shape.slice(-2)]);
    return substitution(options)(stack(a), stack(b));
  });
}
