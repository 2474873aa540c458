/** Elementwise functions in GLSL: of four elements `a` (and `b`, `c`) at once, floats as vec4, whole numbers as ivec4. */

import type { DType } from '@dl/tensor';
import { functionsFor } from './functions';

/** A formula for one dtype of operands. */
export interface Formula {
  /** Functions that it calls. */
  readonly functions?: readonly string[];
  /** The expression for an output of `dtype`. */
  of(dtype: DType): string;
}

/** The formula for operands of a dtype. */
export type Choice = (dtype: DType) => Formula;

const formula = (expression: string, ...needs: string[]): Formula => ({
  functions: functionsFor(needs),
  of: () => expression,
});

/** One expression for every dtype. */
const any = (expression: string): Choice => {
  const one = formula(expression);
  return () => one;
};

/** Functions with real values: whole numbers become floats first. */
const real =
  (name: string): Choice =>
  (dtype) =>
    formula(dtype === 'float32' ? `${name}(a)` : `${name}(vec4(a))`, name);

/** One expression for floats and one for whole numbers; `needs` are the functions of the first, `wholeNeeds` of the second. */
const either =
  (
    float: string,
    whole: string,
    needs: readonly string[] = [],
    wholeNeeds: readonly string[] = [],
  ): Choice =>
  (dtype) =>
    dtype === 'float32' ? formula(float, ...needs) : formula(whole, ...wholeNeeds);

/** A comparison; NaN is equal to nothing, less than nothing and greater than nothing. */
const compare = (test: string): Choice =>
  either(`ivec4(${test}(a, b)) & ivec4(not(or4(nan4(a), nan4(b))))`, `ivec4(${test}(a, b))`, [
    'nan4',
    'or4',
  ]);

/** Functions of one tensor. */
export const unaryFormulas: Readonly<Record<string, Choice>> = {
  neg: any('-a'),
  abs: any('abs(a)'),
  sign: either('mix(sign(a), a, nan4(a))', 'sign(a)', ['nan4']),
  exp: real('exp4'),
  expm1: real('expm14'),
  log: real('log4'),
  log1p: real('log1p4'),
  log2: either('log4(a) * 1.44269504', 'log4(vec4(a)) * 1.44269504', ['log4'], ['log4']),
  log10: either('log4(a) * .43429448', 'log4(vec4(a)) * .43429448', ['log4'], ['log4']),
  sqrt: real('sqrt4'),
  reciprocal: either('1. / a', '1. / vec4(a)'),
  sin: real('sin4'),
  cos: real('cos4'),
  tan: real('tan4'),
  asin: real('asin4'),
  acos: real('acos4'),
  atan: real('atan4'),
  sinh: real('sinh4'),
  cosh: real('cosh4'),
  asinh: real('asinh4'),
  acosh: real('acosh4'),
  atanh: real('atanh4'),
  tanh: real('tanh4'),
  sigmoid: real('sigmoid4'),
  softplus: real('softplus4'),
  relu: either('relu4(a)', 'max(a, 0)', ['relu4']),
  erf: real('erf4'),
  erfc: real('erfc4'),
  erfinv: real('erfinv4'),
  lgamma: real('lgamma4'),
  floor: either('floor(a)', 'a'),
  ceil: either('ceil(a)', 'a'),
  round: either('roundEven(a)', 'a'),
  trunc: either('trunc(a)', 'a'),
  bitwiseNot: any('~a'),
  logicalNot: either('ivec4(equal(a, vec4(0)))', 'ivec4(equal(a, ivec4(0)))'),
  isnan: either('ivec4(nan4(a))', 'ivec4(0)', ['nan4']),
  isfinite: either('ivec4(not(or4(nan4(a), inf4(a))))', 'ivec4(1)', ['nan4', 'inf4', 'or4']),
};

/** Functions of two tensors. */
export const binaryFormulas: Readonly<Record<string, Choice>> = {
  add: (dtype) => formula(dtype === 'bool' ? 'a | b' : 'a + b'),
  sub: any('a - b'),
  mul: (dtype) => formula(dtype === 'bool' ? 'a & b' : 'a * b'),
  div: either('a / b', 'vec4(a) / vec4(b)'),
  floorDivide: either('floorDivide4(a, b)', 'divide(a, b)', ['floorDivide4'], ['divide']),
  remainder: either('remainder4(a, b)', 'modulo(a, b)', ['remainder4'], ['modulo']),
  fmod: either('fmod4(a, b)', 'rest(a, b)', ['fmod4'], ['rest']),
  pow: either('pow4(a, b)', 'power(a, b)', ['pow4'], ['power']),
  maximum: either('max4(a, b)', 'max(a, b)', ['max4']),
  minimum: either('min4(a, b)', 'min(a, b)', ['min4']),
  atan2: either('atan24(a, b)', 'atan24(vec4(a), vec4(b))', ['atan24'], ['atan24']),
  eq: compare('equal'),
  ne: either('ivec4(notEqual(a, b)) | ivec4(or4(nan4(a), nan4(b)))', 'ivec4(notEqual(a, b))', [
    'nan4',
    'or4',
  ]),
  lt: compare('lessThan'),
  le: compare('lessThanEqual'),
  gt: compare('greaterThan'),
  ge: compare('greaterThanEqual'),
  logicalAnd: either(
    'ivec4(notEqual(a, vec4(0))) & ivec4(notEqual(b, vec4(0)))',
    'ivec4(notEqual(a, ivec4(0))) & ivec4(notEqual(b, ivec4(0)))',
  ),
  logicalOr: either(
    'ivec4(notEqual(a, vec4(0))) | ivec4(notEqual(b, vec4(0)))',
    'ivec4(notEqual(a, ivec4(0))) | ivec4(notEqual(b, ivec4(0)))',
  ),
  logicalXor: either(
    'ivec4(notEqual(a, vec4(0))) ^ ivec4(notEqual(b, vec4(0)))',
    'ivec4(notEqual(a, ivec4(0))) ^ ivec4(notEqual(b, ivec4(0)))',
  ),
  bitwiseAnd: any('a & b'),
  bitwiseOr: any('a | b'),
  bitwiseXor: any('a ^ b'),
  leftShift: () => formula('left(a, b)', 'left'),
  rightShift: () => formula('right(a, b)', 'right'),
  // Of a gradient and a result: what passes through the activation function.
  reluGradient: any('mix(vec4(0), a, greaterThan(b, vec4(0)))'),
  tanhGradient: any('a * (1. - b * b)'),
  sigmoidGradient: any('a * b * (1. - b)'),
};

/** b where `a` is true, otherwise c. */
export function whereFormula(condition: DType, dtype: DType): Formula {
  const test = `notEqual(a, ${condition === 'float32' ? 'vec4' : 'ivec4'}(0))`;
  return dtype === 'float32'
    ? formula(`mix(c, b, ${test})`)
    : formula(`choose(c, b, ${test})`, 'choose');
}
