/** What becomes of a loss for each example, and checks that losses share. */

import type { Tensor } from '@dl/tensor';
import { alias, ShapeError, ValueError } from '@dl/tensor';

/** Average, add up, or leave as they are. */
export type Reduction = 'mean' | 'sum' | 'none';

/** Options that losses share. */
export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

/** Reduces losses to a scalar, or leaves them. @throws ValueError for another word. */
export function reduce(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return alias(losses);
  if (reduction === 'sum') return losses.sum();
  if (reduction === 'mean') return losses.mean();
  throw new ValueError('loss', 'there is no such reduction', {
    args: { reduction },
    expected: "'mean', 'sum' or 'none'",
  });
}

/** Refuses an input and a target of different shapes. */
export function checkShapes(op: string, input: Tensor, target: Tensor): void {
  if (input.shape.join() === target.shape.join()) return;
  throw new ShapeError(op, 'input and target must have one shape', {
    args: { input, target },
    hint: 'reshape one of them; broadcasting a loss is nearly always a mistake',
  });
}

/** Refuses what does not lie from 0 to 1, NaN included. */
export function checkProbabilities(op: string, name: string, p: Tensor, hint?: string): void {
  // NaN is the least and the largest of whatever it is among, and no comparison with it holds.
  if (p.size === 0 || (p.amin().item() >= 0 && p.amax().item() <= 1)) return;
  throw new ValueError(op, `${name} must be from 0 to 1`, { args: { [name]: p }, hint });
}
