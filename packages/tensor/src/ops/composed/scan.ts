/** Running extremes and sums along an axis, and differences. */

import { toFloat } from '../../core/dtype';
import { ValueError } from '../../core/errors';
import { normalizeAxis } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { ne } from '../declared/comparison';
import { alias, cat, clone, narrow, padOp, reshape } from '../declared/movement';
import { add, mul, sub } from '../declared/pointwise';
import { sum } from '../declared/reduction';
import { cast } from '../operand';
import { logaddexp } from './pointwise';

/** log Σ exp(x) up to each position along an axis, without overflow, by doubling the stretch that is summed. @returns the shape of x. */
export function logcumsumexp(x: Tensor, axis: number): Tensor {
  takes('logcumsumexp', arguments);
  const at = normalizeAxis('logcumsumexp', axis, x.ndim);
  const along = (n: number) => x.shape.map((_, i) => (i === at ? n : 0));
  return scope(() => {
    let result = clone(cast(x, toFloat(x.dtype)));
    for (let step = 1; step < (x.shape[at] ?? 1) && x.size > 0; step *= 2) {
      const attributes = { low: along(step), high: along(-step), interior: along(0) };
      const earlier = run(padOp, [result], { ...attributes, value: Number.NEGATIVE_INFINITY })[0];
      result = logaddexp(result, earlier);
    }
    return result;
  });
}

/**
 * Differences of neighbours along an axis, `times` times over; for bool whether they differ.
 *
 * @param times - default 1. @param axis - default the last. @param options - `prepend` is joined before x, `append` behind it.
 * @returns x with `axis` shorter by `times`.
 */
export function diff(
  x: Tensor,
  times = 1,
  axis = -1,
  options: { prepend?: Tensor; append?: Tensor } = {},
): Tensor {
  takes('diff', arguments);
  const { prepend, append } = options;
  if (x.ndim === 0) throw new ValueError('diff', 'a scalar has no neighbours', { args: { x } });
  if (!Number.isInteger(times) || times < 0) {
    throw new ValueError('diff', 'the number of times is a non-negative integer', {
      args: { times },
    });
  }
  const at = normalizeAxis('diff', axis, x.ndim);
  if (times === 0) return clone(x);
  return scope(() => {
    const parts = [prepend, x, append].filter((part) => part !== undefined);
    let result = parts.length > 1 ? cat(parts, at) : alias(x);
    for (let i = 0; i < times && result.shape[at] > 0; i++) {
      const length = Math.max(result.shape[at] - 1, 0);
      const later = narrow(result, at, result.shape[at] - length, length);
      const earlier = narrow(result, at, 0, length);
      result = x.dtype === 'bool' ? ne(later, earlier) : sub(later, earlier);
    }
    return result;
  });
}

/**
 * The integral along an axis by the trapezoidal rule: Σ (yᵢ + yᵢ₊₁) / 2 · distance.
 *
 * @param x - the places where y was measured, [n] or the shape of y; or their distance, default 1. @param axis - default the last.
 * @returns y without `axis`.
 */
export function trapezoid(y: Tensor, x: Tensor | number = 1, axis = -1): Tensor {
  takes('trapezoid', arguments);
  const at = normalizeAxis('trapezoid', axis, y.ndim);
  return scope(() => {
    const length = Math.max(y.shape[at] - 1, 0);
    const heights = add(narrow(y, at, y.shape[at] - length, length), narrow(y, at, 0, length));
    if (typeof x === 'number') return mul(sum(heights, at), x / 2);
    const widths =
      x.ndim === 1
        ? reshape(
            diff(x),
            y.shape.map((_, i) => (i === at ? length : 1)),
          )
        : diff(x, 1, at);
    return mul(sum(mul(heights, widths), at), 0.5);
  });
}
