/** A dataset whose pictures are never twice the same. */

import type { Tensor } from '@dl/tensor';
import { Generator } from '@dl/tensor';
import type { Dataset } from '../dataset';
import { takes } from '../signatures';
import type { ImageTransform } from './batch';
import { compose, fromImages, toImages } from './batch';

/** The state of an `AugmentedDataset`. */
export interface AugmentedState {
  readonly seed: number;
  readonly offset: number;
}

/**
 * A dataset of pictures [images, ...targets] whose images go through transforms, anew for every batch. Its randomness is saved
 * with the loader, so a resumed run sees the same pictures.
 *
 * @example new AugmentedDataset(train, [randomCrop(32, { padding: 4 }), randomHorizontalFlip()])
 */
export class AugmentedDataset<T extends readonly Tensor[]> implements Dataset<T> {
  private readonly transform: ImageTransform;
  private readonly random: Generator;

  /** A dataset over another one. @param options - `seed` decides the changes, default 0. */
  constructor(
    readonly dataset: Dataset<T>,
    transforms: readonly ImageTransform[],
    options: { readonly seed?: number } = {},
  ) {
    takes('AugmentedDataset', arguments);
    const { seed = 0 } = options;
    this.transform = compose(...transforms);
    this.random = new Generator(seed);
  }

  /** The number of examples. */
  get length(): number {
    return this.dataset.length;
  }

  /** The examples at `indices`, their images changed. */
  batch(indices: ArrayLike<number>): T {
    takes('AugmentedDataset.batch', arguments);
    const [images, ...targets] = this.dataset.batch(indices);
    const changed = fromImages(this.transform(toImages(images), this.random));
    images.dispose();
    return [changed, ...targets] as unknown as T;
  }

  /** Where the randomness is. */
  stateDict(): AugmentedState {
    return this.random.getState();
  }

  /** Goes on from a state. */
  loadStateDict(state: AugmentedState): void {
    takes('AugmentedDataset.loadStateDict', arguments);
    this.random.setState(state);
  }
}
