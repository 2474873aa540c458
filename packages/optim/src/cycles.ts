/** Schedules that rise and fall, one step a batch. */

import { UsageError } from '@dl/tensor';
import type { Schedulable } from './schedules';
import { expectPositive, LRScheduler } from './schedules';

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
