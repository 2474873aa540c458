/** A convolutional network that classifies texts. */

import type { Tensor } from '@dl/tensor';
import { cat, kMaxPool, relu, ValueError } from '@dl/tensor';
import { Conv1d } from './layers/conv';
import { Dropout } from './layers/dropout';
import { Embedding } from './layers/embedding';
import { Linear } from './layers/linear';
import { Module } from './module';
import { takes } from './signatures';

/** Options of `TextCNN`. */
export interface TextCNNOptions {
  /** How many words there are. */
  readonly vocabulary: number;
  /** How many classes there are. */
  readonly classes: number;
  /** Size of a word vector. Default 128. */
  readonly dimensions?: number;
  /** Words under each kind of window. Default [3, 4, 5]. */
  readonly widths?: readonly number[];
  /** Features found by each kind of window. Default 100. */
  readonly channels?: number;
  /** What is kept of a feature over the text: the largest value, the k largest in order, or the mean. Default 'max'. */
  readonly pooling?: 'max' | 'kmax' | 'mean';
  /** How many values 'kmax' keeps. Default 3. */
  readonly k?: number;
  /** The share of pooled features dropped while training. Default 0.5. */
  readonly dropout?: number;
  /** The id of padding, whose vector stays 0. Default none. */
  readonly paddingIdx?: number;
}

/**
 * Word vectors, windows of several widths over them, pooling over the text, dropout, and a linear layer. The convolutions are
 * wide (width − 1 zeros at both ends), so that a text may be as short as one word. Parameters: those of `embedding`,
 * `convolutions`, `linear`.
 *
 * @example new TextCNN({ vocabulary: 10_000, classes: 2 }).forward(ids) // int32 [N, T] to [N, 2]
 * Source: Kim 2014; k-max pooling: Kalchbrenner et al. 2014.
 */
export class TextCNN extends Module {
  embedding: Embedding;
  readonly convolutions: readonly Conv1d[];
  dropout: Dropout;
  linear: Linear;
  private readonly pool: (x: Tensor) => Tensor;

  /** Makes the model. @throws ValueError where there is no window, or k is not positive. */
  constructor(options: TextCNNOptions) {
    super();
    takes('TextCNN', arguments);
    const { vocabulary, classes, dimensions = 128, widths = [3, 4, 5], channels = 100 } = options;
    const { pooling = 'max', k = 3, dropout = 0.5, paddingIdx } = options;
    if (widths.length === 0 || !(k >= 1))
      throw new ValueError('TextCNN', 'needs a window, and a positive k', { args: { widths, k } });
    this.embedding = new Embedding(vocabulary, dimensions, { paddingIdx });
    this.convolutions = widths.map(
      (width) => new Conv1d(dimensions, channels, width, { padding: width - 1 }),
    );
    this.dropout = new Dropout(dropout);
    const values = channels * widths.length * (pooling === 'kmax' ? k : 1);
    this.linear = new Linear(values, classes);
    this.pool = {
      max: (x: Tensor) => x.amax(2),
      kmax: (x: Tensor) => kMaxPool(x, k).flatten(1),
      mean: (x: Tensor) => x.mean(2),
    }[pooling];
  }

  /** Computes the output. @param ids - int32 [N, T]. @returns logits [N, classes]. @throws IndexError for ids out of range. */
  forward(ids: Tensor): Tensor {
    takes('TextCNN.forward', arguments);
    const words = this.embedding.forward(ids).permute([0, 2, 1]);
    const features = this.convolutions.map((layer) => this.pool(relu(layer.forward(words))));
    return this.linear.forward(this.dropout.forward(cat(features, 1)));
  }
}
