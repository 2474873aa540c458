/** What every metric is, and the running mean under most of them. */

import type { Tensor } from '@dl/tensor';
import { cat, isTensor, ShapeError, zerosLike } from '@dl/tensor';
import { takes } from '../signatures';
import { Tally } from '../tally';

/** What a metric sees of a batch. */
export interface MetricBatch {
  /** The model's outputs, [N, ...]. */
  readonly output: Tensor;
  /** What it should have said, [N, ...]. */
  readonly target: Tensor;
  /** The mean loss over the batch, a scalar. */
  readonly loss: Tensor;
  /** The number of examples. */
  readonly count: number;
}

/**
 * A number gathered over the batches of an epoch. What it counts may stay on the device in a `Tally`, or a `RunningMean`, so that `update`
 * reads nothing.
 */
export interface Metric {
  /** The key in logs: `accuracy`. */
  readonly name: string;
  /** Counts a batch in. What it creates is freed, unless `keep` or a tally holds it. */
  update(batch: MetricBatch): void;
  /** The figure for all batches since `reset`; NaN before the first. */
  readonly value: number;
  /** What `value` needs of the device: `fit` and `evaluate` read all of it at once before they ask for it. Default none. */
  readonly tallies?: readonly Tally[];
  /** Begins again. */
  reset(): void;
  /** What was counted: tensors and what JSON can hold. Needed to resume in the middle of an epoch. */
  stateDict?(): unknown;
  /** Goes on from what `stateDict` gave. */
  loadStateDict?(state: never): void;
}

/** A saved `RunningMean`. */
export interface RunningMeanState {
  readonly weight: number;
  /** Of terms that were numbers. */
  readonly total: number;
  /** Of terms that were tensors; null where there was none. */
  readonly sum: Tensor | null;
}

/** A mean whose terms have weights: Σ wᵢ xᵢ / Σ wᵢ. Terms that are tensors are added up on their device; `value` reads the sum. */
export class RunningMean {
  /** Sum of the weights. */
  weight = 0;
  private total = 0;
  private readonly sum = new Tally();
  /** What `value` needs of the device, for `readTallies`. */
  readonly tallies: readonly Tally[] = [this.sum];

  /** Adds a term, a number or a tensor of one. @param weight - default 1; for a batch's mean, the size of the batch. */
  add(value: number | Tensor, weight = 1): void {
    takes('RunningMean.add', arguments);
    if (isTensor(value)) this.sum.add(value, weight);
    else this.total += value * weight;
    this.weight += weight;
  }

  /** Adds terms of weight 1 by their sum. @param count - how many they are. */
  addSum(sum: Tensor, count: number): void {
    takes('RunningMean.addSum', arguments);
    this.sum.add(sum);
    this.weight += count;
  }

  /** The mean; NaN where nothing was added. */
  get value(): number {
    return (this.total + this.sum.values[0]) / this.weight;
  }

  /** Begins again. */
  reset(): void {
    this.total = 0;
    this.weight = 0;
    this.sum.reset();
  }

  /** The sums, for saving. */
  stateDict(): RunningMeanState {
    return { weight: this.weight, total: this.total, sum: this.sum.stateDict() };
  }

  /** Goes on from saved sums. */
  loadStateDict(state: RunningMeanState): void {
    takes('RunningMean.loadStateDict', arguments);
    const { weight, total, sum } = state;
    this.weight = weight;
    this.total = total;
    this.sum.loadStateDict(sum);
  }
}

/** Scores of N examples for C classes, the class of the greatest, and the true one. */
export interface Scores {
  /** [N, C], C at least 2. */
  readonly scores: Tensor;
  /** The first class of the greatest score, int32 [N]. */
  readonly predicted: Tensor;
  /** The true class ids, int32 [N]. */
  readonly ids: Tensor;
}

/**
 * Class scores [N, C] and class ids [N]; one score an example, [N] or [N, 1], counts as two classes, the second where it is positive.
 *
 * @throws ShapeError for other shapes.
 */
export function classScores(op: string, { output, target }: MetricBatch): Scores {
  const [rows, classes = 1] = output.shape;
  if (output.ndim < 1 || output.ndim > 2 || target.size !== rows) {
    throw new ShapeError(op, 'scores and class ids do not fit', {
      args: { output, target },
      expected: 'output: [N, C], target: [N]',
    });
  }
  const given = output.reshape([rows, classes]);
  const scores = classes > 1 ? given : cat([zerosLike(given), given], 1);
  return { scores, predicted: scores.argmax(1), ids: target.reshape([rows]).cast('int32') };
}
