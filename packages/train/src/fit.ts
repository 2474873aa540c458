/** The training loop. */

import type { Tensor } from '@dl/tensor';
import { defaultGenerator, keep, UsageError, ValueError } from '@dl/tensor';
import type { Callback, Run, Settled } from './callback';
import { NonFiniteLossError } from './errors';
import type { Figures, TotalsState } from './evaluate';
import { evaluate, Totals } from './evaluate';
import type { EpochReport, History, StepReport } from './history';
import type { Metric } from './metrics/metric';
import type { Batch, Batches, Loss, Model, Optimizer } from './model';
import { splitBatch, walk } from './model';
import { takes } from './signatures';
import type { Snapshot, Stateful } from './snapshot';
import {
  isStateful,
  packState,
  restoreStates,
  SNAPSHOT_VERSION,
  statesOf,
  unpackState,
} from './snapshot';
import type { Clipping } from './step';
import { addGradients, applyGradients } from './step';
import { Breather, now } from './turn';

/** Moving averages of weights, as `ExponentialMovingAverage` of @dl/optim. */
export interface Average {
  /** What must be saved of it. Default nothing. */
  stateDict?(): unknown;
  /** Goes on from what `stateDict` gave. */
  loadStateDict?(state: never): void;
  /** Takes the weights in after a step. */
  update(): void;
  /** Exchanges weights and averages. */
  swap(): void;
}

/** What `fit` needs. */
export interface FitOptions extends Clipping {
  /** Batches to learn from; walked once an epoch. */
  readonly train: Batches;
  /** Batches to look at after every epoch. Default none. */
  readonly validation?: Batches;
  readonly optimizer: Optimizer;
  /** A mean over the examples of a batch. */
  readonly loss: Loss;
  /** How often to walk the training batches. Default 1. */
  readonly epochs?: number;
  /** Taken over the training batches and over the validation batches, beside the loss. Default none. */
  readonly metrics?: readonly Metric[];
  /** Called in this order. Default none. */
  readonly callbacks?: readonly Callback[];
  /** Batches whose gradients make one step: the step of one batch as large as all of them. Default 1. */
  readonly accumulate?: number;
  /** Moving averages of the weights: updated after every step, and used for validation. Default none. */
  readonly average?: Average;
  /** More that is saved in snapshots and put back: generators of your own, for instance. Default none. */
  readonly stateful?: Readonly<Record<string, Stateful>>;
  /** Goes on from a snapshot of a run with the same options; null or undefined: from the beginning. */
  readonly resume?: Snapshot | null;
  /** Aborting it ends the run cleanly after the present batch: what was learned stays in the model. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a model: in every epoch, `trainStep` for each training batch, then `evaluate` on the validation batches. It gives
 * the event loop a turn some thirty times a second, and holds no memory beyond two batches. Loss and metrics stay on the device: they are
 * read when a callback asks for them, and at the end of an epoch.
 *
 * @returns the figures of every epoch, and what ended the run.
 * @throws ValueError where `epochs` or `accumulate` is not a whole number in range; NonFiniteLossError, with epoch and step, where a
 * loss is NaN or ±∞ (on `cpu` before anything is learned from it; on other devices when the figures are read next, unless anomaly mode or
 * debug checks make every step wait for its loss); and what a callback, the model or the loader throws.
 * @example
 * const history = await fit(model, { train: loader, optimizer, loss: new CrossEntropyLoss(), epochs: 3 });
 */
export async function fit(model: Model, options: FitOptions): Promise<History> {
  takes('fit', arguments);
  return new Fitting(model, options).run();
}

/** How far a run is. */
interface Progress {
  /** The epoch at work, or the last one that has ended; from 1. */
  epoch: number;
  /** Batches of the epoch that were learned from; 0 after its end. */
  batch: number;
  step: number;
}

/** What a snapshot holds of `fit` itself. */
interface RunState {
  readonly version: number;
  readonly progress: Progress;
  readonly reports: readonly EpochReport[];
  readonly reason: string | null;
  readonly totals: TotalsState | null;
  readonly generator: { readonly seed: number; readonly offset: number };
  readonly model: Parameters<NonNullable<Model['loadStateDict']>>[0];
  readonly optimizer: unknown;
  readonly parts: unknown;
  readonly callbacks: unknown;
  readonly stateful: Readonly<Record<string, unknown>>;
}

/** A run at work. */
class Fitting implements Run {
  readonly optimizer: Optimizer;
  readonly epochs: number;
  readonly batches: number | undefined;
  private readonly callbacks: readonly Callback[];
  private readonly accumulate: number;
  private readonly breather = new Breather();
  private reports: EpochReport[] = [];
  private readonly totals: Totals;
  private progress: Progress = { epoch: 0, batch: 0, step: 0 };
  private reason: string | undefined;

  constructor(
    readonly model: Model,
    private readonly options: FitOptions,
  ) {
    const { optimizer, epochs = 1, accumulate = 1, callbacks = [], train, metrics = [] } = options;
    if (!Number.isInteger(epochs) || epochs < 0) {
      throw new ValueError('fit', 'epochs must be a non-negative integer', { args: { epochs } });
    }
    if (!Number.isInteger(accumulate) || accumulate < 1) {
      throw new ValueError('fit', 'accumulate must be a positive integer', {
        args: { accumulate },
      });
    }
    this.optimizer = optimizer;
    this.epochs = epochs;
    this.accumulate = accumulate;
    this.batches = train.length;
    this.callbacks = callbacks;
    this.totals = new Totals(metrics);
  }

  async figures(): Promise<Figures> {
    const figures = await this.totals.figures();
    const { loss } = figures;
    if (this.totals.examples === 0 || Number.isFinite(loss)) return figures;
    throw this.located(
      new NonFiniteLossError('fit', `the mean loss is ${loss}`, {
        hint: 'setDebugChecks(true) stops at the batch itself; often the learning rate is too large',
      }),
    );
  }

  stop(reason: string): void {
    this.reason ??= reason;
  }

  private get ended(): boolean {
    return this.reason !== undefined || this.options.signal?.aborted === true;
  }

  async run(): Promise<History> {
    const start = now();
    try {
      for (const c of this.callbacks) await c.onFitStart?.(this);
      if (this.options.resume) this.restore(this.options.resume);
      const { progress } = this;
      // An epoch that was cut in the middle is gone on with.
      let next = progress.batch > 0 ? progress.epoch : progress.epoch + 1;
      for (; next <= this.epochs && !this.ended; next++) await this.epoch(next);
    } finally {
      for (const c of this.callbacks) await c.onFitEnd?.(this);
      this.totals.dispose();
    }
    const aborted = this.options.signal?.aborted && this.reason === undefined;
    const ending = aborted ? 'aborted' : this.reason === undefined ? 'finished' : 'stopped';
    return { epochs: this.reports, ending, reason: this.reason, seconds: (now() - start) / 1000 };
  }

  private async epoch(epoch: number): Promise<void> {
    const { signal } = this.options;
    const resumed = this.progress.batch > 0;
    this.progress.epoch = epoch;
    for (const c of this.callbacks) await c.onEpochStart?.(this, epoch);
    this.model.train(true);
    if (!resumed) this.totals.reset();
    const start = now();
    const complete = await this.learn();
    const seconds = (now() - start) / 1000;
    const { examples } = this.totals;
    const train = await this.figures();
    const figures = complete && !signal?.aborted ? await this.validate() : undefined;
    const report: EpochReport = {
      epoch,
      step: this.progress.step,
      complete,
      train,
      // An evaluation that was cut short is of some examples only.
      ...(figures && !signal?.aborted && { validation: figures }),
      examples,
      seconds,
      samplesPerSecond: examples / seconds,
    };
    this.reports.push(report);
    if (complete) this.progress.batch = 0;
    for (const c of this.callbacks) await c.onEpochEnd?.(this, report);
    if (complete) await this.settle({ step: this.progress.step, epoch, report });
  }

  private async validate(): Promise<Figures | undefined> {
    const { validation, loss, metrics = [], signal, average } = this.options;
    if (!validation) return undefined;
    average?.swap();
    try {
      return await evaluate(this.model, validation, { loss, metrics, signal });
    } finally {
      average?.swap();
    }
  }

  /** The steps of one epoch. @returns whether all batches were seen. */
  private async learn(): Promise<boolean> {
    const { progress } = this;
    let group: Group = EMPTY;
    let complete = true;
    await walk(this.options.train, async (item) => {
      progress.batch++;
      group = this.learnFrom(item, group);
      const last = progress.batch === this.batches;
      if (group.batches === this.accumulate || last) {
        await this.step(group);
        group = EMPTY;
      }
      await this.breather.breathe();
      complete = !this.ended || last;
      return !this.ended;
    });
    // Loaders without a length end when they end.
    if (complete && group.batches > 0) await this.step(group);
    return complete;
  }

  /** Gradients of one batch; synchronous, so that what it creates belongs to the batch's iteration. */
  private learnFrom(batch: Batch, { loss, count, batches }: Group): Group {
    const { target } = splitBatch(batch);
    const own = target.ndim > 0 ? target.shape[0] : 1;
    if (batches === 0) this.optimizer.zeroGrad();
    const weight = this.accumulate === 1 ? 1 : own;
    try {
      const learner = { model: this.model, loss: this.options.loss };
      const result = addGradients(learner, batch, weight);
      this.totals.add(result.output, target, result.loss);
      return {
        loss: this.accumulate === 1 ? result.loss : added(loss, result.loss.mul(own)),
        count: count + own,
        batches: batches + 1,
      };
    } catch (error) {
      throw error instanceof NonFiniteLossError ? this.located(error) : error;
    }
  }

  /** The same error with epoch and step. */
  private located(error: NonFiniteLossError): NonFiniteLossError {
    const { epoch, batch, step } = this.progress;
    const { args, hint } = error.details;
    const said = error.message.split('\n')[0].replace(`${error.op}: `, '');
    return new NonFiniteLossError('fit', `${said} in epoch ${epoch}, batch ${batch}`, {
      args: { ...args, epoch, batch, step: step + 1 },
      ...(hint !== undefined && { hint }),
    });
  }

  /** One step of the optimiser from the gradients of a group of batches. */
  private async step({ loss, count }: Group): Promise<void> {
    const { clipNorm, clipValue, average } = this.options;
    applyGradients(
      { optimizer: this.optimizer, clipNorm, clipValue },
      this.accumulate === 1 ? 1 : count,
    );
    average?.update();
    const { progress } = this;
    const report: StepReport = {
      step: ++progress.step,
      epoch: progress.epoch,
      batch: progress.batch,
      loss: this.accumulate === 1 ? (loss as Tensor) : (loss as Tensor).div(count),
      count,
    };
    if (this.accumulate > 1) loss?.dispose();
    for (const c of this.callbacks) {
      const pending = c.onStepEnd?.(this, report);
      if (pending) await pending;
    }
    await this.settle({ step: progress.step, epoch: progress.epoch });
  }

  private async settle(at: Settled): Promise<void> {
    for (const c of this.callbacks) {
      const pending = c.onSettled?.(this, at);
      if (pending) await pending;
    }
  }

  snapshot(): Snapshot {
    const { options, progress } = this;
    const { train, validation, average, stateful = {} } = options;
    const state: RunState = {
      version: SNAPSHOT_VERSION,
      progress: { ...progress },
      reports: this.reports,
      reason: this.reason ?? null,
      totals: progress.batch > 0 ? this.totals.stateDict() : null,
      generator: defaultGenerator.getState(),
      model: this.model.stateDict(),
      optimizer: this.optimizer.stateDict?.() ?? null,
      // A validation loader that shuffles is at another order in every epoch.
      parts: statesOf([train, validation, average]),
      callbacks: statesOf(this.callbacks.filter(isStateful)),
      stateful: Object.fromEntries(
        Object.entries(stateful).map(([name, part]) => [name, part.stateDict()]),
      ),
    };
    return packState(state);
  }

  /** Goes to where a snapshot was taken. */
  private restore(snapshot: Snapshot): void {
    const state = unpackState(snapshot) as RunState;
    if (state?.version !== SNAPSHOT_VERSION) {
      throw new UsageError('resume', 'the snapshot is of another version', {
        args: { version: state?.version },
        expected: `version ${SNAPSHOT_VERSION}`,
      });
    }
    const { train, validation, average, stateful = {} } = this.options;
    if (!this.model.loadStateDict || !this.optimizer.loadStateDict) {
      throw new UsageError('resume', 'model and optimiser must have loadStateDict');
    }
    this.model.loadStateDict(state.model);
    this.optimizer.loadStateDict(state.optimizer as never);
    restoreStates('parts', [train, validation, average], state.parts);
    const saved = Object.keys(stateful).map((name) => state.stateful[name] ?? null);
    restoreStates('stateful', Object.values(stateful), saved);
    restoreStates('callbacks', this.callbacks.filter(isStateful), state.callbacks);
    this.progress = { ...state.progress };
    this.reports = [...state.reports];
    this.reason = state.reason ?? undefined;
    if (state.totals) this.totals.loadStateDict(state.totals);
    defaultGenerator.setState(state.generator);
  }
}

/** Batches whose gradients were added up: the sum of their examples' losses (null for none), how many examples, how many batches. */
interface Group {
  readonly loss: Tensor | null;
  readonly count: number;
  readonly batches: number;
}

const EMPTY: Group = { loss: null, count: 0, batches: 0 };

/** The sum, kept over the iterations of a group. */
function added(sum: Tensor | null, term: Tensor): Tensor {
  if (!sum) return keep(term);
  sum.add_(term);
  return sum;
}
