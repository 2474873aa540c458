/**
 * Optimisers for parameters of @dl/autograd, with PyTorch's names, defaults and trajectories.
 *
 * @packageDocumentation
 */

export type { AdamOptions } from './adam';
export { Adam, AdamW } from './adam';
export type { AdadeltaOptions, AdagradOptions, EpsPlace, RMSpropOptions } from './adaptive';
export { Adadelta, Adagrad, RMSprop } from './adaptive';
export { clipGradNorm, clipGradValue } from './clip';
export type {
  Group,
  NamedParameter,
  OptimizerState,
  ParameterGroup,
  ParameterState,
  Parameters,
} from './optimizer';
export { Optimizer } from './optimizer';
export type { SGDOptions } from './sgd';
export { SGD } from './sgd';
