/**
 * Optimisers for parameters of @dl/autograd, with PyTorch's names, defaults and trajectories.
 *
 * @packageDocumentation
 */

export type { AdamOptions } from './adam';
export { Adam, AdamW } from './adam';
export type { AdamaxOptions, NAdamOptions } from './adam-variants';
export { Adamax, NAdam, RAdam } from './adam-variants';
export type { AdadeltaOptions, AdagradOptions, EpsPlace, RMSpropOptions } from './adaptive';
export { Adadelta, Adagrad, RMSprop } from './adaptive';
export { ExponentialMovingAverage } from './average';
export { clipGradNorm, clipGradValue } from './clip';
export type { CyclicOptions, OneCycleOptions } from './cycles';
export { CyclicLR, OneCycleLR } from './cycles';
export type {
  Group,
  NamedParameter,
  OptimizerState,
  ParameterGroup,
  ParameterState,
  Parameters,
} from './optimizer';
export { Optimizer } from './optimizer';
export type { PlateauOptions } from './plateau';
export { ReduceLROnPlateau } from './plateau';
export type { Schedulable, ScheduleState } from './schedules';
export {
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  InverseLR,
  LambdaLR,
  LinearLR,
  LRScheduler,
  MultiStepLR,
  PolynomialLR,
  SequentialLR,
  StepLR,
} from './schedules';
export type { SGDOptions } from './sgd';
export { SGD } from './sgd';
