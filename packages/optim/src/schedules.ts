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

/** Refuses what is not above 0, or not whole where it must be. */
export function expectPositive(owner: string, name: string, value: number, whole = true): void {
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
