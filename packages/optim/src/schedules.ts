/**
 * Learning-rate schedules under PyTorch's names, and 1/t decay. A schedule sets the rate of every parameter group when it
 * is made and after every `step()`; it steps once an epoch, or once a batch where that is meant (OneCycleLR, CyclicLR). As in
 * PyTorch most of them change the rate that a group has, so that several can be stacked on one optimiser.
 */

import { UsageError, ValueError } from '@dl/tensor';
import type { Group, Optimizer } from './optimizer';
import { takes } from './signatures';

/** What a schedule needs of the options of a group. */
export interface ScheduledOptions {
  /** The learning rate. */
  lr: number;
  /** The rate that schedules count from; the first schedule sets it. */
  initialLr?: number;
}

/** What a schedule needs of an optimiser. */
export type Schedulable =
  | Pick<Optimizer<ScheduledOptions>, 'groups'>
  | { readonly groups: readonly Group<ScheduledOptions>[] };

/** A saved schedule. */
export interface ScheduleState {
  /** How often it stepped. */
  readonly lastEpoch: number;
  /** The rates that it started from. */
  readonly baseLrs: readonly number[];
  /** The rates that it set last. */
  readonly lastLr?: readonly number[];
  /** What else it remembers, by name. */
  readonly [name: string]: unknown;
}

/** The base of schedules whose rate follows from the number of steps and the present rate. */
export abstract class LRScheduler {
  /** The rates that the groups had before any schedule. */
  protected baseLrs: readonly number[];
  /** How often the schedule stepped. */
  lastEpoch = 0;
  private last: readonly number[] = [];

  /** Counts from the groups' `initialLr`, which is the rate that they have now unless a schedule was there before. */
  constructor(readonly optimizer: Schedulable) {
    takes('LRScheduler', arguments, new.target.name);
    this.baseLrs = optimizer.groups.map(({ options }) => {
      options.initialLr ??= options.lr;
      return options.initialLr;
    });
  }

  /** The rate of a group after `t` steps, whatever happened in between. @param base - its rate at first. @param present - the rate that it has. */
  protected abstract rate(base: number, t: number, group: number, present: number): number;

  /** The rate of a group after step `t`, t = 0 being the start. Default: `rate`. @param present - the rate that it has. */
  protected next(present: number, t: number, group: number): number {
    return this.rate(this.baseLrs[group], t, group, present);
  }

  /** Sets what moves along with the rates. Default: nothing. */
  protected follow(_t: number): void {}

  private set(rate: (present: number, group: number) => number): void {
    this.last = this.optimizer.groups.map(({ options }, group) => {
      options.lr = rate(options.lr, group);
      return options.lr;
    });
    this.follow(this.lastEpoch);
  }

  /** Sets the rates of the start; constructors end with it. */
  protected begin(): void {
    this.set((present, group) => this.next(present, this.lastEpoch, group));
  }

  /** Goes on by one step. */
  step(): void {
    this.lastEpoch++;
    this.begin();
  }

  /** Starts again from the groups' first rates. @internal `SequentialLR` calls it at a milestone. */
  restart(): void {
    this.lastEpoch = 0;
    this.set((present, group) => this.rate(this.baseLrs[group], 0, group, present));
  }

  /** The rates that were set last, one a group. */
  getLastLr(): readonly number[] {
    return this.last;
  }

  /** What must be saved to go on later, beside the optimiser's own state, which has the rates. */
  stateDict(): ScheduleState {
    return { lastEpoch: this.lastEpoch, baseLrs: [...this.baseLrs], lastLr: [...this.last] };
  }

  /**
   * Goes on where a saved schedule was. The rates themselves are in the optimiser's state, as in PyTorch: load that one too.
   *
   * @throws UsageError for another number of groups.
   */
  loadStateDict(state: ScheduleState): void {
    takes('LRScheduler.loadStateDict', arguments);
    if (state.baseLrs.length !== this.baseLrs.length) {
      throw new UsageError(this.constructor.name, 'the state is of another number of groups', {
        args: { saved: state.baseLrs.length, here: this.baseLrs.length },
      });
    }
    this.baseLrs = [...state.baseLrs];
    this.lastEpoch = state.lastEpoch;
    this.last = [...(state.lastLr ?? this.last)];
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
    takes('LambdaLR', arguments);
    this.begin();
  }

  protected rate(base: number, t: number, group: number): number {
    return base * (typeof this.factor === 'function' ? this.factor(t) : this.factor[group](t));
  }
}

/** The present rate times f(t) at every step. */
export class MultiplicativeLR extends LRScheduler {
  /** Makes the schedule. @param factor - f, one for all groups or one each. @example new MultiplicativeLR(optimizer, () => 0.95) */
  constructor(
    optimizer: Schedulable,
    private readonly factor: ((t: number) => number) | readonly ((t: number) => number)[],
  ) {
    super(optimizer);
    takes('MultiplicativeLR', arguments);
    this.begin();
  }

  protected rate(_base: number, t: number, group: number, present: number): number {
    if (t === 0) return present;
    return present * (typeof this.factor === 'function' ? this.factor(t) : this.factor[group](t));
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
    takes('StepLR', arguments);
    expectPositive('StepLR', 'stepSize', stepSize);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return base * this.gamma ** Math.floor(t / this.stepSize);
  }

  protected override next(present: number, t: number): number {
    return t === 0 || t % this.stepSize !== 0 ? present : present * this.gamma;
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
    takes('MultiStepLR', arguments);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return base * this.gamma ** this.milestones.filter((milestone) => milestone <= t).length;
  }

  protected override next(present: number, t: number): number {
    return present * this.gamma ** this.milestones.filter((milestone) => milestone === t).length;
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
    takes('ConstantLR', arguments);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return t < this.totalIters ? base * this.factor : base;
  }

  protected override next(present: number, t: number): number {
    if (t === 0) return present * this.factor;
    return t === this.totalIters ? present / this.factor : present;
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
    takes('LinearLR', arguments);
    expectPositive('LinearLR', 'totalIters', totalIters);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    const share = Math.min(t, this.totalIters) / this.totalIters;
    return base * (this.startFactor + (this.endFactor - this.startFactor) * share);
  }

  protected override next(present: number, t: number): number {
    const { startFactor, endFactor, totalIters } = this;
    if (t === 0) return present * startFactor;
    if (t > totalIters) return present;
    const slope = endFactor - startFactor;
    return present * (1 + slope / (totalIters * startFactor + (t - 1) * slope));
  }
}

/** base · γᵗ. With γ = e^(−k) the exponential decay α₀·e^(−kt). */
export class ExponentialLR extends LRScheduler {
  /** Makes the schedule. @param gamma - factor of each step. */
  constructor(
    optimizer: Schedulable,
    private readonly gamma: number,
  ) {
    super(optimizer);
    takes('ExponentialLR', arguments);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return base * this.gamma ** t;
  }

  protected override next(present: number, t: number): number {
    return t === 0 ? present : present * this.gamma;
  }
}

/** α₀·τ / max(t, τ): constant for τ steps, then falling as 1/t. */
export class InverseLR extends LRScheduler {
  /** Makes the schedule. @param tau - τ. @throws ValueError unless it is positive. */
  constructor(
    optimizer: Schedulable,
    private readonly tau: number,
  ) {
    super(optimizer);
    takes('InverseLR', arguments);
    expectPositive('InverseLR', 'tau', tau, false);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return (base * this.tau) / Math.max(t, this.tau);
  }

  protected override next(present: number, t: number): number {
    return t === 0 ? present : (present * Math.max(t - 1, this.tau)) / Math.max(t, this.tau);
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
    takes('PolynomialLR', arguments);
    expectPositive('PolynomialLR', 'totalIters', totalIters);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return base * (1 - Math.min(t, this.totalIters) / this.totalIters) ** this.power;
  }

  protected override next(present: number, t: number): number {
    const { totalIters, power } = this;
    if (t === 0 || t > totalIters) return present;
    return present * ((1 - t / totalIters) / (1 - (t - 1) / totalIters)) ** power;
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
    takes('CosineAnnealingLR', arguments);
    expectPositive('CosineAnnealingLR', 'tMax', tMax);
    this.begin();
  }

  protected rate(base: number, t: number): number {
    return this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * t) / this.tMax))) / 2;
  }

  protected override next(present: number, t: number, group: number): number {
    const { tMax, etaMin } = this;
    if (t === 0) return present;
    // After the lowest point there is nothing to multiply.
    if ((t - 1 - tMax) % (2 * tMax) === 0) {
      return present + ((this.baseLrs[group] - etaMin) * (1 - Math.cos(Math.PI / tMax))) / 2;
    }
    const height = (step: number) => 1 + Math.cos((Math.PI * step) / tMax);
    return (height(t) / height(t - 1)) * (present - etaMin) + etaMin;
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
    takes('CosineAnnealingWarmRestarts', arguments);
    expectPositive('CosineAnnealingWarmRestarts', 't0', t0);
    expectPositive('CosineAnnealingWarmRestarts', 'tMult', tMult);
    this.begin();
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
