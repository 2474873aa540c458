/** Elementwise functions of one tensor, of two with broadcasting, and `where`: the primitives. */

import { isTensor } from '../../core/brand';
import type { DType } from '../../core/dtype';
import { isFloat } from '../../core/dtype';
import { ValueError } from '../../core/errors';
import { scope } from '../../core/lifetime';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { Operand } from '../operand';
import { operands, scalar, withDType } from '../operand';
import { binary, elementwiseOps, NONE, unary } from './pointwise-table';

/** −x, elementwise. @param x - any shape, not bool. @returns the shape and dtype of x. */
export function neg(x: Tensor): Tensor {
  return unary('neg', x);
}

/** |x|, elementwise. The derivative at 0 is taken as 0. @param x - any shape, not bool. @returns the shape and dtype of x. */
export function abs(x: Tensor): Tensor {
  return unary('abs', x);
}

/** −1, 0 or 1 by the sign of x, elementwise; NaN stays NaN. @param x - any shape, not bool. @returns the shape and dtype of x. */
export function sign(x: Tensor): Tensor {
  return unary('sign', x);
}

/** eˣ, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function exp(x: Tensor): Tensor {
  return unary('exp', x);
}

/** eˣ − 1, exact near 0, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function expm1(x: Tensor): Tensor {
  return unary('expm1', x);
}

/** The natural logarithm, elementwise; −∞ at 0, NaN below. @param x - any shape; integers become float32. @returns the shape of x. */
export function log(x: Tensor): Tensor {
  return unary('log', x);
}

/** log(1 + x), exact near 0, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function log1p(x: Tensor): Tensor {
  return unary('log1p', x);
}

/** √x, elementwise; NaN below 0. @param x - any shape; integers become float32. @returns the shape of x. */
export function sqrt(x: Tensor): Tensor {
  return unary('sqrt', x);
}

/** 1 / x, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function reciprocal(x: Tensor): Tensor {
  return unary('reciprocal', x);
}

/** x², elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function square(x: Tensor): Tensor {
  return binary('mul', x, x);
}

/** sin x, elementwise, x in radians. @param x - any shape; integers become float32. @returns the shape of x. */
export function sin(x: Tensor): Tensor {
  return unary('sin', x);
}

/** cos x, elementwise, x in radians. @param x - any shape; integers become float32. @returns the shape of x. */
export function cos(x: Tensor): Tensor {
  return unary('cos', x);
}

/** tan x, elementwise, x in radians. @param x - any shape; integers become float32. @returns the shape of x. */
export function tan(x: Tensor): Tensor {
  return unary('tan', x);
}

/** arcsin x, elementwise, in radians; NaN outside [−1, 1]. @param x - any shape; integers become float32. @returns the shape of x. */
export function asin(x: Tensor): Tensor {
  return unary('asin', x);
}

/** arccos x, elementwise, in radians; NaN outside [−1, 1]. @param x - any shape; integers become float32. @returns the shape of x. */
export function acos(x: Tensor): Tensor {
  return unary('acos', x);
}

/** arctan x, elementwise, in radians. @param x - any shape; integers become float32. @returns the shape of x. */
export function atan(x: Tensor): Tensor {
  return unary('atan', x);
}

/** sinh x, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function sinh(x: Tensor): Tensor {
  return unary('sinh', x);
}

/** cosh x, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function cosh(x: Tensor): Tensor {
  return unary('cosh', x);
}

/** The inverse of sinh, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function asinh(x: Tensor): Tensor {
  return unary('asinh', x);
}

/** The inverse of cosh, elementwise; NaN below 1. @param x - any shape; integers become float32. @returns the shape of x. */
export function acosh(x: Tensor): Tensor {
  return unary('acosh', x);
}

/** The inverse of tanh, elementwise; ±∞ at ±1. @param x - any shape; integers become float32. @returns the shape of x. */
export function atanh(x: Tensor): Tensor {
  return unary('atanh', x);
}

/** tanh x, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function tanh(x: Tensor): Tensor {
  return unary('tanh', x);
}

/** The logistic function 1 / (1 + e⁻ˣ), elementwise, without overflow. @param x - any shape; integers become float32. @returns the shape of x. */
export function sigmoid(x: Tensor): Tensor {
  return unary('sigmoid', x);
}

/** The error function 2/√π ∫₀ˣ e^(−t²) dt, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function erf(x: Tensor): Tensor {
  return unary('erf', x);
}

/** The inverse of `erf`, elementwise; ±∞ at ±1. @param x - any shape; integers become float32. @returns the shape of x. */
export function erfinv(x: Tensor): Tensor {
  return unary('erfinv', x);
}

/** log |Γ(x)|, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function lgamma(x: Tensor): Tensor {
  return unary('lgamma', x);
}

/** log₂ x, elementwise; −∞ at 0, NaN below. @param x - any shape; integers become float32. @returns the shape of x. */
export function log2(x: Tensor): Tensor {
  return unary('log2', x);
}

/** log₁₀ x, elementwise; −∞ at 0, NaN below. @param x - any shape; integers become float32. @returns the shape of x. */
export function log10(x: Tensor): Tensor {
  return unary('log10', x);
}

/** 1 − erf(x) without cancellation for large x, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function erfc(x: Tensor): Tensor {
  return unary('erfc', x);
}

/**
 * The derivative of `digamma` of the given order: (−1)ⁿ⁺¹ n! ζ(n + 1, x), elementwise (Abramowitz & Stegun 6.4.10).
 *
 * @param order - an integer from 0 to 1000; 0 is `digamma`. @param x - any shape; integers become float32.
 * @returns the shape of x. @throws ValueError for another order.
 */
export function polygamma(order: number, x: Tensor): Tensor {
  takes('polygamma', arguments);
  if (!Number.isInteger(order) || order < 0 || order > 1000) {
    throw new ValueError('polygamma', 'the order must be an integer from 0 to 1000', {
      args: { order },
    });
  }
  return run(elementwiseOps.polygamma, [x], { order })[0];
}

/** The derivative of `lgamma`, elementwise. @param x - any shape; integers become float32. @returns the shape of x. */
export function digamma(x: Tensor): Tensor {
  takes('digamma', arguments);
  return polygamma(0, x);
}

/** The largest integer not above x, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function floor(x: Tensor): Tensor {
  return unary('floor', x);
}

/** The smallest integer not below x, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function ceil(x: Tensor): Tensor {
  return unary('ceil', x);
}

/**
 * The nearest integer, halves to the even one, elementwise.
 *
 * @param x - any shape. @param options - `decimals`: digits behind the point that stay, default 0; negative ones round to tens,
 * hundreds, … @returns the shape and dtype of x.
 */
export function round(x: Tensor, options: { readonly decimals?: number } = {}): Tensor {
  takes('round', arguments);
  const { decimals = 0 } = options;
  if (decimals === 0) return unary('round', x);
  const unit = 10 ** Math.abs(decimals);
  return scope(() =>
    decimals > 0 ? div(round(mul(x, unit)), unit) : mul(round(div(x, unit)), unit),
  );
}

/** x without its fraction, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function trunc(x: Tensor): Tensor {
  return unary('trunc', x);
}

/** Whether x is 0 or false, elementwise. @param x - any shape and dtype. @returns bool, the shape of x. */
export function logicalNot(x: Tensor): Tensor {
  return unary('logicalNot', x);
}

/** Options of `add`, `sub` and `indexAdd`. */
export interface AlphaOptions {
  /** The factor of the second summand. Default 1. */
  readonly alpha?: number;
}

/**
 * a + alpha · b with broadcasting; for bool the logical or.
 *
 * @param options - `alpha`, default 1. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast.
 */
export function add(a: Operand, b: Operand, options?: AlphaOptions): Tensor {
  if (options === undefined) return binary('add', a, b);
  takes('add', arguments);
  const { alpha = 1 } = options;
  return alpha === 1 ? binary('add', a, b) : scope(() => binary('add', a, scaled(b, alpha)));
}

function scaled(b: Operand, alpha: number): Operand {
  return isTensor(b) ? mul(b, alpha) : Number(b) * alpha;
}

/**
 * a − alpha · b with broadcasting; not for bool.
 *
 * @param options - `alpha`, default 1. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast.
 */
export function sub(a: Operand, b: Operand, options?: AlphaOptions): Tensor {
  if (options === undefined) return binary('sub', a, b);
  takes('sub', arguments);
  const { alpha = 1 } = options;
  return alpha === 1 ? binary('sub', a, b) : scope(() => binary('sub', a, scaled(b, alpha)));
}

/** a · b elementwise with broadcasting; for bool the logical and. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast. */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b);
}

/**
 * a / b with broadcasting; integers are divided as float32 unless the quotient is rounded.
 *
 * @param options.roundingMode - 'floor' or 'trunc' rounds the quotient down or towards zero (derivative 0); default none.
 * @returns the broadcast shape; floating point without a rounding mode, otherwise the promoted dtype.
 * @throws ShapeError where shapes do not broadcast.
 */
export function div(
  a: Operand,
  b: Operand,
  options: { roundingMode?: 'floor' | 'trunc' } = {},
): Tensor {
  takes('div', arguments);
  const { roundingMode } = options;
  if (roundingMode === undefined) return binary('div', a, b);
  if (roundingMode === 'floor') return floorDivide(a, b);
  return scope(() => {
    const { dtype } = operands('div', a, b);
    if (isFloat(dtype)) return trunc(binary('div', a, b));
    // (a − fmod(a, b)) / b is whole; integers stay exact that way.
    return floorDivide(sub(a, fmod(a, b)), b);
  });
}

/** ⌊a / b⌋ with broadcasting. Integer division by 0 gives 0 (PyTorch throws). @returns the broadcast shape, the promoted dtype. */
export function floorDivide(a: Operand, b: Operand): Tensor {
  return binary('floorDivide', a, b);
}

/** a − b·⌊a / b⌋ with broadcasting: the sign of the divisor, as Python's `%`. Integer remainder by 0 gives 0 (PyTorch throws). @returns the broadcast shape, the promoted dtype. */
export function remainder(a: Operand, b: Operand): Tensor {
  return binary('remainder', a, b);
}

/** The remainder with the sign of the dividend, as C's `fmod`, with broadcasting. @returns the broadcast shape, the promoted dtype. */
export function fmod(a: Operand, b: Operand): Tensor {
  return binary('fmod', a, b);
}

/** aᵇ with broadcasting. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast. */
export function pow(a: Operand, b: Operand): Tensor {
  return binary('pow', a, b);
}

/** The angle of the point (b, a) in radians, from −π to π, with broadcasting. @returns the broadcast shape, floating point. */
export function atan2(a: Operand, b: Operand): Tensor {
  return binary('atan2', a, b);
}

/** Whether a and b are both not 0, with broadcasting. @returns bool, the broadcast shape. */
export function logicalAnd(a: Operand, b: Operand): Tensor {
  return binary('logicalAnd', a, b);
}

/** Whether a or b is not 0, with broadcasting. @returns bool, the broadcast shape. */
export function logicalOr(a: Operand, b: Operand): Tensor {
  return binary('logicalOr', a, b);
}

/** Whether exactly one of a and b is not 0, with broadcasting. @returns bool, the broadcast shape. */
export function logicalXor(a: Operand, b: Operand): Tensor {
  return binary('logicalXor', a, b);
}

/**
 * `a` where the condition holds, `b` elsewhere, with broadcasting.
 *
 * @param condition - bool.
 * @returns the broadcast shape, the promoted dtype of a and b.
 * @example where(x.gt(0), x, 0) // relu
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  takes('where', arguments);
  if (!isTensor(a) && !isTensor(b)) {
    const dtype: DType = Number.isInteger(a) && Number.isInteger(b) ? 'int32' : 'float32';
    const [yes, no] = [a, b].map((value) => scalar(Number(value), dtype, condition));
    return run(elementwiseOps.where, [condition, yes, no], NONE)[0];
  }
  const both = operands('where', a, b);
  return withDType(
    [both.a, both.b],
    both.dtype,
    (x, y) => run(elementwiseOps.where, [condition, x, y], NONE)[0],
  );
}

/** Bits of a and b that are both set, with broadcasting; for bool the logical and. @returns the broadcast shape, the promoted dtype. @throws DTypeError for floating point. */
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  return binary('bitwiseAnd', a, b);
}

/** Bits that a or b has, with broadcasting; for bool the logical or. @returns the broadcast shape, the promoted dtype. @throws DTypeError for floating point. */
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  return binary('bitwiseOr', a, b);
}

/** Bits that just one of a and b has, with broadcasting. @returns the broadcast shape, the promoted dtype. @throws DTypeError for floating point. */
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  return binary('bitwiseXor', a, b);
}

/** All bits turned, elementwise; for bool the logical not. @param x - int32, uint8 or bool. @returns the shape and dtype of x. */
export function bitwiseNot(x: Tensor): Tensor {
  takes('bitwiseNot', arguments);
  return x.dtype === 'bool' ? logicalNot(x) : unary('bitwiseNot', x);
}

/** a · 2ᵇ as integers, bits that fall out are lost, with broadcasting. @returns the broadcast shape, the promoted dtype. */
export function leftShift(a: Operand, b: Operand): Tensor {
  return binary('leftShift', a, b);
}

/** ⌊a / 2ᵇ⌋ of integers, with broadcasting. @returns the broadcast shape, the promoted dtype. */
export function rightShift(a: Operand, b: Operand): Tensor {
  return binary('rightShift', a, b);
}
