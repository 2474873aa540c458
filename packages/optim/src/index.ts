/**
 * Optimisers for parameters of @dl/autograd, with PyTorch's names, defaults and trajectories.
 *
 * @packageDocumentation
 */

export type { AdafactorOptions } from './adafactor';
export { Adafactor } from './adafactor';
export type { AdamOptions } from './adam';
export { Adam, AdamW } from './adam';
export type { AdamaxOptions, NAdamOptions } from './adam-variants';
export { Adamax, NAdam, RAdam } from './adam-variants';
export type { AdadeltaOptions, AdagradOptions, EpsPlace, RMSpropOptions } from './adaptive';
export { Adadelta, Adagrad, RMSprop } from './adaptive';
export { ExponentialMovingAverage } from './average';
export type { ClipNormOptions, RandomStepOptions } from './clip';
export { clipGradNorm, clipGradValue, randomizeGradNorm } from './clip';
export type { CyclicOptions, MomentumCycle, OneCycleOptions } from './cycles';
export { CyclicLR, OneCycleLR } from './cycles';
export type { ScaledGroup } from './fan-in';
export { scaleByFanIn } from './fan-in';
export type { LBFGSOptions } from './lbfgs';
export { LBFGS } from './lbfgs';
export type { MuonOptions } from './muon';
export { Muon } from './muon';
export type {
  Closure,
  CommonOptions,
  Group,
  NamedParameter,
  OptimizerState,
  ParameterGroup,
  ParameterState,
  Parameters,
  Settings,
} from './optimizer';
export { Optimizer } from './optimizer';
export type { PlateauOptions } from './plateau';
export { ReduceLROnPlateau } from './plateau';
export type { Schedulable, ScheduledOptions, ScheduleState } from './schedules';
export {
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  InverseLR,
  LambdaLR,
  LinearLR,
  LRScheduler,
  MultiplicativeLR,
  MultiStepLR,
  PolynomialLR,
  StepLR,
} from './schedules';
export type { SGDOptions } from './sgd';
export { SGD } from './sgd';
export type { ASGDOptions, RpropOptions } from './signs';
export { ASGD, Rprop } from './signs';
export type { SparseAdamOptions } from './sparse-adam';
export { SparseAdam } from './sparse-adam';
export type { StackedState } from './stacked';
export { ChainedScheduler, SequentialLR } from './stacked';
