/** What becomes of a loss for each example, and checks that losses share. */

import type { Tensor } from '@dl/tensor';
import { alias, broadcastShapes, ShapeError, sameShape, ValueError } from '@dl/tensor';
import { debugCheck, warnOnce } from '@dl/tensor/internal';

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
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(op, 'input and target must have one shape', {
    args: { input, target },
    hint: 'reshape one of them: target.reshape(input.shape)',
  });
}

/** Refuses shapes that do not broadcast, and warns of different ones that do. */
export function checkBroadcast(op: string, args: Readonly<Record<string, Tensor>>): void {
  const shapes = Object.values(args).map((x) => x.shape);
  if (shapes.every((shape) => sameShape(shape, shapes[0]))) return;
  const shape = broadcastShapes(op, ...shapes);
  warnOnce(op, `the shapes differ and are broadcast to [${shape.join(', ')}]`, {
    args: { ...args },
    hint: 'broadcasting a loss is nearly always a mistake; reshape one of them',
  });
}

/** With debug checks on, refuses what does not lie from 0 to 1, NaN included. */
export function checkProbabilities(op: string, name: string, p: Tensor, hint?: string): void {
  const inside = () => p.ge(0).logicalAnd(p.le(1));
  debugCheck(op, `${name} must be from 0 to 1`, inside, { args: { [name]: p }, hint });
}
