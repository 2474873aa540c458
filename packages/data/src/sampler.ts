/** Which examples an epoch has, and in which order. */

import type { Generator } from '@dl/tensor';
import { ValueError } from '@dl/tensor';
import { takes } from './signatures';

/** Chooses the examples of an epoch. */
export interface Sampler {
  /** How many examples an epoch has. */
  readonly length: number;
  /** Positions of an epoch's examples. @param generator - at the start of a stream of the epoch's own. */
  order(generator: Generator): Int32Array;
}

/**
 * Draws examples with replacement, in proportion to their weights: rare classes come as often as frequent ones where each
 * weight is one over the size of the example's class.
 *
 * @example new DataLoader(data, { sampler: new WeightedSampler(labels.map((c) => 1 / sizes[c]), data.length) })
 */
export class WeightedSampler implements Sampler {
  /** How many examples an epoch has. */
  readonly length: number;
  private readonly sums: Float64Array;

  /**
   * Makes the sampler. @param weights - one an example, from 0, not all 0.
   * @param length - how many examples to draw for an epoch; default as many as there are weights.
   * @throws ValueError for other weights.
   */
  constructor(weights: ArrayLike<number>, length?: number) {
    takes('WeightedSampler', arguments);
    this.length = length ?? weights.length;
    this.sums = new Float64Array(weights.length);
    let sum = 0;
    for (let i = 0; i < weights.length; i++) {
      if (!(weights[i] >= 0 && weights[i] < Number.POSITIVE_INFINITY)) {
        throw new ValueError('WeightedSampler', 'weights must be finite and not negative', {
          args: { index: i, weight: weights[i] },
        });
      }
      sum += weights[i];
      this.sums[i] = sum;
    }
    if (sum === 0) throw new ValueError('WeightedSampler', 'all weights are zero', {});
  }

  /** Positions of an epoch. */
  order(generator: Generator): Int32Array {
    takes('WeightedSampler.order', arguments);
    const { sums } = this;
    const total = sums[sums.length - 1];
    return Int32Array.from({ length: this.length }, () =>
      firstAbove(sums, generator.random() * total),
    );
  }
}

/** The first position whose sum lies above a value, by bisection. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
