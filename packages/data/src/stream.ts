/** Batches of what is read while it is learned from: files too large for memory, images to decode, answers of servers. */

import { Generator, iterateAsync, ValueError } from '@dl/tensor';
import type { Collated } from './collate';
import { collate } from './collate';
import type { DataLoaderState } from './loader';
import { takes } from './signatures';

/** Options of a `StreamLoader`. */
export interface StreamLoaderOptions<E, R, B> {
  /** Examples in a batch. Default 1. */
  readonly batchSize?: number;
  /** What becomes of an example before it goes into a batch; those of a batch are at work at once. Default nothing. */
  readonly transform?: (example: E) => R | Promise<R>;
  /** Makes a batch of examples. Default `collate`. */
  readonly collate?: (examples: R[]) => B;
  /** Examples are drawn from a store of so many, which the stream fills up: an order that is random nearby. Default 0: as they come. */
  readonly shuffleBuffer?: number;
  /** Leave out a last batch that is smaller. Default false. */
  readonly dropLast?: boolean;
  /** Batches that are read ahead while one is learned from. Default 2. */
  readonly prefetch?: number;
  /** Decides the orders. Default 0. */
  readonly seed?: number;
}

/**
 * Walks a stream of examples in batches, and reads ahead meanwhile. As with `DataLoader`, what an iteration created is freed
 * when the next one ends. `fit` of @dl/train takes it like any loader.
 *
 * @typeParam E - an example as it is read. @typeParam R - as it goes into a batch. @typeParam B - a batch.
 * @example
 * const loader = new StreamLoader(() => streamLines('big.txt'), { batchSize: 32, transform: encode, shuffleBuffer: 10_000 });
 * for await (const [x, y] of loader) trainStep(learner, [x, y]);
 */
export class StreamLoader<E, R = E, B = Collated<R>> implements AsyncIterable<B> {
  private readonly options: Required<StreamLoaderOptions<E, R, B>>;
  private epoch = 0;
  private position = 0;

  /**
   * A loader of a stream. @param open - opens the stream from its beginning; called once an epoch.
   * @throws ValueError where a number among the options is not a whole one in range.
   */
  constructor(
    private readonly open: (epoch: number) => AsyncIterable<E> | Iterable<E>,
    options: StreamLoaderOptions<E, R, B> = {},
  ) {
    takes('StreamLoader', arguments);
    const { batchSize = 1, shuffleBuffer = 0, prefetch = 2 } = options;
    for (const [name, value, least] of [
      ['batchSize', batchSize, 1],
      ['shuffleBuffer', shuffleBuffer, 0],
      ['prefetch', prefetch, 0],
    ] as const) {
      if (Number.isInteger(value) && value >= least) continue;
      throw new ValueError('StreamLoader', `${name} must be a whole number from ${least}`, {
        args: { [name]: value },
      });
    }
    this.options = {
      batchSize,
      shuffleBuffer,
      prefetch,
      transform: (example) => example as unknown as R,
      collate: (examples) => collate(examples) as unknown as B,
      dropLast: false,
      seed: 0,
      ...options,
    };
  }

  /** The batches of one epoch; the next call gives the next epoch. */
  [Symbol.asyncIterator](): AsyncIterator<B> {
    return iterateAsync(this.walk(), this.options.collate);
  }

  /** The examples of each batch. */
  private async *walk(): AsyncGenerator<R[], void, undefined> {
    try {
      for await (const batch of ahead(this.batches(), this.options.prefetch)) {
        this.position++;
        yield batch;
      }
    } finally {
      this.epoch++;
      this.position = 0;
    }
  }

  /** Batches at work; what was given out before a resume is read over without work. */
  private async *batches(): AsyncGenerator<{ ready: Promise<R[]> }, void, undefined> {
    const { batchSize, dropLast, transform } = this.options;
    let skip = this.position;
    let examples: E[] = [];
    const begin = (batch: E[]) => {
      const ready = Promise.all(batch.map(async (example) => transform(example)));
      // It is waited for later; until then a failure is nobody's.
      ready.catch(() => {});
      return { ready };
    };
    for await (const example of this.ordered()) {
      examples.push(example);
      if (examples.length < batchSize) continue;
      if (skip > 0) skip--;
      else yield begin(examples);
      examples = [];
    }
    if (examples.length > 0 && !dropLast && skip === 0) yield begin(examples);
  }

  private async *ordered(): AsyncGenerator<E, void, undefined> {
    const { shuffleBuffer, seed } = this.options;
    const { epoch } = this;
    if (shuffleBuffer === 0) {
      yield* this.open(epoch);
      return;
    }
    const generator = new Generator(seed);
    // Epochs far apart in one stream, as in DataLoader.
    generator.setState({ seed, offset: epoch * 2 ** 32 });
    const store: E[] = [];
    const draw = () => {
      const at = Math.floor(generator.random() * store.length);
      const drawn = store[at];
      const last = store.pop() as E;
      if (at < store.length) store[at] = last;
      return drawn;
    };
    for await (const example of this.open(epoch)) {
      store.push(example);
      if (store.length === shuffleBuffer) yield draw();
    }
    while (store.length > 0) yield draw();
  }

  /** Where the loader stands. */
  stateDict(): DataLoaderState {
    return { epoch: this.epoch, batch: this.position };
  }

  /** Goes where a loader of the same stream and options stood; the next walk reads over what was given out. */
  loadStateDict(state: DataLoaderState): void {
    takes('StreamLoader.loadStateDict', arguments);
    const { epoch, batch } = state;
    this.epoch = epoch;
    this.position = batch;
  }
}

/** Asks for `count` items more than the one that is waited for. */
async function* ahead<R>(
  source: AsyncGenerator<{ ready: Promise<R> }, void, undefined>,
  count: number,
): AsyncGenerator<R, void, undefined> {
  const asked: Promise<IteratorResult<{ ready: Promise<R> }, void>>[] = [];
  try {
    for (;;) {
      while (asked.length <= count) {
        const next = source.next();
        next.catch(() => {});
        asked.push(next);
      }
      const item = await (asked.shift() as (typeof asked)[number]);
      if (item.done) return;
      yield await item.value.ready;
    }
  } finally {
    await source.return();
  }
}
