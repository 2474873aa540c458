/**
 * Training loops, metrics and callbacks for models of @dl/nn. What needs a file system or a terminal is in
 * `@dl/train/node`.
 *
 * @packageDocumentation
 */

export type {
  BestState,
  Callback,
  EarlyStoppingOptions,
  EarlyStoppingState,
  Monitor,
  Run,
  ScheduleFunction,
  ScheduleOptions,
  Scheduler,
  Settled,
} from './callback';
export { Best, EarlyStopping, Schedule } from './callback';
export type { CurvePoint, LossCurveState } from './curve';
export { LossCurve } from './curve';
export { NonFiniteLossError } from './errors';
export type { EvaluateOptions, Figures, PredictOptions } from './evaluate';
export { evaluate, predict } from './evaluate';
export type { Average, FitOptions } from './fit';
export { fit } from './fit';
export {
  formatConfusion,
  formatFigure,
  formatFigures,
  formatRate,
  formatTime,
} from './format';
export type { Ending, EpochReport, History, StepReport } from './history';
export { figure } from './history';
export { Accuracy, TopK } from './metrics/accuracy';
export type { ClassScores, F1Average } from './metrics/confusion';
export { ConfusionMatrix, F1 } from './metrics/confusion';
export type { Metric, MetricBatch, RunningMeanState } from './metrics/metric';
export { RunningMean } from './metrics/metric';
export type { Mistake, MistakesState } from './metrics/mistakes';
export { WorstMistakes } from './metrics/mistakes';
export { Perplexity } from './metrics/perplexity';
export type { Batch, Batches, Loss, LossModule, Model, Optimizer } from './model';
export type { Snapshot, Stateful } from './snapshot';
export type { Clipping, Learner, StepResult } from './step';
export { trainStep } from './step';
export { readTallies, Tally } from './tally';
