/**
 * What the other packages of @dl build on: the runner and its interpreters, kernels of gradients, and steps of layers and optimisers as one
 * operation. Without promise: these change with any release.
 *
 * @packageDocumentation
 */

// The devices `cpu` and `reference` come first.
import './index';

export type { BackwardCall } from './core/backward';
export { backwardKernel, executeBackward } from './core/backward';
export { debugCheck, valuesAtHand } from './core/checks';
export type { Owner } from './core/lifetime';
export { isBornHere, passOn } from './core/lifetime';
export type { AnyInputs, Change, Interpreter } from './core/run';
export {
  currentInterpreter,
  execute,
  fusedKernel,
  installInterpreter,
  run,
  withInterpreter,
} from './core/run';
export type { TensorGuest } from './core/tensor';
export { warnOnce } from './core/warn';
export { executeWrite } from './core/write';
export { declarations } from './ops/declarations';
export { reluGradient, sigmoidGradient, tanhGradient } from './ops/declared/activation';
export type { NormalizedBatch } from './ops/declared/normalization';
export { normalizeBatch, normalizeChannels, normalizeLayer } from './ops/declared/normalization';
export type {
  AdagradStepOptions,
  AdamStepOptions,
  RmspropStepOptions,
  SgdStepOptions,
} from './ops/declared/optimizer';
export { adagradStep, adamStep, rmspropStep, sgdStep } from './ops/declared/optimizer';
export { dropElements } from './ops/declared/random';
