/** Comparisons within a tolerance or of whole tensors, tests for infinity and membership, and extremes that pass over NaN. */

import { toFloat } from '../../core/dtype';
import { scope } from '../../core/lifetime';
import type { Reading } from '../../core/reading';
import { readAtOnce, readByWaiting } from '../../core/reading';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { eq, ge, isfinite, isnan, le } from '../declared/comparison';
import { reshape } from '../declared/movement';
import { abs, add, logicalAnd, logicalOr, mul, sub, where } from '../declared/pointwise';
import { all, any } from '../declared/reduction';
import type { Operand } from '../operand';
import { cast, floats, operands } from '../operand';

/** Tolerances of `isclose` and `allclose`. */
export interface Tolerance {
  /** Relative to |b|. Default 1e-5. */
  readonly rtol?: number;
  /** Absolute. Default 1e-8. */
  readonly atol?: number;
  /** Whether NaN equals NaN. Default false. */
  readonly equalNan?: boolean;
}

/** Whether |a − b| ≤ atol + rtol · |b|, with broadcasting; equal infinities are close. @returns bool. */
export function isclose(a: Operand, b: Operand, options: Tolerance = {}): Tensor {
  takes('isclose', arguments);
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  return scope(() => {
    const [x, y] = floats('isclose', a, b);
    const near = le(abs(sub(x, y)), add(mul(abs(y), rtol), atol));
    const close = logicalOr(eq(x, y), logicalAnd(near, isfinite(y)));
    return equalNan ? logicalOr(close, logicalAnd(isnan(x), isnan(y))) : close;
  });
}

/** Whether `isclose` holds everywhere. @returns a JavaScript boolean; reads the result from the device. */
export function allclose(a: Operand, b: Operand, tolerance?: Tolerance): boolean {
  takes('allclose', arguments);
  return readAtOnce('allclose', () => holds(isclose(a, b, tolerance)));
}

/** As `allclose`, without blocking where the device can do that. */
export async function allcloseAsync(
  a: Operand,
  b: Operand,
  tolerance?: Tolerance,
): Promise<boolean> {
  takes('allcloseAsync', arguments);
  return readByWaiting(() => holds(isclose(a, b, tolerance)));
}

/** Whether every element is true: one number is read. */
function* holds(x: Tensor): Reading<boolean> {
  const [whole] = yield all(x);
  return whole !== 0;
}

/** Whether two tensors have one shape and equal elements (NaN equals nothing). @returns a JavaScript boolean. */
export function equal(a: Tensor, b: Tensor): boolean {
  takes('equal', arguments);
  if (a.ndim !== b.ndim || a.shape.some((n, i) => n !== b.shape[i])) return false;
  return readAtOnce('equal', () => holds(eq(a, b)));
}

/** As `equal`, without blocking where the device can do that. */
export async function equalAsync(a: Tensor, b: Tensor): Promise<boolean> {
  takes('equalAsync', arguments);
  if (a.ndim !== b.ndim || a.shape.some((n, i) => n !== b.shape[i])) return false;
  return readByWaiting(() => holds(eq(a, b)));
}

/** Whether x is ∞ or −∞, elementwise. @returns bool. */
export function isinf(x: Tensor): Tensor {
  takes('isinf', arguments);
  return scope(() => eq(abs(cast(x, toFloat(x.dtype))), Number.POSITIVE_INFINITY));
}

/** Whether x is ∞, elementwise. @returns bool. */
export function isposinf(x: Tensor): Tensor {
  takes('isposinf', arguments);
  return scope(() => eq(cast(x, toFloat(x.dtype)), Number.POSITIVE_INFINITY));
}

/** Whether x is −∞, elementwise. @returns bool. */
export function isneginf(x: Tensor): Tensor {
  takes('isneginf', arguments);
  return scope(() => eq(cast(x, toFloat(x.dtype)), Number.NEGATIVE_INFINITY));
}

/** Whether each element is among the test elements. @param tests - any shape. @param options.invert - whether it is not. @returns bool, the shape of x. */
export function isin(x: Tensor, tests: Tensor, options: { invert?: boolean } = {}): Tensor {
  takes('isin', arguments);
  const { invert = false } = options;
  return scope(() => {
    const column = reshape(x, [...x.shape, 1]);
    const found = any(eq(column, reshape(tests, [-1])), -1);
    return invert ? found.logicalNot() : found;
  });
}

/** The larger of a and b with broadcasting; a number wins over NaN; ties give the derivative to a. @returns the broadcast shape. */
export function fmax(a: Operand, b: Operand): Tensor {
  takes('fmax', arguments);
  return scope(() => {
    const { a: x, b: y } = operands('fmax', a, b);
    return where(logicalOr(ge(x, y), isnan(y)), x, y);
  });
}

/** The smaller of a and b with broadcasting; a number wins over NaN; ties give the derivative to a. @returns the broadcast shape. */
export function fmin(a: Operand, b: Operand): Tensor {
  takes('fmin', arguments);
  return scope(() => {
    const { a: x, b: y } = operands('fmin', a, b);
    return where(logicalOr(le(x, y), isnan(y)), x, y);
  });
}
