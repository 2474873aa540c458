/** Decompositions of matrices. */

import { customFunction } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { cat, scope, UsageError, zeros } from '@dl/tensor';
import type { Matrix } from 'ml-matrix';
import {
  CholeskyDecomposition,
  EigenvalueDecomposition,
  QrDecomposition,
  SingularValueDecomposition,
} from 'ml-matrix';
import { inv } from './inverse';
import { expectMatrices, identity, LinAlgError, mT, part, perMatrix } from './matrix';
import { takes } from './signatures';

/** 1 / (λ_j − λ_i) beside the diagonal, 0 on it; infinite where values coincide, as in PyTorch. */
function gaps(values: Tensor): Tensor {
  const n = values.shape[values.ndim - 1];
  const difference = values.unsqueeze(-2).sub(values.unsqueeze(-1));
  const eye = identity(n, values);
  return difference.add(eye).reciprocal().mul(eye.neg().add(1));
}

/** U·diag(s)·V. */
function weighted(u: Tensor, s: Tensor, v: Tensor): Tensor {
  return u.mul(s.unsqueeze(-2)).matmul(v);
}

const thinSvd = customFunction<Tensor[]>({
  name: 'svd',
  forward(a) {
    const [m, n] = a.shape.slice(-2);
    const k = Math.min(m, n);
    return perMatrix(a, [[m, k], [k], [k, n]], (matrix) => {
      if (k === 0) return [];
      const found = new SingularValueDecomposition(matrix, { autoTranspose: true });
      const right = found.rightSingularVectors.transpose();
      return [
        part(found.leftSingularVectors.subMatrix(0, m - 1, 0, k - 1)),
        { shape: [k], data: found.diagonal.slice(0, k) },
        part(right.subMatrix(0, k - 1, 0, n - 1)),
      ];
    });
  },
  // Townsend 2016, "Differentiating the singular value decomposition".
  backward([gU, gS, gVh], { inputs: [a], outputs: [U, S, Vh] }) {
    const V = mT(Vh);
    const F = gaps(S.square());
    const inverse = S.reciprocal();
    const terms: Tensor[] = [];
    if (gS) terms.push(weighted(U, gS, Vh));
    if (gU) {
      const inner = mT(U).matmul(gU);
      terms.push(weighted(U.matmul(F.mul(inner.sub(mT(inner)))), S, Vh));
      terms.push(weighted(gU.sub(U.matmul(inner)), inverse, Vh));
    }
    if (gVh) {
      const inner = Vh.matmul(mT(gVh));
      const turned = F.mul(inner.sub(mT(inner))).matmul(Vh);
      terms.push(weighted(U, S, turned));
      const outside = gVh.sub(gVh.matmul(V).matmul(Vh));
      terms.push(weighted(U, inverse, outside));
    }
    return [terms.length === 0 ? a.mul(0) : terms.reduce((x, y) => x.add(y))];
  },
});

/** A = U diag(S) Vᵀ. */
export interface Svd {
  /** Orthonormal columns, [..., m, k], or [..., m, m] for full matrices. */
  readonly U: Tensor;
  /** Singular values, descending, [..., k] with k = min(m, n). */
  readonly S: Tensor;
  /** Orthonormal rows, [..., k, n], or [..., n, n]. */
  readonly Vh: Tensor;
}

/**
 * The singular value decomposition. Vectors are determined up to their sign; derivatives of functions that depend on it, or of
 * vectors of equal singular values, mean nothing.
 *
 * @param a - [..., m, n], floating point. @param options.fullMatrices - whether U and Vh are square; default false (PyTorch: true).
 * @throws DTypeError, ShapeError, ValueError for what are not finite floating-point matrices.
 * @example const { U, S, Vh } = svd(x);
 */
export function svd(a: Tensor, options: { fullMatrices?: boolean } = {}): Svd {
  takes('svd', arguments);
  const { fullMatrices = false } = options;
  expectMatrices('svd', a, false);
  return scope(() => {
    const [U, S, Vh] = thinSvd(a);
    if (!fullMatrices) return { U, S, Vh };
    return { U: completed(U), S, Vh: mT(completed(mT(Vh))) };
  });
}

/** Singular values, descending. @param a - [..., m, n]. @returns [..., min(m, n)]. */
export function svdvals(a: Tensor): Tensor {
  takes('svdvals', arguments);
  return scope(() => svd(a).S);
}

/** Orthonormal columns and more of them, up to a square matrix; the new ones are constants. */
function completed(q: Tensor): Tensor {
  const [m, k] = q.shape.slice(-2);
  if (m === k) return q;
  const more = perMatrix(q, [[m, m - k]], (matrix) => {
    const basis = matrix.transpose().to2DArray();
    for (let axis = 0; axis < m && basis.length < m; axis++) {
      const vector = Array.from({ length: m }, (_, i) => (i === axis ? 1 : 0));
      // Twice is enough: Gram–Schmidt with reorthogonalisation.
      for (let pass = 0; pass < 2; pass++)
        for (const other of basis) {
          const share = other.reduce((sum, x, i) => sum + x * vector[i], 0);
          other.forEach((x, i) => {
            vector[i] -= share * x;
          });
        }
      const length = Math.hypot(...vector);
      if (length > 0.1 / Math.sqrt(m)) basis.push(vector.map((x) => x / length));
    }
    const rows = basis.slice(k);
    const data = Array.from(
      { length: m * (m - k) },
      (_, i) => rows[i % (m - k)][Math.floor(i / (m - k))],
    );
    return [{ shape: [m, m - k], data }];
  })[0];
  return cat([q, more], -1);
}

const symmetric = customFunction<Tensor[]>({
  name: 'eigh',
  forward(a) {
    const n = a.shape[a.ndim - 1];
    return perMatrix(a, [[n], [n, n]], (matrix) => {
      if (n === 0) return [];
      // Only the lower triangle counts, as in PyTorch.
      const lower = matrix.clone();
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) lower.set(i, j, matrix.get(j, i));
      const found = new EigenvalueDecomposition(lower, { assumeSymmetric: true });
      const order = found.realEigenvalues.map((_, i) => i);
      order.sort((i, j) => found.realEigenvalues[i] - found.realEigenvalues[j]);
      const vectors = found.eigenvectorMatrix.subMatrixColumn(order);
      return [{ shape: [n], data: order.map((i) => found.realEigenvalues[i]) }, part(vectors)];
    });
  },
  // dA = V (diag(dλ) + F ∘ VᵀdV) Vᵀ, made symmetric.
  backward([gValues, gVectors], { outputs: [values, vectors] }) {
    const n = values.shape[values.ndim - 1];
    const eye = identity(n, values);
    let inner = gValues ? eye.mul(gValues.unsqueeze(-1)) : eye.mul(0);
    if (gVectors) inner = inner.add(gaps(values).mul(mT(vectors).matmul(gVectors)));
    const full = vectors.matmul(inner).matmul(mT(vectors));
    return [full.add(mT(full)).mul(0.5)];
  },
});

/**
 * Eigenvalues and eigenvectors of symmetric matrices, of which the lower triangle is read; vectors up to their sign.
 *
 * @param a - [..., n, n]. @returns eigenvalues [..., n], ascending, and eigenvectors as columns [..., n, n].
 * @throws as `svd`, and ShapeError for matrices that are not square.
 */
export function eigh(a: Tensor): { eigenvalues: Tensor; eigenvectors: Tensor } {
  takes('eigh', arguments);
  expectMatrices('eigh', a, true);
  return scope(() => {
    const [eigenvalues, eigenvectors] = symmetric(a);
    return { eigenvalues, eigenvectors };
  });
}

/** Eigenvalues of symmetric matrices, ascending. @param a - [..., n, n]. @returns [..., n]. */
export function eigvalsh(a: Tensor): Tensor {
  takes('eigvalsh', arguments);
  return scope(() => eigh(a).eigenvalues);
}

const thinQr = customFunction<Tensor[]>({
  name: 'qr',
  forward(a) {
    const [m, n] = a.shape.slice(-2);
    return perMatrix(
      a,
      [
        [m, n],
        [n, n],
      ],
      (matrix) => {
        if (n === 0) return [];
        const found = new QrDecomposition(matrix);
        return [part(found.orthogonalMatrix), part(found.upperTriangularMatrix)];
      },
    );
  },
  // With M = R gRᵀ − gQᵀ Q: (gQ + Q copyltu(M)) R⁻ᵀ; Walter and Lehmann 2010.
  backward([gQ, gR], { outputs: [Q, R] }) {
    const first = gR ? R.matmul(mT(gR)) : undefined;
    const second = gQ ? mT(gQ).matmul(Q) : undefined;
    const M = first ? (second ? first.sub(second) : first) : (second as Tensor).neg();
    const lower = M.tril();
    const both = lower.add(mT(M.tril(-1)));
    const left = gQ ? gQ.add(Q.matmul(both)) : Q.matmul(both);
    return [left.matmul(mT(inv(R)))];
  },
});

/**
 * A = Q·R with orthonormal columns Q and an upper triangle R; columns of Q up to their sign.
 *
 * @param a - [..., m, n]. @param options - `mode` 'reduced' (default): Q is [..., m, k], R [..., k, n], k = min(m, n); 'complete': Q is
 * [..., m, m], R [..., m, n]. @throws as `svd`; UsageError for the gradient of a complete Q that is not unique (m > n).
 */
export function qr(
  a: Tensor,
  options: { readonly mode?: 'reduced' | 'complete' } = {},
): { Q: Tensor; R: Tensor } {
  takes('qr', arguments);
  const { mode = 'reduced' } = options;
  expectMatrices('qr', a, false);
  const [m, n] = a.shape.slice(-2);
  return scope(() => {
    if (m < n) {
      // Q and the first part of R come from the square part; the rest of R is Qᵀ times the rest of A.
      const [Q, R] = thinQr(a.narrow(-1, 0, m));
      return { Q, R: cat([R, mT(Q).matmul(a.narrow(-1, m, n - m))], -1) };
    }
    const [Q, R] = thinQr(a);
    if (mode === 'reduced' || m === n) return { Q, R };
    if (Q.requiresGrad) {
      throw new UsageError('qr', 'the complete Q has no derivative where it is not square', {
        args: { a },
        hint: "use mode 'reduced'",
      });
    }
    const rest = [...a.shape.slice(0, -2), m - n, n];
    const below = zeros(rest, { dtype: a.dtype, device: a.device });
    return { Q: completed(Q), R: cat([R, below], -2) };
  });
}

const lowerTriangle = customFunction({
  name: 'cholesky',
  forward(a) {
    const n = a.shape[a.ndim - 1];
    return perMatrix(a, [[n, n]], (matrix: Matrix) => {
      if (n === 0) return [];
      const lower = matrix.clone();
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) lower.set(i, j, matrix.get(j, i));
      const found = new CholeskyDecomposition(lower);
      if (!found.isPositiveDefinite()) {
        throw new LinAlgError('cholesky', 'the matrix is not positive definite', { args: { a } });
      }
      return [part(found.lowerTriangularMatrix)];
    })[0];
  },
  // With Φ the lower triangle and half of the diagonal: L⁻ᵀ Φ(Lᵀ gL) L⁻¹, made symmetric; Murray 2016.
  backward([g], { outputs: [L] }) {
    if (!g) return [undefined];
    const product = mT(L).matmul(g);
    const eye = identity(L.shape[L.ndim - 1], L);
    const phi = product.tril().sub(product.mul(eye).mul(0.5));
    const inverse = inv(L);
    const full = mT(inverse).matmul(phi).matmul(inverse);
    return [full.add(mT(full)).mul(0.5)];
  },
});

/**
 * The lower triangle L with A = L·Lᵀ, or the upper one U with A = Uᵀ·U.
 *
 * @param a - [..., n, n], symmetric (the lower triangle is read) and positive definite. @param options - `upper`: gives U = Lᵀ,
 * default false. @returns [..., n, n].
 * @throws LinAlgError for a matrix that is not positive definite; ShapeError for one that is not square.
 */
export function cholesky(a: Tensor, options: { readonly upper?: boolean } = {}): Tensor {
  takes('cholesky', arguments);
  const { upper = false } = options;
  expectMatrices('cholesky', a, true);
  return scope(() => (upper ? mT(lowerTriangle(a)) : lowerTriangle(a)));
}
