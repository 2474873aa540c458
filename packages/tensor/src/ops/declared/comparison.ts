/** Comparisons of two tensors, element by element, and tests of each element. */

import type { Tensor } from '../../core/tensor';
import type { Operand } from '../operand';
import { binary, unary } from './pointwise-table';

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

/** The larger of a and b with broadcasting; NaN wins; ties share the gradient. @returns the broadcast shape, the promoted dtype. */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary('maximum', a, b);
}

/** The smaller of a and b with broadcasting; NaN wins; ties share the gradient. @returns the broadcast shape, the promoted dtype. */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary('minimum', a, b);
}

/** Whether x is NaN, elementwise. @param x - any shape and dtype. @returns bool, the shape of x. */
export function isnan(x: Tensor): Tensor {
  return unary('isnan', x);
}

/** Whether x is neither NaN nor infinite, elementwise. @param x - any shape and dtype. @returns bool, the shape of x. */
export function isfinite(x: Tensor): Tensor {
  return unary('isfinite', x);
}
