/** How often the right class wins. */

import { ValueError } from '@dl/tensor';
import type { Metric, MetricBatch, RunningMeanState } from './metric';
import { bestClass, RunningMean, readScores } from './metric';

/**
 * The share of examples whose class has the greatest score. Outputs [N, C] with targets [N]; one output an example counts
 * as positive above 0.
 *
 * @example await evaluate(model, loader, { loss, metrics: [new Accuracy()] });
 */
export class Accuracy implements Metric {
  readonly name = 'accuracy';
  private readonly mean = new RunningMean();

  update(batch: MetricBatch): void {
    const scores = readScores('Accuracy', batch);
    for (let n = 0; n < scores.ids.length; n++) {
      this.mean.add(bestClass(scores, n) === scores.ids[n] ? 1 : 0);
    }
  }

  get value(): number {
    return this.mean.value;
  }

  reset(): void {
    this.mean.reset();
  }

  stateDict(): RunningMeanState {
    return this.mean.stateDict();
  }

  loadStateDict(state: RunningMeanState): void {
    this.mean.loadStateDict(state);
  }
}

/**
 * The share of examples whose class is among the `k` greatest scores; a tie counts for the lower class id.
 *
 * @throws ValueError where `k` is not a positive integer.
 */
export class TopK implements Metric {
  readonly name: string;
  private readonly mean = new RunningMean();

  /** Begins with nothing counted. @param k - default 5. */
  constructor(readonly k = 5) {
    if (!Number.isInteger(k) || k < 1) {
      throw new ValueError('TopK', 'k must be a positive integer', { args: { k } });
    }
    this.name = `top${k}`;
  }

  update(batch: MetricBatch): void {
    const { scores, classes, ids } = readScores('TopK', batch);
    for (let n = 0; n < ids.length; n++) {
      const own = scores[n * classes + ids[n]];
      let before = 0;
      for (let c = 0; c < classes; c++) {
        const other = scores[n * classes + c];
        if (other > own || (other === own && c < ids[n])) before++;
      }
      this.mean.add(before < this.k ? 1 : 0);
    }
  }

  get value(): number {
    return this.mean.value;
  }

  reset(): void {
    this.mean.reset();
  }

  stateDict(): RunningMeanState {
    return this.mean.stateDict();
  }

  loadStateDict(state: RunningMeanState): void {
    this.mean.loadStateDict(state);
  }
}
