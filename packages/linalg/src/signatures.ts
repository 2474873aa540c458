/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '@dl/tensor';

/** Types with names, by name. */
export const types = {
  CriticalPointOptions: '{ gradientTolerance?: number, eigenvalueTolerance?: number }',
  DType: "'float32' | 'float64' | 'int32' | 'uint8' | 'bool'",
  KeepdimOptions: '{ keepdim?: boolean }',
  MatrixOrder: "'fro' | 'nuc' | number",
  NewtonOptions: '{ lr?: number, damping?: number }',
  PCAOptions: '{ components?: number, whiten?: boolean, eps?: number, dtype?: DType }',
  PreprocessingOptions: '{ dtype?: DType }',
  TriangularOptions: '{ upper: boolean, left?: boolean, unitriangular?: boolean }',
  ZCAOptions: '{ eps?: number, dtype?: DType }',
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
  PCA: 'shape: number | number[], options?: PCAOptions',
  Rotation: 'shape: number | number[], components: number, options: PreprocessingOptions',
  ZCAWhitening: 'shape: number | number[], options?: ZCAOptions',
  cholesky: 'a: Tensor, options?: { upper?: boolean }',
  classifyCriticalPoint: 'f: function, x: Tensor, options?: CriticalPointOptions',
  cond: 'a: Tensor',
  det: 'a: Tensor',
  eigh: 'a: Tensor',
  eigvalsh: 'a: Tensor',
  inv: 'a: Tensor',
  logdet: 'a: Tensor',
  lstsq: 'a: Tensor, b: Tensor',
  matrixNorm: 'a: Tensor, order?: MatrixOrder, axes?: number[], options?: KeepdimOptions',
  matrixPower: 'a: Tensor, n: number',
  matrixRank: 'a: Tensor, options?: { rtol?: number }',
  newtonStep: 'f: function, x: Tensor, options?: NewtonOptions',
  pinv: 'a: Tensor, options?: { rtol?: number }',
  qr: "a: Tensor, options?: { mode?: 'reduced' | 'complete' }",
  slogdet: 'a: Tensor',
  solve: 'a: Tensor, b: Tensor',
  solveTriangular: 'a: Tensor, b: Tensor, options: TriangularOptions',
  svd: 'a: Tensor, options?: { fullMatrices?: boolean }',
  svdvals: 'a: Tensor',
};

/** Refuses arguments that the named function, constructor or method does not take: `takes('name', arguments)`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);
