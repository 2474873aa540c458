/**
 * Decompositions and solvers for stacks of matrices, differentiable to any order in both modes. The numbers are computed by
 * ml-matrix in float64.
 *
 * @packageDocumentation
 */

export type { Svd } from './decompositions';
export { cholesky, eigh, eigvalsh, qr, svd, svdvals } from './decompositions';
export { inv } from './inverse';
export { LinAlgError } from './matrix';
export type { MatrixNormOptions, MatrixOrder } from './norms';
export { matrixNorm } from './norms';
export {
  cond,
  det,
  logdet,
  lstsq,
  matrixPower,
  matrixRank,
  pinv,
  slogdet,
  solve,
} from './solve';
export type { TriangularOptions } from './triangular';
export { solveTriangular } from './triangular';
