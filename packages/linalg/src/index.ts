/**
 * Decompositions and solvers for stacks of matrices, differentiable to any order in both modes. The numbers are computed by
 * ml-matrix in float64.
 *
 * @packageDocumentation
 */

export type { Svd } from './decompositions';
export { cholesky, eigh, eigvalsh, qr, spectralNorm, svd, svdvals } from './decompositions';
export { LinAlgError } from './matrix';
export {
  cond,
  det,
  inv,
  logdet,
  lstsq,
  matrixPower,
  matrixRank,
  pinv,
  slogdet,
  solve,
} from './solve';
