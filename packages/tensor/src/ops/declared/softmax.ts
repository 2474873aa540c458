/** The softmax family: fused operations whose definitions stay finite for finite logits. */

import { normalizeAxes, normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { expectFloat } from '../operand';
import type { FusedDeclaration } from '../table';
import { detach, squeeze } from './movement';
import { add, div, exp, isfinite, log, sub, where } from './pointwise';
import type { AxesArgument } from './reduction';
import { amax, sum } from './reduction';

/** The largest element over `axes`, kept as size 1; 0 where it is not finite, so that x − shift never is ∞ − ∞. */
function shiftOf(x: Tensor, axes: AxesArgument): Tensor {
  const largest = detach(amax(x, axes, true));
  return where(isfinite(largest), largest, 0);
}

export const softmaxOp: FusedDeclaration<'softmax'> = {
  kind: 'fused',
  name: 'softmax',
  infer([x]) {
    expectFloat('softmax', x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x], { axis }) {
    if (x.size === 0) return [exp(x)];
    const e = exp(sub(x, detach(amax(x, axis, true))));
    return [div(e, sum(e, axis, true))];
  },
};

export const logSoftmaxOp: FusedDeclaration<'logSoftmax'> = {
  kind: 'fused',
  name: 'logSoftmax',
  infer([x]) {
    expectFloat('logSoftmax', x);
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  define([x], { axis }) {
    if (x.size === 0) return [exp(x)];
    const shifted = sub(x, detach(amax(x, axis, true)));
    return [sub(shifted, log(sum(exp(shifted), axis, true)))];
  },
};

/**
 * exp(xᵢ) / Σⱼ exp(xⱼ) along an axis: a distribution; NaN where the largest element is infinite, as in PyTorch.
 *
 * @param x - floating point, any shape. @param axis - default the last.
 * @returns the shape and dtype of x. @throws DTypeError for integers.
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  takes('softmax', arguments);
  return run(softmaxOp, [x], { axis: normalizeAxis('softmax', axis, x.ndim) })[0];
}

/** log(softmax(x)) along an axis, without overflow. @param axis - default the last. @returns the shape and dtype of x. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  takes('logSoftmax', arguments);
  return run(logSoftmaxOp, [x], { axis: normalizeAxis('logSoftmax', axis, x.ndim) })[0];
}

/** log Σ exp(x) over `axes`, without overflow; −∞ over nothing but −∞. @param axes - default all. */
export function logsumexp(x: Tensor, axes?: AxesArgument, keepdim = false): Tensor {
  takes('logsumexp', arguments);
  expectFloat('logsumexp', x);
  const list = normalizeAxes('logsumexp', axes, x.ndim);
  if (list.some((axis) => x.shape[axis] === 0)) return scope(() => log(sum(exp(x), list, keepdim)));
  return scope(() => {
    const shift = shiftOf(x, list);
    const total = add(log(sum(exp(sub(x, shift)), list, true)), shift);
    return keepdim ? total : squeeze(total, list);
  });
}
