/** Datasets of examples that already lie in a list. */

import type { Collated } from './collate';
import { collate } from './collate';
import { checkIndex, type Dataset } from './dataset';
import { takes } from './signatures';

/** Options of a `ListDataset`. */
export interface ListDatasetOptions<E, R, B> {
  /** What becomes of an example before it goes into a batch. Default nothing. */
  readonly transform?: (example: E, index: number) => R;
  /** Makes a batch of examples. Default `collate`. */
  readonly collate?: (examples: R[]) => B;
}

/**
 * Examples of any structure in a list, one batch at a time; numbers, arrays and tensors in them become tensors.
 *
 * @typeParam E - an example as it lies in the list. @typeParam R - as it goes into a batch. @typeParam B - a batch.
 * @example new ListDataset([{ x: Float32Array.of(1, 2), y: 3 }]).batch([0]); // { x: [1, 2], y: [1] }
 */
export class ListDataset<E, R = E, B = Collated<R>> implements Dataset<B> {
  private readonly transform: (example: E, index: number) => R;
  private readonly join: (examples: R[]) => B;

  /** A data set over a list, which is not copied. */
  constructor(
    readonly examples: ArrayLike<E>,
    options: ListDatasetOptions<E, R, B> = {},
  ) {
    takes('ListDataset', arguments);
    this.transform = options.transform ?? ((example) => example as unknown as R);
    this.join = options.collate ?? ((examples) => collate(examples) as unknown as B);
  }

  /** The number of examples. */
  get length(): number {
    return this.examples.length;
  }

  /** The examples at `indices` as one batch. @throws IndexError for a position that is not there. */
  batch(indices: ArrayLike<number>): B {
    takes('ListDataset.batch', arguments);
    return this.join(
      Array.from(indices, (index) =>
        this.transform(this.examples[checkIndex(index, this.length)], index),
      ),
    );
  }
}
