/** Tables of vectors, looked up bag by bag. */

import { noGrad } from '@dl/autograd';
import type { DType, Tensor } from '@dl/tensor';
import { assign, narrow, scope, zeros } from '@dl/tensor';
import type { LookupOptions } from '../functional/embedding';
import { rowOf } from '../functional/embedding';
import type { BagMode } from '../functional/embedding-bag';
import { embeddingBag } from '../functional/embedding-bag';
import * as init from '../init';
import { Module, parameter } from '../module';
import { takes } from '../signatures';

/** Options of `EmbeddingBag`. */
export interface EmbeddingBagLayerOptions extends LookupOptions {
  /** How the rows of a bag become one. Default 'mean'. */
  readonly mode?: BagMode;
  /** A row that starts at 0, counts for nothing and learns nothing; negative ones count from the end. Default none. */
  readonly paddingIdx?: number;
  /** Whether the last of the offsets is the end of the last bag. Default false. */
  readonly includeLastOffset?: boolean;
  /** Element type of the table. Default float32. */
  readonly dtype?: DType;
}

/**
 * The sum, mean or maximum of the vectors of each bag of ids; see `functional.embeddingBag`. Parameters: `weight`
 * [numEmbeddings, embeddingDim], which starts standard normal.
 *
 * @example new EmbeddingBag(10_000, 64).forward(ids) // int32 [B, N] to [B, 64]
 */
export class EmbeddingBag extends Module {
  weight: Tensor;
  private readonly options: EmbeddingBagLayerOptions;

  /** Makes the layer. @param numEmbeddings - how many ids. @param embeddingDim - size of each vector. @throws IndexError where there is no row `paddingIdx`. */
  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingBagLayerOptions = {},
  ) {
    super();
    takes('EmbeddingBag', arguments);
    const { dtype = 'float32', ...rest } = options;
    this.weight = init.normal(parameter(zeros([numEmbeddings, embeddingDim], { dtype })));
    this.options = rest;
    const { paddingIdx } = rest;
    if (paddingIdx === undefined) return;
    const blank = rowOf(this.weight, paddingIdx);
    noGrad(() => scope(() => assign(narrow(this.weight, 0, blank, 1), 0)));
  }

  /** Looks bags up. @param ids - int32 [B, N]; or [M] with the bags' `offsets` [B]. @param perSampleWeights - a factor for each id, for mode 'sum'. @returns [B, embeddingDim]. */
  forward(ids: Tensor, offsets?: Tensor, perSampleWeights?: Tensor): Tensor {
    takes('EmbeddingBag.forward', arguments);
    return embeddingBag(ids, this.weight, { ...this.options, offsets, perSampleWeights });
  }

  override describe(): string {
    return `${this.numEmbeddings} × ${this.embeddingDim}, ${this.options.mode ?? 'mean'}`;
  }
}
