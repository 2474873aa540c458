/** Elementwise functions of one tensor, of two with broadcasting, and `where`. */

import type { DType } from '../core/dtype';
import { toFloat } from '../core/dtype';
import { DTypeError } from '../core/errors';
import { broadcastShapes } from '../core/layout';
import { isTensor } from '../core/lifetime';
import { run } from '../core/run';
import type { Tensor } from '../core/tensor';
import type { Operand } from './operand';
import { expectSameDType, operands, scalar, withDType } from './operand';
import type { InputsOf, Op, PrimitiveDeclaration, Primitives } from './table';

type NamesOf<Shape> = {
  [K in keyof Primitives]: Primitives[K] extends Shape
    ? Shape extends Primitives[K]
      ? K
      : never
    : never;
}[keyof Primitives];
/** Primitives of one tensor and no attributes. */
export type UnaryName = NamesOf<Op<[Tensor]>>;
/** Primitives of two tensors and no attributes. */
export type BinaryName = NamesOf<Op<[Tensor, Tensor]>>;

const NONE = {};

function declareUnary<K extends UnaryName>(
  name: K,
  result: (dtype: DType) => DType,
): PrimitiveDeclaration<K> {
  const infer = ([x]: InputsOf<K>) => [{ shape: x.shape, dtype: result(x.dtype) }];
  return { kind: 'primitive', name, infer: infer as never };
}

/** Functions with real values: integers go to float32. */
const real = <K extends UnaryName>(name: K) => declareUnary(name, toFloat);
const same = <K extends UnaryName>(name: K) => declareUnary(name, (dtype) => dtype);
const test = <K extends UnaryName>(name: K) => declareUnary(name, () => 'bool');
const arithmetic = <K extends UnaryName>(name: K) =>
  declareUnary(name, (dtype) => {
    if (dtype !== 'bool') return dtype;
    throw new DTypeError(name, 'is not defined for bool', {
      hint: 'use logicalNot, or cast first',
    });
  });

function declareBinary<K extends BinaryName>(
  name: K,
  result: (dtype: DType) => DType = (dtype) => dtype,
): PrimitiveDeclaration<K> {
  const infer = ([a, b]: readonly Tensor[]) => {
    expectSameDType(name, { a, b });
    return [{ shape: broadcastShapes(name, a.shape, b.shape), dtype: result(a.dtype) }];
  };
  return { kind: 'primitive', name, infer: infer as never };
}

const noBool = (name: string) => (dtype: DType) => {
  if (dtype !== 'bool') return dtype;
  throw new DTypeError(name, 'is not defined for bool', {
    hint: 'cast first, or use a logical function',
  });
};

const truth = () => 'bool' as const;

/** Declarations of the elementwise primitives, by name. */
export const elementwiseOps = {
  neg: /* @__PURE__ */ arithmetic('neg'),
  abs: /* @__PURE__ */ arithmetic('abs'),
  sign: /* @__PURE__ */ arithmetic('sign'),
  exp: /* @__PURE__ */ real('exp'),
  expm1: /* @__PURE__ */ real('expm1'),
  log: /* @__PURE__ */ real('log'),
  log1p: /* @__PURE__ */ real('log1p'),
  sqrt: /* @__PURE__ */ real('sqrt'),
  reciprocal: /* @__PURE__ */ real('reciprocal'),
  sin: /* @__PURE__ */ real('sin'),
  cos: /* @__PURE__ */ real('cos'),
  tan: /* @__PURE__ */ real('tan'),
  asin: /* @__PURE__ */ real('asin'),
  acos: /* @__PURE__ */ real('acos'),
  atan: /* @__PURE__ */ real('atan'),
  sinh: /* @__PURE__ */ real('sinh'),
  cosh: /* @__PURE__ */ real('cosh'),
  asinh: /* @__PURE__ */ real('asinh'),
  acosh: /* @__PURE__ */ real('acosh'),
  atanh: /* @__PURE__ */ real('atanh'),
  tanh: /* @__PURE__ */ real('tanh'),
  sigmoid: /* @__PURE__ */ real('sigmoid'),
  softplus: /* @__PURE__ */ real('softplus'),
  relu: /* @__PURE__ */ arithmetic('relu'),
  erf: /* @__PURE__ */ real('erf'),
  erfinv: /* @__PURE__ */ real('erfinv'),
  lgamma: /* @__PURE__ */ real('lgamma'),
  digamma: /* @__PURE__ */ real('digamma'),
  floor: /* @__PURE__ */ same('floor'),
  ceil: /* @__PURE__ */ same('ceil'),
  round: /* @__PURE__ */ same('round'),
  trunc: /* @__PURE__ */ same('trunc'),
  logicalNot: /* @__PURE__ */ test('logicalNot'),
  isnan: /* @__PURE__ */ test('isnan'),
  isfinite: /* @__PURE__ */ test('isfinite'),
  add: /* @__PURE__ */ declareBinary('add'),
  sub: /* @__PURE__ */ declareBinary('sub', noBool('sub')),
  mul: /* @__PURE__ */ declareBinary('mul'),
  div: /* @__PURE__ */ declareBinary('div', toFloat),
  floorDivide: /* @__PURE__ */ declareBinary('floorDivide', noBool('floorDivide')),
  remainder: /* @__PURE__ */ declareBinary('remainder', noBool('remainder')),
  fmod: /* @__PURE__ */ declareBinary('fmod', noBool('fmod')),
  pow: /* @__PURE__ */ declareBinary('pow', noBool('pow')),
  maximum: /* @__PURE__ */ declareBinary('maximum'),
  minimum: /* @__PURE__ */ declareBinary('minimum'),
  atan2: /* @__PURE__ */ declareBinary('atan2', toFloat),
  eq: /* @__PURE__ */ declareBinary('eq', truth),
  ne: /* @__PURE__ */ declareBinary('ne', truth),
  lt: /* @__PURE__ */ declareBinary('lt', truth),
  le: /* @__PURE__ */ declareBinary('le', truth),
  gt: /* @__PURE__ */ declareBinary('gt', truth),
  ge: /* @__PURE__ */ declareBinary('ge', truth),
  logicalAnd: /* @__PURE__ */ declareBinary('logicalAnd', truth),
  logicalOr: /* @__PURE__ */ declareBinary('logicalOr', truth),
  logicalXor: /* @__PURE__ */ declareBinary('logicalXor', truth),
  where: {
    kind: 'primitive',
    name: 'where',
    infer([condition, a, b]) {
      if (condition.dtype !== 'bool') {
        throw new DTypeError('where', 'the condition must be bool', { args: { condition } });
      }
      expectSameDType('where', { a, b });
      const shape = broadcastShapes('where', condition.shape, a.shape, b.shape);
      return [{ shape, dtype: a.dtype }];
    },
  } satisfies PrimitiveDeclaration<'where'>,
} as const;

type ElementwiseOps = typeof elementwiseOps;

function unary<K extends UnaryName & keyof ElementwiseOps>(name: K, x: Tensor): Tensor {
  return run(elementwiseOps[name] as unknown as PrimitiveDeclaration<'neg'>, [x], NONE)[0];
}

function binary<K extends BinaryName & keyof ElementwiseOps>(
  name: K,
  left: Operand,
  right: Operand,
): Tensor {
  const { a, b, dtype } = operands(name, left, right);
  const op = elementwiseOps[name] as unknown as PrimitiveDeclaration<'add'>;
  if (a.dtype === dtype && b.dtype === dtype) return run(op, [a, b], NONE)[0];
  return withDType([a, b], dtype, (x, y) => run(op, [x, y], NONE)[0]);
}

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

/** log(1 + eˣ), elementwise, without overflow. @param x - any shape; integers become float32. @returns the shape of x. */
export function softplus(x: Tensor): Tensor {
  return unary('softplus', x);
}

/** max(x, 0), elementwise; the derivative at 0 is 0, as in PyTorch. @param x - any shape, not bool. @returns the shape and dtype of x. */
export function relu(x: Tensor): Tensor {
  return unary('relu', x);
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

/** The derivative of `lgamma`, elementwise. Not differentiable here. @param x - any shape; integers become float32. @returns the shape of x. */
export function digamma(x: Tensor): Tensor {
  return unary('digamma', x);
}

/** The largest integer not above x, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function floor(x: Tensor): Tensor {
  return unary('floor', x);
}

/** The smallest integer not below x, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function ceil(x: Tensor): Tensor {
  return unary('ceil', x);
}

/** The nearest integer, halves to the even one, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function round(x: Tensor): Tensor {
  return unary('round', x);
}

/** x without its fraction, elementwise. @param x - any shape. @returns the shape and dtype of x. */
export function trunc(x: Tensor): Tensor {
  return unary('trunc', x);
}

/** Whether x is 0 or false, elementwise. @param x - any shape and dtype. @returns bool, the shape of x. */
export function logicalNot(x: Tensor): Tensor {
  return unary('logicalNot', x);
}

/** Whether x is NaN, elementwise. @param x - any shape and dtype. @returns bool, the shape of x. */
export function isnan(x: Tensor): Tensor {
  return unary('isnan', x);
}

/** Whether x is neither NaN nor infinite, elementwise. @param x - any shape and dtype. @returns bool, the shape of x. */
export function isfinite(x: Tensor): Tensor {
  return unary('isfinite', x);
}

/** a + b with broadcasting; for bool the logical or. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast. */
export function add(a: Operand, b: Operand): Tensor {
  return binary('add', a, b);
}

/** a − b with broadcasting; not for bool. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast. */
export function sub(a: Operand, b: Operand): Tensor {
  return binary('sub', a, b);
}

/** a · b elementwise with broadcasting; for bool the logical and. @returns the broadcast shape, the promoted dtype. @throws ShapeError where shapes do not broadcast. */
export function mul(a: Operand, b: Operand): Tensor {
  return binary('mul', a, b);
}

/** a / b with broadcasting; integers are divided as float32. @returns the broadcast shape, floating point. @throws ShapeError where shapes do not broadcast. */
export function div(a: Operand, b: Operand): Tensor {
  return binary('div', a, b);
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

/** The larger of a and b with broadcasting; NaN wins; ties share the gradient. @returns the broadcast shape, the promoted dtype. */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary('maximum', a, b);
}

/** The smaller of a and b with broadcasting; NaN wins; ties share the gradient. @returns the broadcast shape, the promoted dtype. */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary('minimum', a, b);
}

/** The angle of the point (b, a) in radians, from −π to π, with broadcasting. @returns the broadcast shape, floating point. */
export function atan2(a: Operand, b: Operand): Tensor {
  return binary('atan2', a, b);
}

/** a = b with broadcasting; NaN equals nothing. @returns bool, the broadcast shape. */
export function eq(a: Operand, b: Operand): Tensor {
  return binary('eq', a, b);
}

/** a ≠ b with broadcasting. @returns bool, the broadcast shape. */
export function ne(a: Operand, b: Operand): Tensor {
  return binary('ne', a, b);
}

/** a < b with broadcasting. @returns bool, the broadcast shape. */
export function lt(a: Operand, b: Operand): Tensor {
  return binary('lt', a, b);
}

/** a ≤ b with broadcasting. @returns bool, the broadcast shape. */
export function le(a: Operand, b: Operand): Tensor {
  return binary('le', a, b);
}

/** a > b with broadcasting. @returns bool, the broadcast shape. */
export function gt(a: Operand, b: Operand): Tensor {
  return binary('gt', a, b);
}

/** a ≥ b with broadcasting. @returns bool, the broadcast shape. */
export function ge(a: Operand, b: Operand): Tensor {
  return binary('ge', a, b);
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
  if (!isTensor(a) && !isTensor(b)) {
    const dtype: DType = Number.isInteger(a) && Number.isInteger(b) ? 'int32' : 'float32';
    const [yes, no] = [a, b].map((value) => scalar(Number(value), dtype, condition.device));
    return run(elementwiseOps.where, [condition, yes, no], NONE)[0];
  }
  const both = operands('where', a, b);
  return withDType(
    [both.a, both.b],
    both.dtype,
    (x, y) => run(elementwiseOps.where, [condition, x, y], NONE)[0],
  );
}
