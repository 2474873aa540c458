/** A set of handwritten-looking digits that the package draws by itself: no files, no network. */

import { Generator, ValueError } from '@dl/tensor';
import { ArrayDataset } from '../dataset';
import { takes } from '../signatures';
import { drawDigit, SIZE } from './draw';

/** Options of `syntheticDigits`. */
export interface SyntheticDigitsOptions {
  /** Training images. Default 10,000. */
  readonly train?: number;
  /** Test images, none of them in the training part. Default 2,000. */
  readonly test?: number;
  /** The same seed draws the same images on every machine. Default 0. */
  readonly seed?: number;
  /** How wild the writing is: 0 draws clean digits. Default 1. */
  readonly wildness?: number;
}

/** Mean and standard deviation of the pixels, 0 to 1, of the set with default options. */
const MEAN = 0.139;
const STD = 0.27;

/**
 * Draws digits 0 to 9 as strokes, in several styles, distorted, in ink of varying width, with marks and noise. Images are
 * [1, 28, 28], white on black as MNIST's, normalised to mean 0 and deviation 1; every class is equally likely.
 *
 * @throws ValueError where a count is not a non-negative integer.
 * @example const { train, test } = syntheticDigits({ train: 1000, seed: 1 });
 */
export function syntheticDigits(options: SyntheticDigitsOptions = {}): {
  train: ArrayDataset;
  test: ArrayDataset;
} {
  takes('syntheticDigits', arguments);
  const { train = 10_000, test = 2_000, seed = 0, wildness = 1 } = options;
  for (const count of [train, test]) {
    if (!Number.isInteger(count) || count < 0) {
      throw new ValueError('syntheticDigits', 'counts must be non-negative integers', {
        args: { train, test },
      });
    }
  }
  // Streams of their own: the test images do not depend on how many training images there are.
  return { train: draw(train, 2 * seed, wildness), test: draw(test, 2 * seed + 1, wildness) };
}

function draw(count: number, seed: number, wildness: number): ArrayDataset {
  const random = new Generator(seed);
  const pixels = SIZE * SIZE;
  const inputs = new Uint8Array(count * pixels);
  const labels = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = Math.floor(random.random() * 10);
    drawDigit(labels[n], random, inputs, n * pixels, { wildness });
  }
  return new ArrayDataset({ inputs, labels, shape: [1, SIZE, SIZE], mean: MEAN, std: STD });
}
