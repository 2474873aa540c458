/** What becomes of a loss for each example. */

import type { Tensor } from '@dl/tensor';
import { alias } from '@dl/tensor';

/** Average, add up, or leave as they are. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Reduces losses to a scalar, or leaves them. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return alias(losses);
  return reduction === 'sum' ? losses.sum() : losses.mean();
}
