/** Code that looks on while a model learns, and may stop it. */

import { noGrad } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { keep, UsageError, ValueError } from '@dl/tensor';
import type { Figures } from './evaluate';
import type { EpochReport, StepReport } from './history';
import { figure } from './history';
import type { Model, Optimizer } from './model';
import { takes } from './signatures';
import type { Snapshot } from './snapshot';
import { isStateful } from './snapshot';

/** A run at work, as callbacks see it. */
export interface Run {
  readonly model: Model;
  readonly optimizer: Optimizer;
  /** The number of epochs to do. */
  readonly epochs: number;
  /** Batches in an epoch, where the loader says so. */
  readonly batches: number | undefined;
  /**
   * Loss and metrics of the epoch so far; reads them from the device, all at once.
   *
   * @throws NonFiniteLossError where the loss is NaN or ±∞.
   */
  figures(): Promise<Figures>;
  /** Ends the run after the present step. @param reason - kept in the history. */
  stop(reason: string): void;
  /** All of the run, for `resume`; to be asked for in `onSettled`. */
  snapshot(): Snapshot;
}

/** Where a run has settled. */
export interface Settled {
  /** The last step that was done, from 1 over the whole run. */
  readonly step: number;
  /** The epoch at work, or the one that has ended. */
  readonly epoch: number;
  /** The report of the epoch that has ended; undefined within an epoch. */
  readonly report?: EpochReport;
}

/** What happens at the turns of a run. All are optional; those that return a promise are awaited. */
export interface Callback {
  /** Before the first step. */
  onFitStart?(run: Run): void | Promise<void>;
  /** Before the first step of an epoch, which counts from 1. */
  onEpochStart?(run: Run, epoch: number): void | Promise<void>;
  /** After a step of the optimiser. */
  onStepEnd?(run: Run, report: StepReport): void | Promise<void>;
  /** After an epoch and its validation; also after one that was cut short. */
  onEpochEnd?(run: Run, report: EpochReport): void | Promise<void>;
  /** After all callbacks heard of a step or of an epoch: nothing is half done, so this is where to save. */
  onSettled?(run: Run, at: Settled): void | Promise<void>;
  /** At the end of the run, whatever ended it: an error too. */
  onFitEnd?(run: Run): void | Promise<void>;
  /** What the callback remembers, for `run.snapshot()`. Default: nothing. */
  stateDict?(): unknown;
  /** Goes on from what `stateDict` gave; called after `onFitStart`. */
  loadStateDict?(state: never): void;
}

/** Which metric to monitor, and whether less or more is better. */
export interface Monitor {
  /** A path as in `figure`. Default `validation.loss`. */
  readonly monitor?: string;
  /** Whether less or more is better. Default: less for metrics whose name ends in loss or perplexity. */
  readonly mode?: 'min' | 'max';
}

/** A saved `Best`. */
export interface BestState {
  readonly value: number;
  readonly epoch: number;
}

/** Monitors one metric from epoch to epoch and remembers the best value. */
export class Best {
  readonly monitor: string;
  private readonly sign: number;
  /** The best value so far; NaN before the first. */
  value = Number.NaN;
  /** The epoch of the best value; 0 before the first. */
  epoch = 0;

  /** Monitors the metric that the options name. */
  constructor(options: Monitor) {
    takes('Best', arguments);
    const { monitor = 'validation.loss', mode } = options;
    this.monitor = monitor;
    const less = mode ? mode === 'min' : /(loss|perplexity)$/.test(monitor);
    this.sign = less ? -1 : 1;
  }

  /** The best so far, for saving. */
  stateDict(): BestState {
    return { value: this.value, epoch: this.epoch };
  }

  /** Goes on from what was saved. */
  loadStateDict(state: BestState): void {
    takes('Best.loadStateDict', arguments);
    const { value, epoch } = state;
    this.value = value;
    this.epoch = epoch;
  }

  /** Looks at an epoch. @returns whether it beats the best by more than `margin`. */
  improves(report: EpochReport, margin = 0): boolean {
    takes('Best.improves', arguments);
    const value = figure(report, this.monitor);
    if (value === undefined) throw noFigure(report, this.monitor);
    if (this.epoch > 0 && !(this.sign * (value - this.value) > margin)) return false;
    if (Number.isNaN(value)) return false;
    this.value = value;
    this.epoch = report.epoch;
    return true;
  }
}

function noFigure(report: EpochReport, monitor: string): UsageError {
  return new UsageError('fit', `an epoch has no figure ${monitor}`, {
    args: {
      train: Object.keys(report.train),
      validation: Object.keys(report.validation ?? {}),
    },
    hint: 'give fit validation batches and the metric, or monitor another figure',
  });
}

/** Options of `EarlyStopping`. */
export interface EarlyStoppingOptions extends Monitor {
  /** Epochs without improvement that are borne. Default 5. */
  readonly patience?: number;
  /** An improvement must be greater than this. Default 0. */
  readonly minDelta?: number;
  /** Give the model the weights of the best epoch when the run ends. Default false. */
  readonly restoreBest?: boolean;
}

/** A saved `EarlyStopping`. */
export interface EarlyStoppingState extends BestState {
  /** Weights of the best epoch, where they are kept. */
  readonly weights: Readonly<Record<string, Tensor>> | null;
}

/**
 * Early stopping: ends a run when the monitored metric has not improved for `patience` epochs.
 *
 * @throws ValueError where `patience` is not a positive integer.
 * @example fit(model, { ..., callbacks: [new EarlyStopping({ monitor: 'validation.accuracy', patience: 3 })] });
 */
export class EarlyStopping implements Callback {
  /** The best epoch so far and its value. */
  readonly best: Best;
  private readonly patience: number;
  private readonly minDelta: number;
  private readonly restoreBest: boolean;
  private weights: Record<string, Tensor> | null = null;

  /** Monitors the metric that the options name. */
  constructor(options: EarlyStoppingOptions = {}) {
    takes('EarlyStopping', arguments);
    const { patience = 5, minDelta = 0, restoreBest = false, ...monitor } = options;
    if (!Number.isInteger(patience) || patience < 1) {
      throw new ValueError('EarlyStopping', 'patience must be a positive integer', {
        args: { patience },
      });
    }
    this.best = new Best(monitor);
    this.patience = patience;
    this.minDelta = minDelta;
    this.restoreBest = restoreBest;
  }

  stateDict(): EarlyStoppingState {
    return { ...this.best.stateDict(), weights: this.weights };
  }

  loadStateDict(state: EarlyStoppingState): void {
    takes('EarlyStopping.loadStateDict', arguments);
    const { weights, ...best } = state;
    this.best.loadStateDict(best);
    if (weights) this.remember(weights);
  }

  private remember(weights: Readonly<Record<string, Tensor>>): void {
    const before = this.weights;
    this.weights = noGrad(() =>
      Object.fromEntries(
        Object.entries(weights).map(([name, x]) => [name, keep(x.detach().clone())]),
      ),
    );
    for (const x of Object.values(before ?? {})) x.dispose();
  }

  onFitEnd(run: Run): void {
    takes('EarlyStopping.onFitEnd', arguments);
    if (!this.weights) return;
    run.model.loadStateDict?.(this.weights);
    for (const x of Object.values(this.weights)) x.dispose();
    this.weights = null;
  }

  onEpochEnd(run: Run, report: EpochReport): void {
    takes('EarlyStopping.onEpochEnd', arguments);
    if (!report.complete) return;
    if (this.best.improves(report, this.minDelta)) {
      if (this.restoreBest) this.remember(run.model.stateDict());
      return;
    }
    if (report.epoch - this.best.epoch < this.patience) return;
    run.stop(`${this.best.monitor} has not improved for ${this.patience} epochs`);
  }
}

/** A schedule with a counter of its own, as PyTorch's are; `ReduceLROnPlateau` also wants a figure. */
export interface Scheduler {
  /** Goes on by one. @param figure - of the epoch, where the schedule follows one. */
  step(figure?: number): unknown;
  /** What it remembers. */
  stateDict?(): unknown;
  /** Goes on from what `stateDict` gave. */
  loadStateDict?(state: never): void;
}

/** When a schedule steps, and what it follows. */
export interface ScheduleOptions {
  /** When a scheduler steps; functions are asked after every step. Default 'epoch'. */
  readonly every?: 'epoch' | 'step';
  /** The figure handed to a scheduler after an epoch, for `ReduceLROnPlateau`: a path as in `figure`. Default none. */
  readonly monitor?: string;
}

/** The learning rate as a multiple of the first one. @param progress - from 0 at the first step to 1 after the last. */
export type ScheduleFunction = (progress: number) => number;

/**
 * Changes the learning rate as the run goes on: calls `scheduler.step()` after every epoch (or step), or sets the rate of
 * every parameter group by a function of the progress after every step.
 *
 * @example new Schedule((progress) => (1 + Math.cos(Math.PI * progress)) / 2)
 */
export class Schedule implements Callback {
  private first: readonly number[] = [];
  private readonly every: 'epoch' | 'step';
  private readonly monitor: string | undefined;

  /** Follows a scheduler, or a function of the progress. */
  constructor(
    private readonly schedule: Scheduler | ScheduleFunction,
    options: ScheduleOptions = {},
  ) {
    takes('Schedule', arguments);
    const { every = 'epoch', monitor } = options;
    this.every = every;
    this.monitor = monitor;
  }

  stateDict(): unknown {
    const { schedule } = this;
    if (typeof schedule === 'function') return { first: this.first };
    return { scheduler: isStateful(schedule) ? schedule.stateDict() : null };
  }

  loadStateDict(options: { first?: readonly number[]; scheduler?: never }): void {
    takes('Schedule.loadStateDict', arguments);
    const { first, scheduler } = options;
    if (first) this.first = first;
    if (scheduler && isStateful(this.schedule)) this.schedule.loadStateDict(scheduler);
  }

  /** @throws UsageError where a function has no parameter groups to change, or no number of batches to go by. */
  onFitStart(run: Run): void {
    takes('Schedule.onFitStart', arguments);
    if (typeof this.schedule !== 'function') return;
    const { groups } = run.optimizer;
    if (!groups || run.batches === undefined) {
      throw new UsageError('Schedule', 'a function of the progress cannot be followed', {
        expected: 'an optimiser with groups and batches with a length',
      });
    }
    this.first = groups.map(({ options }) => options.lr);
    this.setRates(run, 0);
  }

  private setRates(run: Run, progress: number): void {
    if (typeof this.schedule !== 'function') return;
    const factor = this.schedule(progress);
    run.optimizer.groups?.forEach((group, i) => {
      group.options.lr = this.first[i] * factor;
    });
  }

  onStepEnd(run: Run, report: StepReport): void {
    takes('Schedule.onStepEnd', arguments);
    const { step } = report;
    if (typeof this.schedule !== 'function') {
      if (this.every === 'step') this.schedule.step();
    } else this.setRates(run, step / ((run.batches as number) * run.epochs));
  }

  onEpochEnd(_run: Run, report: EpochReport): void {
    takes('Schedule.onEpochEnd', arguments);
    if (typeof this.schedule === 'function' || this.every !== 'epoch' || !report.complete) return;
    if (this.monitor === undefined) {
      this.schedule.step();
      return;
    }
    const value = figure(report, this.monitor);
    if (value === undefined) throw noFigure(report, this.monitor);
    this.schedule.step(value);
  }
}
