/** The loss over the steps, in few enough points to draw. */

import type { Tensor } from '@dl/tensor';
import { pad } from '@dl/tensor';
import type { Callback, Run } from './callback';
import type { StepReport } from './history';
import { takes } from './signatures';
import { readTallies, Tally } from './tally';

/** A point of a curve. */
export interface CurvePoint {
  /** The last step that went into it. */
  readonly step: number;
  /** The mean loss of its steps. */
  readonly loss: number;
}

/** A saved `LossCurve`. */
export interface LossCurveState {
  readonly ends: readonly number[];
  readonly stretch: number;
  readonly steps: number;
  readonly sums: Tensor | null;
}

/**
 * Gathers the training loss of every step, as means over stretches of steps that grow with the run: a million steps need
 * no more memory than a thousand. The losses stay on the device until the end of the run, or until `points` is asked for.
 */
export class LossCurve implements Callback {
  /** The last step of each point. */
  private ends: number[] = [];
  private stretch = 1;
  /** Steps in the point that is not done. */
  private steps = 0;
  /** The sum of the losses of each point, that of the one at work behind them. */
  private readonly sums: Tally;

  /** Begins an empty curve. @param limit - the greatest number of points, even. Default 400. */
  constructor(private readonly limit = 400) {
    takes('LossCurve', arguments);
    this.sums = new Tally([limit]);
  }

  onStepEnd(_run: Run, report: StepReport): void {
    takes('LossCurve.onStepEnd', arguments);
    const { step, loss } = report;
    this.sums.addAt(this.ends.length, loss);
    if (++this.steps < this.stretch) return;
    this.ends.push(step);
    this.steps = 0;
    if (this.ends.length >= this.limit) this.halve(loss);
  }

  private halve(like: Tensor): void {
    const half = this.limit / 2;
    this.sums.update(like, (sums) => pad(sums.reshape([half, 2]).sum(1), [0, half]));
    this.ends = this.ends.filter((_, i) => i % 2 === 1);
    this.stretch *= 2;
  }

  onFitEnd(): Promise<void> {
    return readTallies([this.sums]);
  }

  /** What was gathered, for saving. */
  stateDict(): LossCurveState {
    const { ends, stretch, steps } = this;
    return { ends: [...ends], stretch, steps, sums: this.sums.stateDict() };
  }

  /** Goes on from what was saved. */
  loadStateDict(state: LossCurveState): void {
    takes('LossCurve.loadStateDict', arguments);
    const { ends, stretch, steps, sums } = state;
    this.ends = [...ends];
    this.stretch = stretch;
    this.steps = steps;
    this.sums.loadStateDict(sums);
  }

  /** The points so far; reads the losses, where they changed since they were read. */
  get points(): readonly CurvePoint[] {
    const { values } = this.sums;
    return this.ends.map((step, i) => ({ step, loss: values[i] / this.stretch }));
  }
}
