/** Parts of datasets. */

import { Generator, ValueError } from '@dl/tensor';
import type { Dataset } from './dataset';
import { Subset } from './dataset';
import { shuffle } from './shuffle';
import { takes } from './signatures';

/** The first `count` examples (all where there are fewer). */
export function take<B>(dataset: Dataset<B>, count: number): Dataset<B> {
  takes('take', arguments);
  if (count >= dataset.length) return dataset;
  return new Subset(
    dataset,
    Array.from({ length: count }, (_, i) => i),
  );
}

/**
 * Cuts a dataset into random parts without overlap.
 *
 * @param sizes - the size of each part; they add up to the whole. @param seed - the same seed gives the same parts.
 * @throws ValueError where the sizes do not add up.
 */
export function randomSplit<B>(
  dataset: Dataset<B>,
  sizes: readonly number[],
  seed = 0,
): Subset<B>[] {
  takes('randomSplit', arguments);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (total !== dataset.length || sizes.some((n) => !Number.isInteger(n) || n < 0)) {
    throw new ValueError('randomSplit', 'the sizes do not add up to the dataset', {
      args: { sizes, length: dataset.length },
    });
  }
  const order = shuffle(dataset.length, new Generator(seed));
  let start = 0;
  return sizes.map((n) => {
    start += n;
    return new Subset(dataset, order.slice(start - n, start));
  });
}

/** One division of a dataset into what to learn from and what to look at. */
export interface Fold<B> {
  readonly train: Subset<B>;
  readonly validation: Subset<B>;
}

/**
 * Divides a dataset k times, so that every example is in exactly one validation part; their sizes differ by one at most.
 *
 * @param k - the number of folds, 2 to the number of examples. @param seed - the same seed gives the same folds.
 * @throws ValueError for another k.
 * @example for (const { train, validation } of kFold(dataset, 5)) scores.push(await trial(train, validation));
 */
export function kFold<B>(dataset: Dataset<B>, k: number, seed = 0): Fold<B>[] {
  takes('kFold', arguments);
  const { length } = dataset;
  if (!Number.isInteger(k) || k < 2 || k > length) {
    throw new ValueError('kFold', 'there cannot be as many folds', {
      args: { k },
      expected: `a whole number from 2 to ${length}`,
    });
  }
  const order = Array.from(shuffle(length, new Generator(seed)));
  return Array.from({ length: k }, (_, fold) => {
    const [start, end] = [fold, fold + 1].map((i) => Math.floor((i * length) / k));
    return {
      train: new Subset(dataset, [...order.slice(0, start), ...order.slice(end)]),
      validation: new Subset(dataset, order.slice(start, end)),
    };
  });
}
