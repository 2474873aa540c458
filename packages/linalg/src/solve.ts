/** Inverses, determinants and systems of linear equations. */

import { customFunction } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import {
  log,
  matrixPower as positivePower,
  ShapeError,
  scope,
  ValueError,
  where,
  zerosLike,
} from '@dl/tensor';
import { LuDecomposition } from 'ml-matrix';
import { svd, svdvals } from './decompositions';
import { inv, inverse } from './inverse';
import { expectMatrices, identity, mT, perMatrix } from './matrix';
import { takes } from './signatures';

/** Orthogonal U and V, whose determinants' product is `sign`, and the singular values of each matrix. */
function rotations(a: Tensor): { U: Tensor; S: Tensor; Vh: Tensor; sign: Tensor } {
  const { U, S, Vh } = svd(a);
  const sign = determinant(U).mul(determinant(Vh)).unsqueeze(-1).unsqueeze(-1);
  return { U, S, Vh, sign };
}

/** Π_(k≠i) s_k for each i. @param S - [..., n]. */
function productsWithoutOne(S: Tensor): Tensor {
  const n = S.shape[S.ndim - 1];
  const eye = identity(n, S);
  return where(eye.ne(0), 1, S.unsqueeze(-2)).prod(-1);
}

/** Π_(k≠i,j) s_k for each i ≠ j, 0 on the diagonal. @param S - [..., n]. */
function productsWithoutTwo(S: Tensor): Tensor {
  const n = S.shape[S.ndim - 1];
  const eye = identity(n, S);
  const left = eye.unsqueeze(0).add(eye.unsqueeze(1)).ne(0); // [i, j, k]
  const products = where(left, 1, S.unsqueeze(-2).unsqueeze(-2)).prod(-1);
  return products.mul(eye.neg().add(1));
}

/** The cofactors of each matrix, also of singular ones: det(U)·det(V)·U diag(Π_(j≠i) s_j) Vᵀ for A = U diag(s) Vᵀ. */
const cofactors = customFunction({
  name: 'cofactors',
  forward(a) {
    const { U, S, Vh, sign } = rotations(a);
    return U.mul(productsWithoutOne(S).unsqueeze(-2)).matmul(Vh).mul(sign);
  },
  // Those of diag(s) + H are, to the first order, with P = Π_(k≠i,j) s_k: on the diagonal Σ_k P_ik H_kk more, beside it −P_ij H_ji.
  backward([g], { inputs: [a] }) {
    if (!g) return [undefined];
    const { U, S, Vh, sign } = rotations(a);
    const inner = mT(U).matmul(g).matmul(mT(Vh));
    const P = productsWithoutTwo(S);
    const diagonal = inner.diagonal(0, -2, -1).unsqueeze(-1);
    const turned = P.matmul(diagonal)
      .squeeze(-1)
      .diagEmbed()
      .sub(P.mul(mT(inner)));
    return [U.matmul(turned).matmul(Vh).mul(sign)];
  },
});

/** Whether a matrix has a pivot that is 0 but for rounding. */
function hasNearlySingular(a: Tensor): boolean {
  const unit = a.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  const [found] = perMatrix(a.detach(), [[]], (matrix) => {
    if (matrix.rows === 0) return [{ shape: [], data: [0] }];
    const pivots = new LuDecomposition(matrix).upperTriangularMatrix.diagonal().map(Math.abs);
    const least = Math.max(...pivots) * unit * matrix.rows;
    return [{ shape: [], data: [Number(Math.min(...pivots) <= least)] }];
  });
  return found.dataSync().some((flag) => flag === 1);
}

const determinant = customFunction({
  name: 'det',
  forward: (a) =>
    perMatrix(a, [[]], (matrix) => [
      { shape: [], data: [matrix.rows === 0 ? 1 : new LuDecomposition(matrix).determinant] },
    ])[0],
  // d det A = ⟨cofactors, dA⟩; det A · A⁻ᵀ where that exists, whose derivatives have any order (those of cofactors: one more).
  backward([g], { inputs: [a], outputs: [d] }) {
    if (!g) return [undefined];
    const each = (x: Tensor) => x.unsqueeze(-1).unsqueeze(-1);
    return [each(g).mul(hasNearlySingular(a) ? cofactors(a) : mT(inv(a)).mul(each(d)))];
  },
});

/** The determinant of each matrix. @param a - [..., n, n]. @returns [...]; 1 for n = 0. @throws as `inv`, but not for singular matrices. */
export function det(a: Tensor): Tensor {
  takes('det', arguments);
  expectMatrices('det', a, true);
  return scope(() => determinant(a));
}

/**
 * Sign and logarithm of the size of each determinant, which do not overflow.
 *
 * @param a - [..., n, n]. @returns sign [...] (0 where singular) and logabsdet [...] (−∞ there).
 */
export function slogdet(a: Tensor): { sign: Tensor; logabsdet: Tensor } {
  takes('slogdet', arguments);
  expectMatrices('slogdet', a, true);
  return scope(() => {
    const n = a.shape[a.ndim - 1];
    const scales = perMatrix(a, [[], []], (matrix) => {
      if (n === 0)
        return [
          { shape: [], data: [1] },
          { shape: [], data: [0] },
        ];
      const lu = new LuDecomposition(matrix);
      const pivots = lu.upperTriangularMatrix.diagonal();
      const sign = parity(lu.pivotPermutationVector) * pivots.reduce((s, x) => s * Math.sign(x), 1);
      const logarithm = pivots.reduce((sum, x) => sum + Math.log(Math.abs(x)), 0);
      return [
        { shape: [], data: [sign] },
        { shape: [], data: [logarithm] },
      ];
    });
    return { sign: scales[0], logabsdet: logarithmOf(scales[1])(a) };
  });
}

/** The sign of a permutation. */
function parity(permutation: readonly number[]): number {
  const rest = [...permutation];
  let sign = 1;
  for (let i = 0; i < rest.length; i++) {
    while (rest[i] !== i) {
      const other = rest[i];
      rest[i] = rest[other];
      rest[other] = other;
      sign = -sign;
    }
  }
  return sign;
}

/** The logarithm that was computed already, with its gradient A⁻ᵀ. */
const logarithmOf = (value: Tensor) =>
  customFunction({
    name: 'slogdet',
    forward: () => value.clone(),
    backward: ([g], { inputs: [a] }) => [
      g
        ?.unsqueeze(-1)
        .unsqueeze(-1)
        .mul(mT(inv(a))),
    ],
  });

/**
 * x with A·x = b for each matrix.
 *
 * @param a - [..., n, n]. @param b - [n] or [..., n] as vectors where it has the batch axes of a and no more, otherwise [..., n, k].
 * @returns the shape of b. @throws LinAlgError for a singular matrix; ShapeError where sizes do not fit.
 * @example solve(tensor([[2, 0], [0, 4]]), tensor([2, 4])) // [1, 1]
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  takes('solve', arguments);
  expectMatrices('solve', a, true);
  const vectors =
    b.ndim === 1 || (b.ndim === a.ndim - 1 && sameSizes(b.shape, a.shape.slice(0, -1)));
  const rows = b.shape[b.ndim - (vectors ? 1 : 2)];
  if (rows !== a.shape[a.ndim - 1]) {
    throw new ShapeError('solve', 'the right side does not fit', {
      args: { a, b },
      expected: `b: [..., ${a.shape[a.ndim - 1]}, k]`,
    });
  }
  return scope(() => {
    const x = inverse(a).matmul(vectors ? b.unsqueeze(-1) : b);
    return vectors ? x.squeeze(-1) : x;
  });
}

function sameSizes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

const pseudoinverse = (rtol: number) =>
  customFunction({
    name: 'pinv',
    forward(a) {
      const { U, S, Vh } = svd(a);
      const largest = S.amax(-1, { keepdim: true });
      const inverted = where(S.gt(largest.mul(rtol)), S.reciprocal(), zerosLike(S));
      return mT(Vh).mul(inverted.unsqueeze(-2)).matmul(mT(U));
    },
    // Golub and Pereyra 1973: dP = −P dA P + P Pᵀ dAᵀ (1 − A P) + (1 − P A) dAᵀ Pᵀ P.
    backward([g], { inputs: [a], outputs: [p] }) {
      if (!g) return [undefined];
      const left = identity(a.shape[a.ndim - 2], a).sub(a.matmul(p));
      const right = identity(a.shape[a.ndim - 1], a).sub(p.matmul(a));
      const [gT, pT] = [mT(g), mT(p)];
      return [
        left
          .matmul(gT)
          .matmul(p)
          .matmul(pT)
          .add(pT.matmul(p).matmul(gT).matmul(right))
          .sub(pT.matmul(g).matmul(pT)),
      ];
    },
  });

/**
 * The pseudo-inverse of Moore and Penrose.
 *
 * @param a - [..., m, n]. @param options - `rtol`: singular values of at most this share of the largest count as 0; default
 * max(m, n) times the rounding unit of the dtype. @returns [..., n, m].
 */
export function pinv(a: Tensor, options: { readonly rtol?: number } = {}): Tensor {
  takes('pinv', arguments);
  expectMatrices('pinv', a, false);
  const { rtol = tolerance(a) } = options;
  return scope(() => (a.size === 0 ? mT(a).clone() : pseudoinverse(rtol)(a)));
}

function tolerance(a: Tensor): number {
  const unit = a.dtype === 'float64' ? 2 ** -52 : 2 ** -23;
  return Math.max(a.shape[a.ndim - 2] ?? 1, a.shape[a.ndim - 1] ?? 1) * unit;
}

/** x for which ‖A·x − b‖ is least, of several the shortest. @param a - [..., m, n]. @param b - [..., m, k]. @returns [..., n, k]. */
export function lstsq(a: Tensor, b: Tensor): Tensor {
  takes('lstsq', arguments);
  expectMatrices('lstsq', a, false);
  if (b.ndim < 2 || b.shape[b.ndim - 2] !== a.shape[a.ndim - 2]) {
    throw new ShapeError('lstsq', 'the right side does not fit', {
      args: { a, b },
      expected: `b: [..., ${a.shape[a.ndim - 2]}, k]`,
    });
  }
  return scope(() => pinv(a).matmul(b));
}

/** How many singular values are above `rtol` times the largest, int32. @param a - [..., m, n]. @param options - `rtol`, as in `pinv`. */
export function matrixRank(a: Tensor, options: { readonly rtol?: number } = {}): Tensor {
  takes('matrixRank', arguments);
  return scope(() => {
    const S = svdvals(a).detach();
    if (S.shape[S.ndim - 1] === 0) return S.sum(-1).cast('int32');
    return S.gt(S.amax(-1, { keepdim: true }).mul(options.rtol ?? tolerance(a)))
      .cast('int32')
      .sum(-1);
  });
}

/** The largest singular value over the smallest. @param a - [..., m, n]. @returns [...]; ∞ for singular matrices. */
export function cond(a: Tensor): Tensor {
  takes('cond', arguments);
  return scope(() => {
    const S = svdvals(a);
    return S.amax(-1).div(S.amin(-1));
  });
}

/** Aⁿ for any whole n; negative ones through the inverse. @param a - [..., n, n]. @throws LinAlgError for singular matrices and n < 0. */
export function matrixPower(a: Tensor, n: number): Tensor {
  takes('matrixPower', arguments);
  if (!Number.isInteger(n)) {
    throw new ValueError('matrixPower', 'the exponent must be whole', { args: { n } });
  }
  return scope(() => (n < 0 ? positivePower(inv(a), -n) : positivePower(a, n)));
}

/** log det A of positive definite matrices. @param a - [..., n, n]. @returns [...]. @throws LinAlgError where the determinant is not positive. */
export function logdet(a: Tensor): Tensor {
  takes('logdet', arguments);
  return scope(() => {
    const { sign, logabsdet } = slogdet(a);
    if (sign.dataSync().some((value) => value < 0)) return log(sign).add(logabsdet);
    return logabsdet;
  });
}
