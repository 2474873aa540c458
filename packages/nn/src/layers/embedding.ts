/** Tables of vectors. */

import { noGrad } from '@dl/autograd';
import type { DType, Tensor } from '@dl/tensor';
import { assign, narrow, ShapeError, scope, zeros } from '@dl/tensor';
import type { LookupOptions } from '../functional/embedding';
import { embedding, rowOf } from '../functional/embedding';
import * as init from '../init';
import { Module, parameter } from '../module';
import { takes } from '../signatures';

/** Options of `Embedding`. */
export interface EmbeddingOptions extends LookupOptions {
  /** A row that starts at 0 and learns nothing; negative ones count from the end. Default none. */
  readonly paddingIdx?: number;
  /** Element type of the table. Default float32. */
  readonly dtype?: DType;
}

/**
 * One learned vector for each id. Parameters: `weight` [numEmbeddings, embeddingDim], which starts standard normal.
 *
 * @example new Embedding(10_000, 64).forward(ids) // int32 [N, T] to [N, T, 64]
 */
export class Embedding extends Module {
  weight: Tensor;
  readonly paddingIdx: number | undefined;
  private readonly lookup: LookupOptions;

  /** Makes the layer. @param numEmbeddings - how many ids. @param embeddingDim - size of each vector. @throws IndexError where there is no row `paddingIdx`. */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions = {},
  ) {
    super();
    takes('Embedding', arguments);
    const { paddingIdx, dtype = 'float32', ...lookup } = options;
    this.lookup = lookup;
    this.weight = init.normal(parameter(zeros([numEmbeddings, embeddingDim], { dtype })));
    this.paddingIdx = paddingIdx === undefined ? undefined : rowOf(this.weight, paddingIdx);
    const blank = this.paddingIdx;
    if (blank !== undefined) noGrad(() => scope(() => assign(narrow(this.weight, 0, blank, 1), 0)));
  }

  /**
   * Makes a layer whose table is given, for instance by word vectors.
   *
   * @param weight - [V, D]; copied. @param options - `freeze`: the table does not learn, default true, as in PyTorch; others as of
   * the constructor.
   * @throws ShapeError where the table is no matrix.
   */
  static fromPretrained(
    weight: Tensor,
    options: Omit<EmbeddingOptions, 'dtype'> & { freeze?: boolean } = {},
  ): Embedding {
    takes('Embedding.fromPretrained', arguments);
    const { freeze = true, ...lookup } = options;
    if (weight.ndim !== 2)
      throw new ShapeError('Embedding.fromPretrained', 'the table must be a matrix', {
        args: { weight },
        expected: 'weight: [V, D]',
      });
    const [rows, size] = weight.shape;
    const layer = new Embedding(rows, size, { ...lookup, dtype: weight.dtype });
    noGrad(() => assign(layer.weight, weight));
    return layer.requiresGrad(!freeze);
  }

  /** Looks vectors up. @param ids - int32, any shape. @returns [...ids.shape, embeddingDim]. @throws IndexError for ids out of range. */
  forward(ids: Tensor): Tensor {
    takes('Embedding.forward', arguments);
    return embedding(ids, this.weight, { ...this.lookup, paddingIdx: this.paddingIdx });
  }

  override describe(): string {
    return `${this.numEmbeddings} × ${this.embeddingDim}`;
  }
}
