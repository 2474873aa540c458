/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '@dl/tensor';

/** Types with names, by name. */
export const types = {
  ASGDOptions:
    '{ lr?: number, lambd?: number, alpha?: number, t0?: number, weightDecay?: number, maximize?: boolean, initialLr?: number }',
  AdadeltaOptions:
    '{ lr?: number, rho?: number, eps?: number, weightDecay?: number, maximize?: boolean, initialLr?: number }',
  AdafactorOptions:
    '{ lr?: number, beta2Decay?: number, eps?: any[], d?: number, weightDecay?: number, maximize?: boolean, initialLr?: number }',
  AdagradOptions:
    '{ lr?: number, lrDecay?: number, weightDecay?: number, initialAccumulatorValue?: number, eps?: number, epsPlace?: EpsPlace, maximize?: boolean, initialLr?: number }',
  AdamOptions:
    '{ lr?: number, betas?: number[], eps?: number, weightDecay?: number, amsgrad?: boolean, maximize?: boolean, initialLr?: number }',
  AdamaxOptions:
    '{ lr?: number, betas?: number[], eps?: number, weightDecay?: number, maximize?: boolean, initialLr?: number }',
  ClipNormOptions: '{ normType?: number, errorIfNonfinite?: boolean }',
  CommonOptions: '{ maximize?: boolean, initialLr?: number }',
  CyclicOptions:
    "{ baseLr: number | number[], maxLr: number | number[], stepSizeUp?: number, stepSizeDown?: number, mode?: 'triangular' | 'triangular2' | 'exp_range', gamma?: number, cycleMomentum?: boolean, baseMomentum?: number | number[], maxMomentum?: number | number[] }",
  EpsPlace: "'outside' | 'inside'",
  Generator: 'with seed and offset and reserve',
  Group: 'with params and options',
  LBFGSOptions:
    "{ lr?: number, maxIter?: number, maxEval?: number, toleranceGrad?: number, toleranceChange?: number, historySize?: number, lineSearch?: 'strongWolfe' | null }",
  LRScheduler: 'with lastEpoch and optimizer and step',
  MuonOptions:
    "{ lr?: number, weightDecay?: number, momentum?: number, nesterov?: boolean, nsCoefficients?: number[], eps?: number, nsSteps?: number, adjustLrFn?: 'original' | 'matchRmsAdamw', maximize?: boolean, initialLr?: number }",
  NAdamOptions:
    '{ momentumDecay?: number, lr?: number, betas?: number[], eps?: number, weightDecay?: number, maximize?: boolean, initialLr?: number }',
  OneCycleOptions:
    "{ maxLr: number | number[], totalSteps?: number, epochs?: number, stepsPerEpoch?: number, pctStart?: number, annealStrategy?: 'cos' | 'linear', divFactor?: number, finalDivFactor?: number, threePhase?: boolean, cycleMomentum?: boolean, baseMomentum?: number | number[], maxMomentum?: number | number[] }",
  OptimizerState: 'with state and options',
  PlateauOptions:
    "{ mode?: 'min' | 'max', factor?: number, patience?: number, threshold?: number, thresholdMode?: 'rel' | 'abs', cooldown?: number, minLr?: number, eps?: number }",
  RMSpropOptions:
    '{ lr?: number, alpha?: number, eps?: number, epsPlace?: EpsPlace, weightDecay?: number, momentum?: number, centered?: boolean, maximize?: boolean, initialLr?: number }',
  RandomStepOptions: '{ maxNorm?: number, length: number, generator?: Generator }',
  RpropOptions:
    '{ lr?: number, etas?: number[], stepSizes?: number[], maximize?: boolean, initialLr?: number }',
  SGDOptions:
    "{ lr: number, momentum?: number, dampening?: number, weightDecay?: number, nesterov?: boolean, form?: 'pytorch' | 'classic', maximize?: boolean, initialLr?: number }",
  Schedulable: '{ groups: Group[] }',
  ScheduleState: 'with lastEpoch and baseLrs',
  SparseAdamOptions:
    '{ lr?: number, betas?: number[], eps?: number, maximize?: boolean, initialLr?: number }',
  StackedState: 'with lastEpoch and schedulers',
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
  ASGD: 'parameters: iterable, options?: ASGDOptions',
  Adadelta: 'parameters: iterable, options?: AdadeltaOptions',
  Adafactor: 'parameters: iterable, options?: AdafactorOptions',
  Adagrad: 'parameters: iterable, options?: AdagradOptions',
  Adam: 'parameters: iterable, options?: AdamOptions',
  AdamBase: 'parameters: iterable, options: AdamOptions, weightDecay: number',
  AdamW: 'parameters: iterable, options?: AdamOptions',
  Adamax: 'parameters: iterable, options?: AdamaxOptions',
  ChainedScheduler: 'schedulers: LRScheduler[]',
  ConstantLR: 'optimizer: Schedulable, factor?: number, totalIters?: number',
  CosineAnnealingLR: 'optimizer: Schedulable, tMax: number, etaMin?: number',
  CosineAnnealingWarmRestarts:
    'optimizer: Schedulable, t0: number, tMult?: number, etaMin?: number',
  CyclicLR: 'optimizer: Schedulable, options: CyclicOptions',
  ExponentialLR: 'optimizer: Schedulable, gamma: number',
  ExponentialMovingAverage: 'parameters: iterable, decay?: number',
  'ExponentialMovingAverage.loadStateDict': 'options: { averages: Tensor[] }',
  InverseLR: 'optimizer: Schedulable, tau: number',
  LBFGS: 'parameters: iterable, options?: LBFGSOptions',
  'LBFGS.loadStateDict': 'stateDict: OptimizerState',
  'LBFGS.step': 'closure?: function',
  LRScheduler: 'optimizer: Schedulable',
  'LRScheduler.loadStateDict': 'state: ScheduleState',
  LambdaLR: 'optimizer: Schedulable, factor: function | function[]',
  LinearLR: 'optimizer: Schedulable, startFactor?: number, endFactor?: number, totalIters?: number',
  MultiStepLR: 'optimizer: Schedulable, milestones: number[], gamma?: number',
  MultiplicativeLR: 'optimizer: Schedulable, factor: function | function[]',
  Muon: 'parameters: iterable, options?: MuonOptions',
  NAdam: 'parameters: iterable, options?: NAdamOptions',
  OneCycleLR: 'optimizer: Schedulable, options: OneCycleOptions',
  Optimizer: 'parameters: iterable, defaults: object',
  'Optimizer.loadStateDict': 'stateDict: OptimizerState',
  'Optimizer.step': 'closure?: function',
  PolynomialLR: 'optimizer: Schedulable, totalIters?: number, power?: number',
  RAdam: 'parameters: iterable, options?: AdamaxOptions',
  RMSprop: 'parameters: iterable, options?: RMSpropOptions',
  ReduceLROnPlateau: 'optimizer: Schedulable, options?: PlateauOptions',
  'ReduceLROnPlateau.step': 'figure: number',
  Rprop: 'parameters: iterable, options?: RpropOptions',
  SGD: 'parameters: iterable, options: SGDOptions',
  SequentialLR: 'optimizer: Schedulable, schedulers: LRScheduler[], milestones: number[]',
  SparseAdam: 'parameters: iterable, options?: SparseAdamOptions',
  Stacked: 'optimizer: Schedulable, schedulers: LRScheduler[]',
  'Stacked.loadStateDict': 'options: StackedState',
  StepLR: 'optimizer: Schedulable, stepSize: number, gamma?: number',
  clipGradNorm: 'parameters: iterable, maxNorm: number, options?: ClipNormOptions',
  clipGradValue: 'parameters: iterable, bound: number',
  randomizeGradNorm: 'parameters: iterable, options: RandomStepOptions',
  scaleByFanIn: 'parameters: iterable, lr: number',
};

/** Refuses arguments that the named function, constructor or method does not take: `takes('name', arguments)`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);
