/**
 * Decompositions and solvers for stacks of matrices, differentiable to any order in both modes, and what is built on them: principal
 * components, whitening and Newton's method. The numbers are computed by ml-matrix in float64.
 *
 * @packageDocumentation
 */

export type { Svd } from './decompositions';
export { cholesky, eigh, eigvalsh, qr, svd, svdvals } from './decompositions';
export { inv } from './inverse';
export { LinAlgError } from './matrix';
export type { CriticalPoint, CriticalPointOptions, NewtonOptions, Objective } from './newton';
export { classifyCriticalPoint, newtonStep } from './newton';
export type { MatrixOrder } from './norms';
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
export type { PCAOptions, ZCAOptions } from './whitening';
export { PCA, ZCAWhitening } from './whitening';
