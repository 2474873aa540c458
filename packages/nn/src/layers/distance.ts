/** Distances as layers; none has parameters. */

import type { Tensor } from '@dl/tensor';
import { cosineSimilarity, pairwiseDistance } from '../functional/distance';
import { Module } from '../module';
import { takes } from '../signatures';

/** The cosine of the angle between vectors; see `functional.cosineSimilarity`. */
export class CosineSimilarity extends Module {
  /** Makes the layer. @param axis - of the vectors, default 1. @param eps - least norm, default 1e-8. */
  constructor(
    readonly axis = 1,
    readonly eps = 1e-8,
  ) {
    super();
    takes('CosineSimilarity', arguments);
  }

  /** Computes the output. @param a - vectors along the axis. @param b - likewise, broadcast. @returns without the axis. */
  forward(a: Tensor, b: Tensor): Tensor {
    takes('CosineSimilarity.forward', arguments);
    return cosineSimilarity(a, b, this.axis, this.eps);
  }
}

/** The p-norm of differences; see `functional.pairwiseDistance`. */
export class PairwiseDistance extends Module {
  /** Makes the layer. @param p - default 2. @param eps - added to each difference, default 1e-6. @param keepdim - default false. */
  constructor(
    readonly p = 2,
    readonly eps = 1e-6,
    readonly keepdim = false,
  ) {
    super();
    takes('PairwiseDistance', arguments);
  }

  /** Computes the output. @param a - [N, D] or [D]. @param b - likewise, broadcast. @returns [N], or [N, 1] with `keepdim`. */
  forward(a: Tensor, b: Tensor): Tensor {
    takes('PairwiseDistance.forward', arguments);
    return pairwiseDistance(a, b, this.p, this.eps, this.keepdim);
  }
}
