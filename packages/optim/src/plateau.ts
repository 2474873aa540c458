/** A schedule that depends on a monitored metric. */

import { ValueError } from '@dl/tensor';
import type { Schedulable } from './schedules';
import { takes } from './signatures';

/** Options of `ReduceLROnPlateau`. */
export interface PlateauOptions {
  /** Whether smaller values of the metric are better ('min', default) or larger ones ('max'). */
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

/** Lowers the learning rate when the monitored metric no longer improves. */
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
    takes('ReduceLROnPlateau', arguments);
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

  /** Takes in the metric of an epoch. */
  step(figure: number): void {
    takes('ReduceLROnPlateau.step', arguments);
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
