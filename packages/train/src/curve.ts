/** The loss over the steps, in few enough points to draw. */

import type { Callback, Run } from './callback';
import type { StepReport } from './history';

/** A point of a curve. */
export interface CurvePoint {
  /** The last step that went into it. */
  readonly step: number;
  /** The mean loss of its steps. */
  readonly loss: number;
}

/** A saved `LossCurve`. */
export interface LossCurveState {
  readonly done: readonly CurvePoint[];
  readonly stretch: number;
  readonly sum: number;
  readonly steps: number;
}

/**
 * Gathers the training loss of every step, as means over stretches of steps that grow with the run: a million steps need
 * no more room than a thousand.
 */
export class LossCurve implements Callback {
  private done: CurvePoint[] = [];
  private stretch = 1;
  private sum = 0;
  private steps = 0;

  /** Begins an empty curve. @param limit - the greatest number of points, even. Default 400. */
  constructor(private readonly limit = 400) {}

  onStepEnd(_run: Run, { step, loss }: StepReport): void {
    this.sum += loss;
    if (++this.steps < this.stretch) return;
    this.done.push({ step, loss: this.sum / this.steps });
    this.sum = 0;
    this.steps = 0;
    if (this.done.length >= this.limit) this.halve();
  }

  private halve(): void {
    const pairs: CurvePoint[] = [];
    for (let i = 1; i < this.done.length; i += 2) {
      pairs.push({
        step: this.done[i].step,
        loss: (this.done[i - 1].loss + this.done[i].loss) / 2,
      });
    }
    this.done = pairs;
    this.stretch *= 2;
  }

  /** What was gathered, for saving. */
  stateDict(): LossCurveState {
    const { done, stretch, sum, steps } = this;
    return { done: [...done], stretch, sum, steps };
  }

  /** Goes on from what was saved. */
  loadStateDict({ done, stretch, sum, steps }: LossCurveState): void {
    this.done = [...done];
    this.stretch = stretch;
    this.sum = sum;
    this.steps = steps;
  }

  /** The points so far. */
  get points(): readonly CurvePoint[] {
    return this.done;
  }
}
