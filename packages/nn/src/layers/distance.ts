/** Distances as layers; none has parameters. */

import type { Tensor } from '@dl/tensor';
import type { PairwiseDistanceOptions } from '../functional/distance';
import { cosineSimilarity, pairwiseDistance } from '../functional/distance';
import { Module } from '../module';
import { takes } from '../signatures';

/** The cosine of the angle between vectors; see `functional.cosineSimilarity`. */
export class CosineSimilarity extends Module {
  /** Makes the layer. @param axis - of the vectors, default 1. @param options - `eps`, the least norm, default 1e-8. */
  constructor(
    readonly axis = 1,
    private readonly options: { readonly eps?: number } = {},
  ) {
    super();
    takes('CosineSimilarity', arguments);
  }

  /** Computes the output. @param a - vectors along the axis. @param b - likewise, broadcast. @returns without the axis. */
  forward(a: Tensor, b: Tensor): Tensor {
    takes('CosineSimilarity.forward', arguments);
    return cosineSimilarity(a, b, this.axis, this.options);
  }
}

/** The p-norm of differences; see `functional.pairwiseDistance`. */
export class PairwiseDistance extends Module {
  /** Makes the layer. @param p - default 2. */
  constructor(
    readonly p = 2,
    private readonly options: PairwiseDistanceOptions = {},
  ) {
    super();
    takes('PairwiseDistance', arguments);
  }

  /** Computes the output. @param a - [N, D] or [D]. @param b - likewise, broadcast. @returns [N], or [N, 1] with `keepdim`. */
  forward(a: Tensor, b: Tensor): Tensor {
    takes('PairwiseDistance.forward', arguments);
    return pairwiseDistance(a, b, this.p, this.options);
  }
}
