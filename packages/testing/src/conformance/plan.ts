/** How the sizes and attributes of an operation are listed. */

import type { DType } from '@dl/tensor';
import { isFloat } from '@dl/tensor';
import type { InputOptions, OpCase, TensorCase } from '../cases';

/** Calls of one operation in one dtype, with dense inputs; the suite arranges them in every way. */
export interface Plan {
  /** @param dtype - of the inputs that may have any. @param complete - whether costly calls belong in as well. */
  calls(dtype: DType, complete: boolean): readonly OpCase[];
  /** Whether the inputs must be dense. Default false. */
  readonly dense?: boolean;
  /** How many times more results may be off than those of other operations. Default 1. */
  readonly slack?: number;
  /** How many of the first outputs have gradients; those behind are for the gradient kernel alone. Default all. */
  readonly differentiable?: number;
}

/** Numbers of a shape; integers stay small and, where the range is above 0, positive. */
export function given(
  shape: readonly number[],
  dtype: DType,
  range: InputOptions = {},
): TensorCase {
  const { low = -2, high = 2 } = range;
  const bounds = isFloat(dtype)
    ? { low, high }
    : { low: dtype === 'int32' && low < 0 ? -9 : low > 0 ? 1 : 0, high: dtype === 'bool' ? 2 : 9 };
  return { shape, dtype, seed: 0, ...bounds, arrangement: 'dense' };
}

/** Positions from 0 to before `size`. */
export function positions(shape: readonly number[], size: number): TensorCase {
  return { shape, dtype: 'int32', seed: 0, low: 0, high: size, arrangement: 'dense' };
}

/** One call. */
export const call = (
  inputs: readonly (TensorCase | undefined)[],
  attributes: object = {},
): OpCase => ({ inputs, attributes });

/** Lengths around a vector of 4 and of 8, two and four of them, and their rests. */
export const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 70];

/** Beyond what one thread computes of cheap functions (65,536), in rows that no vector divides. */
export const LARGE = [263, 301];

/** Shapes for functions of each element. */
export const SHAPES: readonly (readonly number[])[] = [
  ...LENGTHS.map((n) => [n]),
  [],
  [0],
  [3, 0],
  [1, 40],
  [40, 1],
  [3, 20],
  [17, 16],
  [5, 33],
  [2, 3, 18],
  [2, 1, 2, 5],
  LARGE,
];

/** The elements of a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** The elements of all inputs of a call. */
export const elementsOf = ({ inputs }: OpCase): number =>
  inputs.reduce((n, input) => n + (input ? sizeOf(input.shape) : 0), 0);

/** Calls with more elements are tried in floating point, and in some arrangements. */
export const MANY = 20_000;
