/** Batches of a dataset, epoch after epoch. */

import type { Tensor } from '@dl/tensor';
import { Generator, iterate, ValueError } from '@dl/tensor';
import type { Dataset } from './dataset';
import type { Sampler } from './sampler';
import { shuffle } from './shuffle';
import { takes } from './signatures';

/** Options of a `DataLoader`. */
export interface DataLoaderOptions {
  /** Examples in a batch. Default 1. */
  readonly batchSize?: number;
  /** A new random order for every epoch. Default false. */
  readonly shuffle?: boolean;
  /** Leave out a last batch that is smaller. Default false. */
  readonly dropLast?: boolean;
  /** Chooses the examples of an epoch in another way than in order or shuffled. Default none. */
  readonly sampler?: Sampler;
  /** Decides the orders; the same seed gives the same ones on every machine. Default 0. */
  readonly seed?: number;
}

/** Where a loader stands: enough to go on with the same batches. */
export interface DataLoaderState {
  /** The epoch at work, or the next one; counts from 0. */
  readonly epoch: number;
  /** Batches of that epoch that were given out. */
  readonly batch: number;
  /** The state of the dataset, where it has one (random augmentation). */
  readonly dataset?: unknown;
}

/** A dataset that remembers something between batches. */
interface StatefulDataset {
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}

function isStateful(dataset: object): dataset is StatefulDataset {
  return 'stateDict' in dataset && 'loadStateDict' in dataset;
}

/**
 * Walks a dataset in batches. Every batch is a generation of memory: what an iteration created, its batch included, is
 * freed when the next one ends; nobody writes `dispose`.
 *
 * @typeParam B - what a batch is.
 * @example
 * const loader = new DataLoader(digits.train, { batchSize: 64, shuffle: true });
 * for (const [x, y] of loader) trainStep(x, y);
 */
export class DataLoader<B = [Tensor, Tensor]> implements Iterable<B> {
  readonly batchSize: number;
  private readonly options: Required<Omit<DataLoaderOptions, 'sampler'>>;
  private readonly sampler: Sampler | undefined;
  private epoch = 0;
  private position = 0;

  /** @throws ValueError for a batch size that is not a positive integer. */
  constructor(
    readonly dataset: Dataset<B>,
    options: DataLoaderOptions = {},
  ) {
    takes('DataLoader', arguments);
    const { batchSize = 1, shuffle = false, dropLast = false, seed = 0, sampler } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new ValueError('DataLoader', 'the batch size must be a positive integer', {
        args: { batchSize },
      });
    }
    this.batchSize = batchSize;
    if (shuffle && sampler) {
      throw new ValueError('DataLoader', 'a sampler decides the order: leave out shuffle', {});
    }
    this.options = { batchSize, shuffle, dropLast, seed };
    this.sampler = sampler;
  }

  /** The number of batches in an epoch. */
  get length(): number {
    const { length } = this.sampler ?? this.dataset;
    return (this.options.dropLast ? Math.floor : Math.ceil)(length / this.batchSize);
  }

  /** The batches of one epoch; the next call gives the next epoch, in another order where they are shuffled. */
  [Symbol.iterator](): Iterator<B> {
    return iterate(this.batches);
  }

  /** One object for all epochs: its last iteration is freed when the next epoch ends. */
  private readonly batches: Iterable<B> = { [Symbol.iterator]: () => this.walk() };

  private *walk(): globalThis.Generator<B, void, undefined> {
    const order = this.order();
    const { length, batchSize } = this;
    try {
      while (this.position < length) {
        const start = this.position++ * batchSize;
        yield this.dataset.batch(order.subarray(start, start + batchSize));
      }
    } finally {
      // Also after a break: the next walk is a new epoch.
      this.epoch++;
      this.position = 0;
    }
  }

  /** The order of the epoch at work: it depends on nothing but seed and epoch. */
  private order(): Int32Array {
    const { length } = this.dataset;
    if (!this.options.shuffle && !this.sampler) return Int32Array.from({ length }, (_, i) => i);
    const generator = new Generator(this.options.seed);
    // Epochs far apart in one stream: an order takes one block a position.
    generator.setState({ seed: this.options.seed, offset: this.epoch * 2 ** 32 });
    return this.sampler ? this.sampler.order(generator) : shuffle(length, generator);
  }

  /** Where the loader stands. */
  stateDict(): DataLoaderState {
    const { epoch, position: batch, dataset } = this;
    return isStateful(dataset) ? { epoch, batch, dataset: dataset.stateDict() } : { epoch, batch };
  }

  /** Goes where a loader of the same dataset and options stood; the next walk goes on from there. */
  loadStateDict(state: DataLoaderState): void {
    takes('DataLoader.loadStateDict', arguments);
    const { epoch, batch, dataset } = state;
    if (dataset !== undefined && isStateful(this.dataset)) this.dataset.loadStateDict(dataset);
    this.epoch = epoch;
    this.position = batch;
  }
}
