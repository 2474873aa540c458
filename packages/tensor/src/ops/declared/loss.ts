/** Losses that deserve a kernel of their own. */

import { DTypeError, ShapeError } from '../../core/errors';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { cast, expectFloat } from '../operand';
import type { FusedDeclaration } from '../table';
import { logSoftmax } from './activation';
import { ne } from './comparison';
import { gather } from './indexing';
import { squeeze, unsqueeze } from './movement';
import { add, div, mul, neg, where } from './pointwise';
import { mean, sum } from './reduction';

export const crossEntropyOp: FusedDeclaration<'crossEntropy'> = {
  kind: 'fused',
  name: 'crossEntropy',
  infer([logits, targets]) {
    expectFloat('crossEntropy', logits, 'logits');
    if (targets.dtype !== 'int32') {
      throw new DTypeError('crossEntropy', 'class ids must be int32', {
        args: { targets },
        hint: "cast them: targets.cast('int32')",
      });
    }
    if (logits.ndim !== 2 || targets.ndim !== 1 || targets.shape[0] !== logits.shape[0]) {
      throw new ShapeError('crossEntropy', 'sizes do not fit', {
        args: { logits, targets },
        expected: 'logits: [N, C], targets: [N]',
      });
    }
    return [{ shape: [], dtype: logits.dtype }];
  },
  define([logits, targets], { ignoreIndex, labelSmoothing }) {
    const logProbabilities = logSoftmax(logits, 1);
    const counted = ne(targets, ignoreIndex);
    const ids = where(counted, targets, 0);
    const picked = squeeze(gather(logProbabilities, 1, unsqueeze(ids, 1)), 1);
    const smooth =
      labelSmoothing === 0
        ? picked
        : add(mul(picked, 1 - labelSmoothing), mul(mean(logProbabilities, 1), labelSmoothing));
    const total = sum(where(counted, smooth, 0));
    return [neg(div(total, cast(sum(counted), logits.dtype)))];
  },
};

/** Options of `softmaxCrossEntropy`. */
export interface CrossEntropyAttributes {
  /** Rows with this class id do not count. Default −100. */
  readonly ignoreIndex?: number;
  /** The share of probability that is spread evenly over all classes, 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
}

/**
 * The mean of −log softmax(logits)[n, targets[n]] over the rows that count; NaN where none does, as in PyTorch.
 *
 * @param logits - [N, C], floating point. @param targets - [N], int32 class ids.
 * @returns a scalar.
 * @throws IndexError where a class id is neither in 0 … C − 1 nor `ignoreIndex`.
 */
export function softmaxCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyAttributes = {},
): Tensor {
  takes('softmaxCrossEntropy', arguments);
  const { ignoreIndex = -100, labelSmoothing = 0 } = options;
  return run(crossEntropyOp, [logits, targets], { ignoreIndex, labelSmoothing })[0];
}
