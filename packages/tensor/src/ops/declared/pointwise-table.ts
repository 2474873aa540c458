/** Declarations of the elementwise primitives, and the two ways to call them. */

import type { DType } from '../../core/dtype';
import { isFloat, toFloat } from '../../core/dtype';
import { DTypeError } from '../../core/errors';
import { broadcastShapes, sameShape } from '../../core/layout';
import { run } from '../../core/run';
import type { Tensor } from '../../core/tensor';
import { takes } from '../../signatures';
import type { Operand } from '../operand';
import { expectSameDType, operands, withDType } from '../operand';
import type { InputsOf, Op, PrimitiveDeclaration, Primitives } from '../table';

type NamesOf<Shape> = {
  [K in keyof Primitives]: Primitives[K] extends Shape
    ? Shape extends Primitives[K]
      ? K
      : never
    : never;
}[keyof Primitives];
/** Functions of each element of one tensor, without attributes. */
export type UnaryName = Exclude<NamesOf<Op<[Tensor]>>, 'contiguous'>;
/** Primitives of two tensors and no attributes. */
export type BinaryName = NamesOf<Op<[Tensor, Tensor]>>;

/** No attributes. */
export const NONE = {};

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
    if (a.dtype !== b.dtype) expectSameDType(name, { a, b });
    const shape = sameShape(a.shape, b.shape) ? a.shape : broadcastShapes(name, a.shape, b.shape);
    return [{ shape, dtype: result(a.dtype) }];
  };
  return { kind: 'primitive', name, infer: infer as never };
}

const noBool = (name: string) => (dtype: DType) => {
  if (dtype !== 'bool') return dtype;
  throw new DTypeError(name, 'is not defined for bool', {
    hint: 'cast first, or use a logical function',
  });
};

function noFloat(name: string): (dtype: DType) => DType {
  return (dtype) => {
    if (!isFloat(dtype)) return dtype;
    throw new DTypeError(name, 'is not defined for floating point numbers', {
      expected: 'int32, uint8 or bool',
    });
  };
}

function wholeNumber(name: string): (dtype: DType) => DType {
  return (dtype) => {
    if (dtype === 'int32' || dtype === 'uint8') return dtype;
    throw new DTypeError(name, `is not defined for ${dtype}`, { expected: 'int32 or uint8' });
  };
}

const truth = () => 'bool' as const;

/** Declarations of the unary primitives, by name. The lists of methods, of methods in place and of WebAssembly kernels follow this one. */
export const unaryOps = {
  neg: /* @__PURE__ */ arithmetic('neg'),
  abs: /* @__PURE__ */ arithmetic('abs'),
  sign: /* @__PURE__ */ arithmetic('sign'),
  exp: /* @__PURE__ */ real('exp'),
  expm1: /* @__PURE__ */ real('expm1'),
  log: /* @__PURE__ */ real('log'),
  log1p: /* @__PURE__ */ real('log1p'),
  log2: /* @__PURE__ */ real('log2'),
  log10: /* @__PURE__ */ real('log10'),
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
  erfc: /* @__PURE__ */ real('erfc'),
  erfinv: /* @__PURE__ */ real('erfinv'),
  lgamma: /* @__PURE__ */ real('lgamma'),
  floor: /* @__PURE__ */ same('floor'),
  ceil: /* @__PURE__ */ same('ceil'),
  round: /* @__PURE__ */ same('round'),
  trunc: /* @__PURE__ */ same('trunc'),
  bitwiseNot: /* @__PURE__ */ declareUnary('bitwiseNot', wholeNumber('bitwiseNot')),
  logicalNot: /* @__PURE__ */ test('logicalNot'),
  isnan: /* @__PURE__ */ test('isnan'),
  isfinite: /* @__PURE__ */ test('isfinite'),
} as const satisfies { [K in UnaryName]: PrimitiveDeclaration<K> };

/** The names of the unary primitives. */
export const unaryNames = /* @__PURE__ */ Object.keys(unaryOps) as readonly UnaryName[];

/** Declarations of the elementwise primitives, by name. */
export const elementwiseOps = {
  ...unaryOps,
  polygamma: {
    kind: 'primitive',
    name: 'polygamma',
    infer: ([x]) => [{ shape: x.shape, dtype: toFloat(x.dtype) }],
  } satisfies PrimitiveDeclaration<'polygamma'>,
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
  bitwiseAnd: /* @__PURE__ */ declareBinary('bitwiseAnd', noFloat('bitwiseAnd')),
  bitwiseOr: /* @__PURE__ */ declareBinary('bitwiseOr', noFloat('bitwiseOr')),
  bitwiseXor: /* @__PURE__ */ declareBinary('bitwiseXor', noFloat('bitwiseXor')),
  leftShift: /* @__PURE__ */ declareBinary('leftShift', wholeNumber('leftShift')),
  rightShift: /* @__PURE__ */ declareBinary('rightShift', wholeNumber('rightShift')),
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

/** Runs an elementwise primitive of one tensor. */
export function unary(name: UnaryName, x: Tensor): Tensor {
  // `run` refuses everything else that is not a tensor; undefined is an optional input there.
  if (x === undefined) takes(name, [x]);
  return run(elementwiseOps[name] as unknown as PrimitiveDeclaration<'neg'>, [x], NONE)[0];
}

/** Runs an elementwise primitive of two operands in the dtype in which they meet. */
export function binary<K extends BinaryName & keyof ElementwiseOps>(
  name: K,
  left: Operand,
  right: Operand,
): Tensor {
  const { a, b, dtype } = operands(name, left, right);
  const op = elementwiseOps[name] as unknown as PrimitiveDeclaration<'add'>;
  if (a.dtype === dtype && b.dtype === dtype) return run(op, [a, b], NONE)[0];
  return withDType([a, b], dtype, (x, y) => run(op, [x, y], NONE)[0]);
}
