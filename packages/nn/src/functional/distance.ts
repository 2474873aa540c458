/** How far vectors are from each other. */

import type { Tensor } from '@dl/tensor';
import { broadcastTensors, maximum, norm, scope } from '@dl/tensor';
import { takes } from '../signatures';

/**
 * a·b / (‖a‖ ‖b‖) along an axis, each norm at least eps.
 *
 * @param a - broadcast with b. @param axis - default 1. @param options - `eps`, the least norm, default 1e-8. @returns without the axis.
 */
export function cosineSimilarity(
  a: Tensor,
  b: Tensor,
  axis = 1,
  options: { readonly eps?: number } = {},
): Tensor {
  takes('cosineSimilarity', arguments);
  const { eps = 1e-8 } = options;
  return scope(() => {
    const unit = (x: Tensor) => {
      const size = norm(x, 2, axis, { keepdim: true });
      // The derivative passes the bound, as in PyTorch 2.
      const raise = maximum(size.detach(), eps).sub(size.detach());
      return x.div(size.add(raise));
    };
    // A size of 1 along the axis stretches before it is measured.
    const [left, right] = broadcastTensors(a, b);
    return unit(left).mul(unit(right)).sum(axis);
  });
}

/** Options of `pairwiseDistance`. */
export interface PairwiseDistanceOptions {
  /** Added to each difference, so that the derivative is finite where a = b. Default 1e-6. */
  readonly eps?: number;
  /** Whether the last axis stays, with size 1. Default false. */
  readonly keepdim?: boolean;
}

/**
 * ‖a − b + eps‖ₚ along the last axis.
 *
 * @param a - [N, D] or [D], broadcast with b. @param p - default 2. @returns without the last axis, or with size 1 there for `keepdim`.
 */
export function pairwiseDistance(
  a: Tensor,
  b: Tensor,
  p = 2,
  options: PairwiseDistanceOptions = {},
): Tensor {
  takes('pairwiseDistance', arguments);
  const { eps = 1e-6, keepdim = false } = options;
  return scope(() => norm(a.sub(b).add(eps), p, -1, { keepdim }));
}
