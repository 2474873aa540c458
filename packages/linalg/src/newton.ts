/** Second order on small problems: Newton's method with the exact Hessian, and what kind of point a critical point is. */

import { grad, hessian } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { eye, ShapeError, scope, ValueError } from '@dl/tensor';
import { eigvalsh } from './decompositions';
import { takes } from './signatures';
import { solve } from './solve';

/** A scalar function of one tensor. */
export type Objective = (x: Tensor) => Tensor;

/** Options of `newtonStep`. */
export interface NewtonOptions {
  /** How much of the step is taken. Default 1. */
  readonly lr?: number;
  /** Added to the diagonal of the Hessian: 0 (default) is Newton's step, large values are short steps along the gradient. */
  readonly damping?: number;
}

/** The Hessian as a matrix, and the gradient as a column. */
function secondOrder(f: Objective, x: Tensor): { matrix: Tensor; slope: Tensor } {
  if (x.size === 0) throw new ShapeError('newtonStep', 'x is empty', { args: { x } });
  const matrix = hessian(f, x).reshape([x.size, x.size]);
  return { matrix, slope: grad(f)(x).reshape([x.size, 1]) };
}

/**
 * x − lr·(H + damping·1)⁻¹·∇f: one step of Newton's method. It needs n gradients and an n × n system for n numbers.
 *
 * @param f - twice differentiable, gives a scalar. @param x - any shape, float64 recommended. @returns the next point, the shape of x.
 * @throws ValueError where the system is singular; then damping helps.
 * @example let x = tensor([3, 2], { dtype: 'float64' }); for (let i = 0; i < 5; i++) x = newtonStep(f, x);
 */
export function newtonStep(f: Objective, x: Tensor, options: NewtonOptions = {}): Tensor {
  takes('newtonStep', arguments);
  const { lr = 1, damping = 0 } = options;
  return scope(() => {
    const { matrix, slope } = secondOrder(f, x);
    const like = { dtype: x.dtype, device: x.device };
    const damped = damping === 0 ? matrix : matrix.add(eye(x.size, x.size, like).mul(damping));
    return x.sub(solve(damped, slope).reshape(x.shape).mul(lr)).detach();
  });
}

/** What kind of point a critical point is. */
export interface CriticalPoint {
  /** 'degenerate' where an eigenvalue is 0: higher derivatives decide. */
  readonly kind: 'minimum' | 'maximum' | 'saddle' | 'degenerate';
  /** Of the Hessian, ascending. */
  readonly eigenvalues: readonly number[];
}

/** Options of `classifyCriticalPoint`. */
export interface CriticalPointOptions {
  /** The largest element of the gradient that counts as 0. Default 1e-6. */
  readonly gradientTolerance?: number;
  /** Eigenvalues up to this size count as 0. Default 1e-9. */
  readonly eigenvalueTolerance?: number;
}

/**
 * Minimum, maximum or saddle, by the signs of the Hessian's eigenvalues.
 *
 * @param f - twice differentiable, gives a scalar. @param x - where its gradient is 0.
 * @throws ValueError where the gradient is not 0.
 * @example classifyCriticalPoint((x) => x.select(0, 0).square().sub(x.select(0, 1).square()), zeros([2])).kind // 'saddle'
 */
export function classifyCriticalPoint(
  f: Objective,
  x: Tensor,
  options: CriticalPointOptions = {},
): CriticalPoint {
  takes('classifyCriticalPoint', arguments);
  const { gradientTolerance = 1e-6, eigenvalueTolerance = 1e-9 } = options;
  return scope(() => {
    const { matrix, slope } = secondOrder(f, x);
    const size = slope.abs().amax().item();
    if (!(size <= gradientTolerance)) {
      throw new ValueError('classifyCriticalPoint', 'the gradient is not 0 here', {
        args: { largest: size },
        expected: `at most ${gradientTolerance}`,
      });
    }
    const eigenvalues = Array.from(eigvalsh(matrix).dataSync());
    const count = (test: (value: number) => boolean) => eigenvalues.filter(test).length;
    const up = count((value) => value > eigenvalueTolerance);
    const down = count((value) => value < -eigenvalueTolerance);
    if (up > 0 && down > 0) return { kind: 'saddle', eigenvalues };
    if (up + down < eigenvalues.length) return { kind: 'degenerate', eigenvalues };
    return { kind: up > 0 ? 'minimum' : 'maximum', eigenvalues };
  });
}
