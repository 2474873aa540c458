/**
 * Learning-rate schedules under PyTorch's names, and those of the notes. A schedule sets the rate of every parameter group when it
 * is made and after every `step()`; it steps once an epoch, or once a batch where that is meant (OneCycleLR, CyclicLR).
 */

import { UsageError, ValueError } from '@dl/tensor';
import type { Group, Optimizer } from './optimizer';

/** What a schedule needs of an optimiser. */
export type Schedulable =
  | Pick<Optimizer<{ lr: number }>, 'groups'>
  | { readonly groups: readonly Group<{ lr: number }>[] };

/** A saved schedule. */
export interface ScheduleState {
  /** How often it stepped. */
  readonly lastEpoch: number;
  /** The rates that it started from. */
  readonly baseLrs: readonly number[];
  /** What else it remembers, by name. */
  readonly [name: string]: unknown;
}

/** The base of schedules whose rate is a function of the number of steps. */
export abstract class LRScheduler {
  /** The rates that the optimiser had at first. */
  protected baseLrs: readonly number[];
  /** How often the schedule stepped. */
  lastEpoch = 0;
  private last: readonly number[] = [];

  /** Remembers the rates that the groups of `optimizer` have now. */
  constructor(protected readonly optimizer: Schedulable) {
    this.baseLrs = optimizer.groups.map(({ options }) => options.lr);
  }

  /** The rate of a group after `t` steps. @param base - its rate at first. */
  protected abstract rate(base: number, t: number, group: number): number;

  /** Sets the rates for the present number of steps. */
  protected apply(): void {
    this.last = this.baseLrs.map((base, group) => this.rate(base, this.lastEpoch, group));
    this.last.forEach((lr, group) => {
      this.optimizer.groups[group].options.lr = lr;
    });
  }

  /** Goes on by one step. */
  step(): void {
    this.lastEpoch++;
    this.apply();
  }

  /** The rates that were set last, one a group. */
  getLastLr(): readonly number[] {
    return this.last;
  }

  /** What must be saved to go on later. */
  stateDict(): ScheduleState {
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs] };
  }

  /** Goes on where a saved schedule was. @throws UsageError for another number of groups. */
  loadStateDict(state: ScheduleState): void {
    if (state.baseLrs.length !== this.baseLrs.length) {
      throw new UsageError(this.constructor.name, 'the state is of another number of groups', {
        args: { saved: state.baseLrs.length, here: this.baseLrs.length },
      });
    }
    this.baseLrs = [...state.baseLrs];
    this.lastEpoch = state.lastEpoch;
    this.apply();
  }
}

function expectPositive(owner: string, name: string, value: number, whole = true): void {
  if (value > 0 && (!whole || Number.isInteger(value))) return;
  const kind = whole ? 'a positive whole number' : 'positive';
  throw new ValueError(owner, `${name} must be ${kind}`, { args: { [name]: value } });
}

/** base · f(t). */
export class LambdaLR extends LRScheduler {
  /** Makes the schedule. @param factor - f, one for all groups or one each. @example new LambdaLR(optimizer, (t) => 0.95 ** t) */
  constructor(
    optimizer: Schedulable,
    private readonly factor: ((t: number) => number) | readonly ((t: number) => number)[],
  ) {
    super(optimizer);
    this.apply();
  }

  protected rate(base: number, t: number, group: number): number {
    return base * (typeof this.factor === 'function' ? this.factor(t) : this.factor[group](t));
  }
}

/** base · γ^⌊t / stepSize⌋. */
export class StepLR extends LRScheduler {
  /** Makes the schedule. @param stepSize - steps between falls. @param gamma - factor of each. Default 0.1. */
  constructor(
    optimizer: Schedulable,
    private readonly stepSize: number,
    private readonly gamma = 0.1,
  ) {
    super(optimizer);
    expectPositive('StepLR', 'stepSize', stepSize);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return base * this.gamma ** Math.floor(t / this.stepSize);
  }
}

/** base · γ for each milestone passed. */
export class MultiStepLR extends LRScheduler {
  /** Makes the schedule. @param milestones - numbers of steps. @param gamma - factor at each. Default 0.1. */
  constructor(
    optimizer: Schedulable,
    private readonly milestones: readonly number[],
    private readonly gamma = 0.1,
  ) {
    super(optimizer);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return base * this.gamma ** this.milestones.filter((milestone) => milestone <= t).length;
  }
}

/** base · factor for the first `totalIters` steps, then base. */
export class ConstantLR extends LRScheduler {
  /** Makes the schedule. @param factor - default 1/3. @param totalIters - default 5. */
  constructor(
    optimizer: Schedulable,
    private readonly factor = 1 / 3,
    private readonly totalIters = 5,
  ) {
    super(optimizer);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return t < this.totalIters ? base * this.factor : base;
  }
}

/** From base · startFactor to base · endFactor in a straight line: linear warm-up. */
export class LinearLR extends LRScheduler {
  /** Makes the schedule. @param startFactor - default 1/3. @param endFactor - default 1. @param totalIters - steps in between, default 5. */
  constructor(
    optimizer: Schedulable,
    private readonly startFactor = 1 / 3,
    private readonly endFactor = 1,
    private readonly totalIters = 5,
  ) {
    super(optimizer);
    expectPositive('LinearLR', 'totalIters', totalIters);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    const share = Math.min(t, this.totalIters) / this.totalIters;
    return base * (this.startFactor + (this.endFactor - this.startFactor) * share);
  }
}

/** base · γᵗ. With γ = e^(−k) the exponential decay α₀·e^(−kt) of the notes. */
export class ExponentialLR extends LRScheduler {
  /** Makes the schedule. @param gamma - factor of each step. */
  constructor(
    optimizer: Schedulable,
    private readonly gamma: number,
  ) {
    super(optimizer);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return base * this.gamma ** t;
  }
}

/** The notes' α₀·τ / max(t, τ): constant for τ steps, then falling as 1/t. */
export class InverseLR extends LRScheduler {
  /** Makes the schedule. @param tau - τ. @throws ValueError unless it is positive. */
  constructor(
    optimizer: Schedulable,
    private readonly tau: number,
  ) {
    super(optimizer);
    expectPositive('InverseLR', 'tau', tau, false);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return (base * this.tau) / Math.max(t, this.tau);
  }
}

/** base · (1 − t / totalIters)^power, then 0. */
export class PolynomialLR extends LRScheduler {
  /** Makes the schedule. @param totalIters - default 5. @param power - default 1. */
  constructor(
    optimizer: Schedulable,
    private readonly totalIters = 5,
    private readonly power = 1,
  ) {
    super(optimizer);
    expectPositive('PolynomialLR', 'totalIters', totalIters);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return base * (1 - Math.min(t, this.totalIters) / this.totalIters) ** this.power;
  }
}

/** Half a cosine from base to etaMin in `tMax` steps, and back. Source: Loshchilov and Hutter 2017. */
export class CosineAnnealingLR extends LRScheduler {
  /** Makes the schedule. @param tMax - steps to the lowest rate. @param etaMin - that rate. Default 0. */
  constructor(
    optimizer: Schedulable,
    private readonly tMax: number,
    private readonly etaMin = 0,
  ) {
    super(optimizer);
    expectPositive('CosineAnnealingLR', 'tMax', tMax);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    return this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * t) / this.tMax))) / 2;
  }
}

/** Half cosines from base to etaMin that start again, each `tMult` times as long. Source: Loshchilov and Hutter 2017. */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  /** Makes the schedule. @param t0 - steps to the first restart. @param tMult - default 1. @param etaMin - default 0. */
  constructor(
    optimizer: Schedulable,
    private readonly t0: number,
    private readonly tMult = 1,
    private readonly etaMin = 0,
  ) {
    super(optimizer);
    expectPositive('CosineAnnealingWarmRestarts', 't0', t0);
    expectPositive('CosineAnnealingWarmRestarts', 'tMult', tMult);
    this.apply();
  }

  protected rate(base: number, t: number): number {
    let [since, length] = [t, this.t0];
    if (this.tMult === 1) since %= length;
    else
      while (since >= length) {
        since -= length;
        length *= this.tMult;
      }
    return this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * since) / length))) / 2;
  }
}

/** Options of `OneCycleLR`. */
export interface OneCycleOptions {
  /** The highest rate. */
  readonly maxLr: number;
  /** Steps of the whole cycle. */
  readonly totalSteps: number;
  /** Share of the steps that the rate rises. Default 0.3. */
  readonly pctStart?: number;
  /** Default 'cos'. */
  readonly annealStrategy?: 'cos' | 'linear';
  /** maxLr over the first rate. Default 25. */
  readonly divFactor?: number;
  /** The first rate over the last. Default 1e4. */
  readonly finalDivFactor?: number;
}

/** Up to a high rate and down to almost none, one step a batch. Momentum stays as it is. Source: Smith and Topin 2019. */
export class OneCycleLR extends LRScheduler {
  private readonly options: Required<OneCycleOptions>;

  /** Makes the schedule. @throws ValueError for steps that are not a positive whole number. */
  constructor(optimizer: Schedulable, options: OneCycleOptions) {
    super(optimizer);
    expectPositive('OneCycleLR', 'totalSteps', options.totalSteps);
    this.options = {
      pctStart: 0.3,
      annealStrategy: 'cos',
      divFactor: 25,
      finalDivFactor: 1e4,
      ...options,
    };
    this.apply();
  }

  protected rate(_base: number, t: number): number {
    const { maxLr, totalSteps, pctStart, annealStrategy, divFactor, finalDivFactor } = this.options;
    if (t >= totalSteps) {
      throw new UsageError('OneCycleLR', `the cycle of ${totalSteps} steps is over`, {
        args: { t },
      });
    }
    const first = maxLr / divFactor;
    const top = pctStart * totalSteps - 1;
    const end = totalSteps - 1;
    const rising = t <= top;
    const share = rising ? t / top : (t - top) / (end - top);
    const [from, to] = rising ? [first, maxLr] : [maxLr, first / finalDivFactor];
    if (annealStrategy === 'linear') return from + (to - from) * share;
    return to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  }
}

/** Options of `CyclicLR`. */
export interface CyclicOptions {
  /** The lowest rate. */
  readonly baseLr: number;
  /** The highest rate. */
  readonly maxLr: number;
  /** Steps up. Default 2000. */
  readonly stepSizeUp?: number;
  /** Steps down. Default: as up. */
  readonly stepSizeDown?: number;
  /** All cycles alike ('triangular', default), half as high each ('triangular2'), or γᵗ as high ('exp_range'). */
  readonly mode?: 'triangular' | 'triangular2' | 'exp_range';
  /** For 'exp_range'. Default 1. */
  readonly gamma?: number;
}

/** Up and down between two rates, one step a batch. Source: Smith 2017. */
export class CyclicLR extends LRScheduler {
  private readonly options: Required<CyclicOptions>;

  /** Makes the schedule. */
  constructor(optimizer: Schedulable, options: CyclicOptions) {
    super(optimizer);
    const { stepSizeUp = 2000 } = options;
    expectPositive('CyclicLR', 'stepSizeUp', stepSizeUp);
    this.options = {
      stepSizeUp,
      stepSizeDown: stepSizeUp,
      mode: 'triangular',
      gamma: 1,
      ...options,
    };
    this.apply();
  }

  protected rate(_base: number, t: number): number {
    const { baseLr, maxLr, stepSizeUp, stepSizeDown, mode, gamma } = this.options;
    const length = stepSizeUp + stepSizeDown;
    const cycle = Math.floor(1 + t / length);
    const at = 1 + t / length - cycle;
    const ratio = stepSizeUp / length;
    const height = at <= ratio ? at / ratio : (at - 1) / (ratio - 1);
    const scale = mode === 'triangular2' ? 2 ** (1 - cycle) : mode === 'exp_range' ? gamma ** t : 1;
    return baseLr + (maxLr - baseLr) * height * scale;
  }
}

/** One schedule after the other: each starts from 0 at its milestone. */
export class SequentialLR {
  private lastEpoch = 0;

  /** Follows `schedulers[0]` until the first milestone, and so on. @throws ValueError unless there is one milestone fewer than schedules. */
  constructor(
    private readonly schedulers: readonly LRScheduler[],
    private readonly milestones: readonly number[],
  ) {
    if (milestones.length !== schedulers.length - 1) {
      throw new ValueError('SequentialLR', 'there must be one milestone fewer than schedules', {
        args: { schedulers: schedulers.length, milestones },
      });
    }
    // Each was applied when it was made; the first one counts now.
    this.present().loadStateDict(this.present().stateDict());
  }

  private present(): LRScheduler {
    return this.schedulers[this.milestones.filter((m) => m <= this.lastEpoch).length];
  }

  /** Goes on by one step. */
  step(): void {
    this.lastEpoch++;
    const present = this.present();
    if (this.milestones.includes(this.lastEpoch)) {
      present.loadStateDict({ ...present.stateDict(), lastEpoch: 0 });
    } else present.step();
  }

  /** The rates that were set last, one a group. */
  getLastLr(): readonly number[] {
    return this.present().getLastLr();
  }
}

/** Options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether smaller figures are better ('min', default) or larger ones ('max'). */
  readonly mode?: 'min' | 'max';
  /** Factor of each fall. Default 0.1. */
  readonly factor?: number;
  /** Bad epochs that are borne before the rate falls. Default 10. */
  readonly patience?: number;
  /** How much better counts. Default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share ('rel', default) or a distance ('abs'). */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Epochs after a fall that do not count. Default 0. */
  readonly cooldown?: number;
  /** The lowest rate. Default 0. */
  readonly minLr?: number;
  /** Falls smaller than this are not made. Default 1e-8. */
  readonly eps?: number;
}

/** Lowers the rate when a figure no longer improves. */
export class ReduceLROnPlateau {
  private readonly options: Required<PlateauOptions>;
  private best: number;
  private badEpochs = 0;
  private cooling = 0;

  /** Makes the schedule. @throws ValueError unless the factor is below 1. */
  constructor(
    private readonly optimizer: Schedulable,
    options: PlateauOptions = {},
  ) {
    this.options = {
      mode: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    if (!(this.options.factor < 1)) {
      throw new ValueError('ReduceLROnPlateau', 'the factor must be below 1', {
        args: { factor: this.options.factor },
      });
    }
    this.best = this.options.mode === 'min' ? Infinity : -Infinity;
  }

  private isBetter(figure: number): boolean {
    const { mode, threshold, thresholdMode } = this.options;
    const sign = mode === 'min' ? -1 : 1;
    const margin =
      thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return mode === 'min' ? figure < margin : figure > margin;
  }

  /** Hears the figure of an epoch. */
  step(figure: number): void {
    const { factor, patience, cooldown, minLr, eps } = this.options;
    if (this.isBetter(figure)) {
      this.best = figure;
      this.badEpochs = 0;
    } else this.badEpochs++;
    if (this.cooling > 0) {
      this.cooling--;
      this.badEpochs = 0;
    }
    if (this.badEpochs <= patience) return;
    for (const { options } of this.optimizer.groups) {
      const lr = Math.max(options.lr * factor, minLr);
      if (options.lr - lr > eps) options.lr = lr;
    }
    this.cooling = cooldown;
    this.badEpochs = 0;
  }

  /** The present rates, one a group. */
  getLastLr(): readonly number[] {
    return this.optimizer.groups.map(({ options }) => options.lr);
  }

  /** What must be saved to go on later. */
  stateDict(): { best: number; badEpochs: number; cooling: number } {
    return { best: this.best, badEpochs: this.badEpochs, cooling: this.cooling };
  }

  /** Goes on where a saved one was. */
  loadStateDict({ best, badEpochs, cooling }: ReturnType<ReduceLROnPlateau['stateDict']>): void {
    this.best = best;
    this.badEpochs = badEpochs;
    this.cooling = cooling;
  }
}
