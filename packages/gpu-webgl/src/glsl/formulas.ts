/** Elementwise functions in GLSL: of four elements `a` (and `b`, `c`) at once. */

import type { DType } from '@dl/tensor';

/** A formula for one dtype of operands. */
export interface Formula {
  /** Functions that it calls. */
  readonly functions?: readonly string[];
  /** The expression for an output of `dtype`. */
  of(dtype: DType): string;
}

type Choice = (dtype: DType) => Formula;

const always =
  (expression: string, ...functions: string[]): Choice =>
  () => ({ functions, of: () => expression });

/** Functions of one tensor. */
export const unaryFormulas: Readonly<Record<string, Choice>> = {
  neg: always('-a'),
  abs: always('abs(a)'),
};

/** Functions of two tensors. */
export const binaryFormulas: Readonly<Record<string, Choice>> = {
  add: (dtype) => ({ of: () => (dtype === 'bool' ? 'a | b' : 'a + b') }),
  sub: always('a - b'),
  mul: (dtype) => ({ of: () => (dtype === 'bool' ? 'a & b' : 'a * b') }),
};
