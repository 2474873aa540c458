/** What every metric is, and the running mean under most of them. */

import type { Tensor } from '@dl/tensor';
import { ShapeError } from '@dl/tensor';

/** What a metric sees of a batch. */
export interface MetricBatch {
  /** What the model said, [N, ...]. */
  readonly output: Tensor;
  /** What it should have said, [N, ...]. */
  readonly target: Tensor;
  /** The mean loss over the batch. */
  readonly loss: number;
  /** The number of examples. */
  readonly count: number;
}

/** A number gathered over the batches of an epoch. */
export interface Metric {
  /** The key in logs: `accuracy`. */
  readonly name: string;
  /** Counts a batch in. */
  update(batch: MetricBatch): void;
  /** The figure for all batches since `reset`; NaN before the first. */
  readonly value: number;
  /** Begins again. */
  reset(): void;
  /** What was counted, fit for JSON: needed to resume in the middle of an epoch. */
  stateDict?(): unknown;
  /** Goes on from what `stateDict` gave. */
  loadStateDict?(state: never): void;
}

/** A saved `RunningMean`. */
export interface RunningMeanState {
  readonly weight: number;
  readonly total: number;
}

/** A mean whose terms have weights: Σ wᵢ xᵢ / Σ wᵢ. */
export class RunningMean {
  /** Sum of the weights. */
  weight = 0;
  private total = 0;

  /** Adds a term. @param weight - default 1; for a batch's mean, the size of the batch. */
  add(value: number, weight = 1): void {
    this.total += value * weight;
    this.weight += weight;
  }

  /** The mean; NaN where nothing was added. */
  get value(): number {
    return this.total / this.weight;
  }

  /** Begins again. */
  reset(): void {
    this.total = 0;
    this.weight = 0;
  }

  /** The sums, for saving. */
  stateDict(): RunningMeanState {
    return { weight: this.weight, total: this.total };
  }

  /** Goes on from saved sums. */
  loadStateDict({ weight, total }: RunningMeanState): void {
    this.weight = weight;
    this.total = total;
  }
}

/** Scores of N examples for C classes and the true class ids, as arrays. */
export interface Scores {
  readonly scores: ArrayLike<number>;
  readonly classes: number;
  readonly ids: ArrayLike<number>;
}

/**
 * Reads class scores [N, C] and class ids [N]; one score an example, [N] or [N, 1], counts as two classes, the second where
 * it is positive.
 *
 * @throws ShapeError for other shapes.
 */
export function readScores(op: string, { output, target }: MetricBatch): Scores {
  const [rows, classes = 1] = output.shape;
  if (output.ndim < 1 || output.ndim > 2 || target.size !== rows) {
    throw new ShapeError(op, 'scores and class ids do not fit', {
      args: { output, target },
      expected: 'output: [N, C], target: [N]',
    });
  }
  const ids = target.dataSync();
  if (classes > 1) return { scores: output.dataSync(), classes, ids };
  return { scores: Array.from(output.dataSync()).flatMap((s) => [0, s]), classes: 2, ids };
}

/** The position of the greatest score in row `n`; the first of equals. */
export function bestClass({ scores, classes }: Scores, n: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) {
    if (scores[n * classes + c] > scores[n * classes + best]) best = c;
  }
  return best;
}
