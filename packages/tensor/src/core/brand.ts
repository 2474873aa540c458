/** What marks a tensor. */

import type { Tensor } from './tensor';

/** The property that marks a tensor of any copy of this package. */
export const TENSOR_BRAND: unique symbol = Symbol.for('@dl/tensor.Tensor') as never;

/** Whether a value is a tensor; a mark is checked, not `instanceof`. */
export function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && TENSOR_BRAND in value;
}
