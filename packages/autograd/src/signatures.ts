/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '@dl/tensor';

/** Types with names, by name. */
export const types = {
  BackwardOptions: '{ retainGraph?: boolean, createGraph?: boolean }',
  CustomFunction: 'with forward and backward',
  GradcheckOptions: '{ epsilon?: number, atol?: number, rtol?: number, sample?: number }',
  GradientsOptions: '{ weights?: Tensor | Tensor[], retainGraph?: boolean, createGraph?: boolean }',
  GraphOptions: '{ names?: Record<string, Tensor> }',
  JacobianOptions: "{ mode?: 'forward' | 'reverse' }",
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
  checkpoint: 'f: function, ...inputs: Tensor[]',
  customFunction: 'definition: CustomFunction',
  enableGrad: 'fn: function',
  firstNonFinite: 'x: Tensor',
  grad: 'f: function',
  gradcheck: 'f: function, inputs: Tensor[], options?: GradcheckOptions',
  gradgradcheck: 'f: function, inputs: Tensor[], options?: GradcheckOptions',
  gradients:
    'outputs: Tensor | Tensor[], inputs: Tensor | Tensor[], gradOutputs?: Tensor | Tensor[] | GradientsOptions, options?: BackwardOptions',
  graphDot: 'x: Tensor, options?: GraphOptions',
  graphSvg: 'x: Tensor, options?: GraphOptions',
  graphText: 'x: Tensor, options?: GraphOptions',
  hessian: 'f: function, x: Tensor',
  hvp: 'f: function, x: any, v: any',
  jacobian: 'f: function, x: Tensor, options?: JacobianOptions',
  jvp: 'f: function, x: any, v: any',
  mapTree: 'tree: any, replace: function',
  noGrad: 'fn: function',
  setAnomalyMode: 'on: boolean',
  valueAndGrad: 'f: function',
  vjp: 'f: function, x: any, v: any',
};

/** Refuses arguments that the named function, constructor or method does not take: `takes('name', arguments)`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);
