/**
 * Derivatives of any order for @dl/tensor: reverse mode, forward mode, and both together.
 *
 * Loading this package installs the recorder, and `requiresGrad`, `grad`, `backward` and their kin on Tensor; that is its one
 * side effect.
 *
 * @packageDocumentation
 */

import './tensor';

export type { BackwardOptions } from './backward';
export { AnomalyError } from './backward';
export type { CustomContext, CustomFunction } from './custom';
export { checkpoint, customFunction } from './custom';
export type { GradientsOf, GradientsOptions, JacobianOptions, Tree } from './functional';
export {
  grad,
  gradients,
  hessian,
  hvp,
  jacobian,
  jvp,
  leavesOf,
  mapTree,
  valueAndGrad,
  vjp,
} from './functional';
export type { GradcheckOptions } from './gradcheck';
export { GradcheckError, gradcheck, gradgradcheck } from './gradcheck';
export type { GraphOptions } from './graph';
export { graphDot, graphSvg, graphText } from './graph';
export type { GradientHook } from './node';
export type { Culprit } from './record';
export {
  enableGrad,
  firstNonFinite,
  isAnomalyMode,
  isGradEnabled,
  noGrad,
  setAnomalyMode,
} from './record';
