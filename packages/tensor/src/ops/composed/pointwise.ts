/** Elementwise functions composed of primitives: all derivatives come with them. */

import { isTensor } from '../../core/brand';
import { valuesAtHand } from '../../core/checks';
import { isFloat, toFloat } from '../../core/dtype';
import { DTypeError, ValueError } from '../../core/errors';
import { broadcastShapes } from '../../core/layout';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import { softplus } from '../declared/activation';
import { clampOp } from '../declared/clamp';
import { eq, ge, gt, isfinite, isnan, le, lt, ne } from '../declared/comparison';
import { detach, expand } from '../declared/movement';
import {
  abs,
  add,
  div,
  floorDivide,
  log,
  log1p,
  logicalAnd,
  logicalNot,
  logicalOr,
  mul,
  neg,
  pow,
  reciprocal,
  remainder,
  sin,
  sqrt,
  sub,
  trunc,
  where,
} from '../declared/pointwise';
import { any } from '../declared/reduction';
import type { Operand } from '../operand';
import { cast, floats, operands } from '../operand';
import { isinf } from './comparison';

/** 2ˣ, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function exp2(x: Tensor): Tensor {
  takes('exp2', arguments);
  return scope(() => pow(2, cast(x, toFloat(x.dtype))));
}

/** 1 / √x, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function rsqrt(x: Tensor): Tensor {
  takes('rsqrt', arguments);
  return scope(() => reciprocal(sqrt(x)));
}

/**
 * log(x / (1 − x)), the inverse of `sigmoid`, elementwise.
 *
 * @param x - any shape. @param options - `eps` clamps x to [eps, 1 − eps] first; default none: NaN outside [0, 1].
 * @returns the shape of x.
 */
export function logit(x: Tensor, options: { readonly eps?: number } = {}): Tensor {
  takes('logit', arguments);
  const { eps } = options;
  return scope(() => {
    const z = eps === undefined ? x : clamp(x, eps, 1 - eps);
    return sub(log(z), log1p(neg(cast(z, toFloat(z.dtype)))));
  });
}

/** log(sigmoid(x)) without overflow, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function logsigmoid(x: Tensor): Tensor {
  takes('logsigmoid', arguments);
  return scope(() => neg(softplus(neg(x))));
}

/** sin(πx) / (πx), and 1 at 0, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function sinc(x: Tensor): Tensor {
  takes('sinc', arguments);
  return scope(() => {
    const angle = mul(cast(x, toFloat(x.dtype)), Math.PI);
    const atZero = eq(angle, 0);
    // The division sees 1 in place of 0, so that derivatives stay finite.
    const safe = where(atZero, 1, angle);
    return where(atZero, 1, div(sin(safe), safe));
  });
}

/** x − trunc(x): the fraction with the sign of x, elementwise. @returns the shape and dtype of x. */
export function frac(x: Tensor): Tensor {
  takes('frac', arguments);
  return scope(() => sub(x, trunc(x)));
}

/** x · π / 180, elementwise. @returns the shape of x; integers become float32. */
export function deg2rad(x: Tensor): Tensor {
  takes('deg2rad', arguments);
  return mul(x, Math.PI / 180);
}

/** x · 180 / π, elementwise. @returns the shape of x; integers become float32. */
export function rad2deg(x: Tensor): Tensor {
  takes('rad2deg', arguments);
  return mul(x, 180 / Math.PI);
}

/**
 * Replaces NaN and infinities, elementwise.
 *
 * @param nan - in place of NaN, default 0. @param posinf - in place of ∞, default the largest number of the dtype.
 * @param neginf - in place of −∞, default the smallest. @returns the shape and dtype of x; the derivative is 0 at replaced elements.
 */
export function nanToNum(x: Tensor, nan = 0, posinf?: number, neginf?: number): Tensor {
  takes('nanToNum', arguments);
  const limit = x.dtype === 'float32' ? 3.4028234663852886e38 : Number.MAX_VALUE;
  if (!isFloat(x.dtype)) return mul(x, x.dtype === 'bool' ? true : 1);
  return scope(() => {
    const finite = where(isnan(x), nan, x);
    const below = where(eq(x, Number.POSITIVE_INFINITY), posinf ?? limit, finite);
    return where(eq(x, Number.NEGATIVE_INFINITY), neginf ?? -limit, below);
  });
}

/**
 * x cut to [min, max], elementwise; the derivative is 1 inside and at both bounds. Where min > max the result is max. NaN stays.
 *
 * @param min - number or tensor that broadcasts, default none. @param max - likewise.
 * @returns the broadcast shape, the promoted dtype. @throws ValueError without any bound.
 */
export function clamp(x: Tensor, min?: Operand | null, max?: Operand | null): Tensor {
  takes('clamp', arguments);
  if ((min ?? max ?? null) === null) {
    throw new ValueError('clamp', 'there is neither a minimum nor a maximum');
  }
  const [low, high] = [min ?? -Infinity, max ?? Infinity];
  if (isFloat(x.dtype) && isBound(low) && isBound(high)) return run(clampOp, [x], { low, high })[0];
  return scope(() => {
    const above = min === undefined || min === null ? x : where(beyond(lt, x, min), min, x);
    return max === undefined || max === null ? above : where(beyond(gt, above, max), max, above);
  });
}

/** Whether a bound is a number. */
const isBound = (bound: Operand): bound is number =>
  typeof bound === 'number' && !Number.isNaN(bound);

/** Whether x lies beyond a bound; a bound that is NaN wins over everything. */
function beyond(test: typeof lt, x: Tensor, bound: Operand): Tensor {
  if (isTensor(bound))
    return isFloat(bound.dtype) ? logicalOr(test(x, bound), isnan(bound)) : test(x, bound);
  return Number.isNaN(bound) ? eq(isnan(x), isnan(x)) : test(x, bound);
}

/** start + weight · (end − start), with broadcasting. @param weight - number or tensor. @returns the broadcast shape. */
export function lerp(start: Tensor, end: Tensor, weight: Operand): Tensor {
  takes('lerp', arguments);
  return scope(() => {
    const distance = sub(end, start);
    if (typeof weight === 'number' && Math.abs(weight) >= 0.5) {
      return sub(end, mul(distance, 1 - weight));
    }
    return add(start, mul(distance, weight));
  });
}

/** √(a² + b²) without overflow, with broadcasting. @returns the broadcast shape, floating point. */
export function hypot(a: Operand, b: Operand): Tensor {
  takes('hypot', arguments);
  return scope(() => {
    const [x, y] = floats('hypot', a, b);
    const larger = detach(where(ge(abs(x), abs(y)), abs(x), abs(y)));
    const unit = where(logicalAnd(isfinite(larger), gt(larger, 0)), larger, 1);
    const [u, v] = [div(x, unit), div(y, unit)];
    const length = mul(sqrt(add(mul(u, u), mul(v, v))), unit);
    return where(logicalOr(isinf(x), isinf(y)), Number.POSITIVE_INFINITY, length);
  });
}

/** The larger and the smaller of two, and their distance; 0 between equal infinities. */
function ordered(a: Tensor, b: Tensor): { larger: Tensor; distance: Tensor } {
  const wins = logicalOr(ge(a, b), isnan(a));
  const larger = where(wins, a, b);
  const smaller = where(wins, b, a);
  const same = logicalAnd(eq(a, b), logicalNot(isfinite(a)));
  return { larger, distance: where(same, 0, sub(smaller, larger)) };
}

/** log(eᵃ + eᵇ) without overflow, with broadcasting. @returns the broadcast shape, floating point. */
export function logaddexp(a: Operand, b: Operand): Tensor {
  takes('logaddexp', arguments);
  return scope(() => {
    const { larger, distance } = ordered(...floats('logaddexp', a, b));
    return add(larger, softplus(distance));
  });
}

/** log₂(2ᵃ + 2ᵇ) without overflow, with broadcasting. @returns the broadcast shape, floating point. */
export function logaddexp2(a: Operand, b: Operand): Tensor {
  takes('logaddexp2', arguments);
  return scope(() => {
    const { larger, distance } = ordered(...floats('logaddexp2', a, b));
    return add(larger, mul(softplus(mul(distance, Math.LN2)), 1 / Math.LN2));
  });
}

/** a · log b, and 0 where a is 0 (unless b is NaN), with broadcasting. @returns the broadcast shape, floating point. */
export function xlogy(a: Operand, b: Operand): Tensor {
  takes('xlogy', arguments);
  return scope(() => {
    const [x, y] = floats('xlogy', a, b);
    const hidden = logicalAnd(eq(x, 0), logicalOr(le(y, 0), eq(y, Number.POSITIVE_INFINITY)));
    return where(hidden, 0, mul(x, log(where(hidden, 1, y))));
  });
}

/** a · log(1 + b), and 0 where a is 0 (unless b is NaN), with broadcasting. @returns the broadcast shape, floating point. */
export function xlog1py(a: Operand, b: Operand): Tensor {
  takes('xlog1py', arguments);
  return scope(() => {
    const [x, y] = floats('xlog1py', a, b);
    const hidden = logicalAnd(eq(x, 0), logicalOr(le(y, -1), eq(y, Number.POSITIVE_INFINITY)));
    return where(hidden, 0, mul(x, log1p(where(hidden, 0, y))));
  });
}

/** Whether the sign bit is set (also of −0; not seen for NaN), elementwise. @returns bool. */
export function signbit(x: Tensor): Tensor {
  takes('signbit', arguments);
  if (!isFloat(x.dtype)) return lt(x, 0);
  return scope(() => logicalOr(lt(x, 0), eq(reciprocal(x), Number.NEGATIVE_INFINITY)));
}

/** |a| with the sign of b (also that of ±0), with broadcasting; no derivative passes to b. @returns the broadcast shape, floating point. */
export function copysign(a: Operand, b: Operand): Tensor {
  takes('copysign', arguments);
  return scope(() => {
    const [x, y] = floats('copysign', a, b);
    const size = abs(x);
    return where(signbit(y), neg(size), size);
  });
}

/** 0 below 0 and at NaN, `atZero` at 0, 1 above, with broadcasting. @returns the broadcast shape, the promoted dtype. */
export function heaviside(x: Tensor, atZero: Operand): Tensor {
  takes('heaviside', arguments);
  return scope(() => where(eq(x, 0), atZero, cast(gt(x, 0), x.dtype)));
}

/** aᵇ in float64, with broadcasting. @returns the broadcast shape, float64. */
export function floatPower(a: Operand, b: Operand): Tensor {
  takes('floatPower', arguments);
  return scope(() => {
    const wide = (x: Operand): Operand => (isTensor(x) ? cast(x, 'float64') : Number(x));
    return pow(wide(a), wide(b));
  });
}

/** x + value · a · b with broadcasting. @param options - `value`, default 1. @returns the broadcast shape. */
export function addcmul(
  x: Tensor,
  a: Tensor,
  b: Tensor,
  options: { readonly value?: number } = {},
): Tensor {
  takes('addcmul', arguments);
  const { value = 1 } = options;
  return scope(() => add(x, value === 1 ? mul(a, b) : mul(mul(a, value), b)));
}

/** x + value · a / b with broadcasting; not for integers. @param options - `value`, default 1. @returns the broadcast shape. */
export function addcdiv(
  x: Tensor,
  a: Tensor,
  b: Tensor,
  options: { readonly value?: number } = {},
): Tensor {
  takes('addcdiv', arguments);
  const { value = 1 } = options;
  if (![x, a, b].some((t) => isFloat(t.dtype))) {
    throw new DTypeError('addcdiv', 'is not defined for integers', { args: { x, a, b } });
  }
  return scope(() => add(x, value === 1 ? div(a, b) : div(mul(a, value), b)));
}

/** a · 2ᵇ with broadcasting. @returns the broadcast shape, floating point. */
export function ldexp(a: Operand, b: Operand): Tensor {
  takes('ldexp', arguments);
  return scope(() => {
    const [x, y] = floats('ldexp', a, b);
    return mul(x, pow(2, y));
  });
}

/** The quotient ⌊a / b⌋ and the remainder a − b·⌊a / b⌋, with broadcasting. */
export function divmod(a: Tensor, b: Operand): { quotient: Tensor; remainder: Tensor } {
  takes('divmod', arguments);
  return scope(() => {
    const quotient = floorDivide(a, b);
    return { quotient, remainder: sub(a, mul(quotient, b)) };
  });
}

/** √x where the derivative at 0 is taken as 0; for norms and deviations. */
export function rootOrZero(x: Tensor): Tensor {
  const atZero = eq(x, 0);
  return where(atZero, 0, sqrt(where(atZero, 1, x)));
}

function wholeNumbers(op: string, a: Operand, b: Operand): [Tensor, Tensor] {
  const both = operands(op, a, b);
  if (isFloat(both.dtype) || both.dtype === 'bool') {
    throw new DTypeError(op, 'the arguments must be whole numbers', {
      args: { a: both.a, b: both.b },
      hint: "cast them to 'int32'",
    });
  }
  const shape = broadcastShapes(op, both.a.shape, both.b.shape);
  return [expand(cast(both.a, both.dtype), shape), expand(cast(both.b, both.dtype), shape)];
}

/** Steps of Euclid's algorithm on numbers below 2³¹, at most: neighbours among Fibonacci's take longest. */
const EUCLID = 48;

/**
 * The greatest common divisor with broadcasting, by Euclid's algorithm; gcd(0, 0) is 0. Not differentiable.
 *
 * @returns the broadcast shape, the promoted dtype, never negative. @throws DTypeError for floating point and bool.
 * @example gcd(tensor([12, 7], { dtype: 'int32' }), 18) // [6, 1]
 */
export function gcd(a: Operand, b: Operand): Tensor {
  takes('gcd', arguments);
  return scope(() => {
    let [x, y] = wholeNumbers('gcd', a, b);
    const looks = valuesAtHand(y);
    for (let left = EUCLID; left > 0; left--) {
      const open = ne(y, 0);
      if (looks && !any(open).item()) break;
      [x, y] = [where(open, y, x), where(open, remainder(x, y), y)];
    }
    return abs(x);
  });
}

/**
 * The least common multiple |a · b| / gcd(a, b) with broadcasting; 0 where a or b is 0. Not differentiable.
 *
 * @returns the broadcast shape, the promoted dtype. @throws DTypeError for floating point and bool.
 * @example lcm(tensor([4, 0], { dtype: 'int32' }), 6) // [12, 0]
 */
export function lcm(a: Operand, b: Operand): Tensor {
  takes('lcm', arguments);
  return scope(() => {
    const [x, y] = wholeNumbers('lcm', a, b);
    // Integer division by 0 gives 0.
    return abs(mul(floorDivide(x, gcd(x, y)), y));
  });
}
