/** Products of matrices and vectors. */

import { ShapeError, ValueError } from '../../core/errors';
import { broadcastShapes, normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { matmul, outer } from '../declared/blas';
import { indexSelect } from '../declared/indexing';
import {
  alias,
  cat,
  clone,
  expand,
  narrow,
  reshape,
  select,
  unsqueeze,
} from '../declared/movement';
import { add, mul, sub } from '../declared/pointwise';
import { sum } from '../declared/reduction';
import { eye } from './creation';
import { triuIndices } from './diagonal';
import { tensordot } from './einsum';
import { norm } from './reduction';

function expectRanks(op: string, args: Record<string, Tensor>, ranks: readonly number[]): void {
  if (Object.values(args).every((x, i) => x.ndim === ranks[i])) return;
  throw new ShapeError(op, 'the operands do not have the axes they must have', {
    args,
    expected: `${ranks.join(' and ')} axes`,
  });
}

/** The product of two matrices. @param a - [m, k]. @param b - [k, n]. @returns [m, n]. */
export function mm(a: Tensor, b: Tensor): Tensor {
  takes('mm', arguments);
  expectRanks('mm', { a, b }, [2, 2]);
  return matmul(a, b);
}

/** The product of a matrix and a vector. @param a - [m, k]. @param v - [k]. @returns [m]. */
export function mv(a: Tensor, v: Tensor): Tensor {
  takes('mv', arguments);
  expectRanks('mv', { a, v }, [2, 1]);
  return matmul(a, v);
}

/** The product of two stacks of matrices of one length. @param a - [b, m, k]. @param b - [b, k, n]. @returns [b, m, n]. */
export function bmm(a: Tensor, b: Tensor): Tensor {
  takes('bmm', arguments);
  if (a.ndim !== 3 || b.ndim !== 3 || a.shape[0] !== b.shape[0]) {
    throw new ShapeError('bmm', 'both must be stacks of as many matrices', {
      args: { a, b },
      expected: 'a: [b, m, k], b: [b, k, n]',
    });
  }
  return matmul(a, b);
}

/** Σᵢ aᵢ bᵢ of two vectors. @param a - [n]. @param b - [n]. @returns a scalar. */
export function dot(a: Tensor, b: Tensor): Tensor {
  takes('dot', arguments);
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError('dot', 'both must be vectors', {
      args: { a, b },
      expected: 'a: [n], b: [n]',
    });
  }
  return matmul(a, b);
}

/** Σᵢ aᵢ bᵢ of two vectors; the same as `dot`, as there are no complex numbers. */
export function vdot(a: Tensor, b: Tensor): Tensor {
  takes('vdot', arguments);
  return dot(a, b);
}

/** Sums products over the last axes of both; a scalar multiplies. @returns the other axes of a, then those of b. */
export function inner(a: Tensor, b: Tensor): Tensor {
  takes('inner', arguments);
  return a.ndim === 0 || b.ndim === 0 ? mul(a, b) : tensordot(a, b, [[-1], [-1]]);
}

/** Weights of `addmm` and its kin. */
export interface Weights {
  /** Factor of the summand; 0 leaves it out, whatever it holds. Default 1. */
  readonly beta?: number;
  /** Factor of the product. Default 1. */
  readonly alpha?: number;
}

function weigh(summand: Tensor, product: Tensor, { beta = 1, alpha = 1 }: Weights): Tensor {
  const scaled = alpha === 1 ? product : mul(product, alpha);
  if (beta === 0) {
    broadcastShapes('addmm', summand.shape, product.shape);
    return scaled;
  }
  return add(beta === 1 ? summand : mul(summand, beta), scaled);
}

/** beta · summand + alpha · (a·b) of two matrices. @param summand - broadcasts to [m, n]. */
export function addmm(summand: Tensor, a: Tensor, b: Tensor, weights: Weights = {}): Tensor {
  takes('addmm', arguments);
  return scope(() => weigh(summand, mm(a, b), weights));
}

/** beta · summand + alpha · (a·v) of a matrix and a vector. @param summand - broadcasts to [m]. */
export function addmv(summand: Tensor, a: Tensor, v: Tensor, weights: Weights = {}): Tensor {
  takes('addmv', arguments);
  return scope(() => weigh(summand, mv(a, v), weights));
}

/** beta · summand + alpha · (u·vᵀ) of two vectors. @param summand - broadcasts to [m, n]. */
export function addr(summand: Tensor, u: Tensor, v: Tensor, weights: Weights = {}): Tensor {
  takes('addr', arguments);
  return scope(() => weigh(summand, outer(u, v), weights));
}

/** beta · summand + alpha · (a·b) of two stacks of matrices. @param summand - broadcasts to [b, m, n]. */
export function baddbmm(summand: Tensor, a: Tensor, b: Tensor, weights: Weights = {}): Tensor {
  takes('baddbmm', arguments);
  expectRanks('baddbmm', { a, b }, [3, 3]);
  return scope(() => weigh(summand, matmul(a, b), weights));
}

/** beta · summand + alpha · Σ of the products of two stacks of matrices. @param summand - broadcasts to [m, n]. */
export function addbmm(summand: Tensor, a: Tensor, b: Tensor, weights: Weights = {}): Tensor {
  takes('addbmm', arguments);
  expectRanks('addbmm', { a, b }, [3, 3]);
  return scope(() => weigh(summand, sum(matmul(a, b), 0), weights));
}

/** The Kronecker product: every element of a times all of b, as blocks. */
export function kron(a: Tensor, b: Tensor): Tensor {
  takes('kron', arguments);
  const rank = Math.max(a.ndim, b.ndim);
  const pad = (x: Tensor) => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const [m, n] = [pad(a), pad(b)];
  return scope(() => {
    const blocks = mul(
      reshape(
        a,
        m.flatMap((size) => [size, 1]),
      ),
      reshape(
        b,
        n.flatMap((size) => [1, size]),
      ),
    );
    return reshape(
      blocks,
      m.map((size, i) => size * n[i]),
    );
  });
}

/** The cross product of vectors of three elements on an axis, with broadcasting. @param axis - default the last (PyTorch's `linalg.cross`). */
export function cross(a: Tensor, b: Tensor, axis = -1): Tensor {
  takes('cross', arguments);
  const shape = broadcastShapes('cross', a.shape, b.shape);
  const at = normalizeAxis('cross', axis, shape.length);
  return scope(() => {
    const [x, y] = [expand(a, shape), expand(b, shape)];
    if (x.shape[at] !== 3 || y.shape[at] !== 3) {
      throw new ShapeError('cross', `axis ${axis} does not have three elements`, {
        args: { a, b },
      });
    }
    // Turned by one place: (x × y)ᵢ = xᵢ₊₁ yᵢ₊₂ − xᵢ₊₂ yᵢ₊₁.
    const turn = (v: Tensor, by: number) =>
      cat([narrow(v, at, by, 3 - by), narrow(v, at, 0, by)], at);
    return sub(mul(turn(x, 1), turn(y, 2)), mul(turn(x, 2), turn(y, 1)));
  });
}

/** The p-norm of all differences of rows. @param a - [..., m, d]. @param b - [..., n, d]. @param p - default 2. @returns [..., m, n]. */
export function cdist(a: Tensor, b: Tensor, p = 2): Tensor {
  takes('cdist', arguments);
  if (a.ndim < 2 || b.ndim < 2 || a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) {
    throw new ShapeError('cdist', 'both must hold rows of one length', { args: { a, b } });
  }
  return scope(() => norm(sub(unsqueeze(a, -2), unsqueeze(b, -3)), p, -1));
}

/**
 * The p-norm of the difference of each pair of rows: (0, 1), (0, 2), …, (1, 2), ….
 *
 * @param x - [n, d], floating point. @param p - not negative, default 2. @returns [n (n − 1) / 2].
 * @throws ShapeError for other than a matrix; ValueError for a negative p.
 */
export function pdist(x: Tensor, p = 2): Tensor {
  takes('pdist', arguments);
  if (x.ndim !== 2) throw new ShapeError('pdist', 'x must be a matrix', { args: { x } });
  if (!(p >= 0)) throw new ValueError('pdist', 'p must not be negative', { args: { p } });
  return scope(() => {
    const pairs = triuIndices(x.shape[0], x.shape[0], 1);
    const rows = (which: number) => indexSelect(x, 0, select(pairs, 0, which));
    return norm(sub(rows(0), rows(1)), p, 1);
  });
}

/** The n-th power of square matrices, by repeated squaring. @param n - a non-negative integer. @throws ValueError for another. */
export function matrixPower(x: Tensor, n: number): Tensor {
  takes('matrixPower', arguments);
  const [rows, columns] = x.shape.slice(-2);
  if (x.ndim < 2 || rows !== columns) {
    throw new ShapeError('matrixPower', 'the matrices must be square', { args: { x } });
  }
  if (!Number.isInteger(n) || n < 0) {
    throw new ValueError('matrixPower', 'the power must be a non-negative integer', {
      args: { n },
      hint: 'invert the matrix first for negative powers',
    });
  }
  return scope(() => {
    if (n === 0)
      return clone(expand(eye(rows, rows, { dtype: x.dtype, device: x.device }), x.shape));
    let result: Tensor | null = null;
    if (n === 1) return clone(x);
    let square = x;
    for (let rest = n; ; square = matmul(square, square)) {
      if (rest % 2 === 1) result = result ? matmul(result, square) : square;
      rest = Math.floor(rest / 2);
      if (rest === 0) return result as Tensor;
    }
  });
}

/** Where to cut a chain of matrices so that the fewest multiplications are needed (Cormen et al., chapter 15). */
function bestCuts(sizes: readonly number[]): number[][] {
  const n = sizes.length - 1;
  const cost = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const cuts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let length = 1; length < n; length++) {
    for (let i = 0; i + length < n; i++) {
      const j = i + length;
      cost[i][j] = Number.POSITIVE_INFINITY;
      for (let k = i; k < j; k++) {
        const total = cost[i][k] + cost[k + 1][j] + sizes[i] * sizes[k + 1] * sizes[j + 1];
        if (total < cost[i][j]) [cost[i][j], cuts[i][j]] = [total, k];
      }
    }
  }
  return cuts;
}

/** The product of a chain of matrices, in the order that needs the fewest multiplications. The first and the last may be vectors. */
export function multiDot(matrices: readonly Tensor[]): Tensor {
  takes('multiDot', arguments);
  if (matrices.length < 2) throw new ValueError('multiDot', 'there must be at least two matrices');
  const last = matrices.length - 1;
  return scope(() => {
    const chain = matrices.map((x, i) =>
      x.ndim !== 1 ? x : i === 0 ? reshape(x, [1, -1]) : i === last ? reshape(x, [-1, 1]) : x,
    );
    for (const x of chain) expectRanks('multiDot', { matrix: x }, [2]);
    const cuts = bestCuts([chain[0].shape[0], ...chain.map((x) => x.shape[1])]);
    const product = (i: number, j: number): Tensor =>
      i === j ? chain[i] : matmul(product(i, cuts[i][j]), product(cuts[i][j] + 1, j));
    const [left, right] = [matrices[0].ndim === 1, matrices[last].ndim === 1];
    const result = product(0, last);
    const shape = result.shape.filter((_, i) => !(i === 0 ? left : right));
    return reshape(result, shape);
  });
}

/** As `multiDot`, for matrices alone. */
export function chainMatmul(...matrices: Tensor[]): Tensor {
  takes('chainMatmul', arguments);
  return matrices.length === 1 ? alias(matrices[0]) : multiDot(matrices);
}
