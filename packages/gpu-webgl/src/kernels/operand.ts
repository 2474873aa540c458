/** What kernels read and write: tensors, and memory of their own that lives as long as they run. */

import type { DType, Shape, Tensor } from '@dl/tensor';
import { sizeOf } from '@dl/tensor';
import { Block } from '../device/block';
import type { Gpu } from '../device/gpu';

/** Elements and how they lie; every tensor is one. */
export interface Operand extends Pick<Tensor, 'strides' | 'offset' | 'dtype' | 'size'> {
  readonly shape: Shape;
  readonly storage: { readonly buffer: object; readonly constant?: number | undefined };
}

/** The strides of a shape whose elements lie row-major, without gaps. */
export function rowMajor(shape: Shape): number[] {
  let step = 1;
  return shape
    .map((_, i) => {
      const at = shape.length - 1 - i;
      const own = step;
      step *= shape[at];
      return own;
    })
    .reverse();
}

/** A block under a shape: by default all of it, row-major. */
export function operandOf(
  block: Block,
  shape: Shape,
  strides: readonly number[] = rowMajor(shape),
  offset = 0,
): Operand {
  const size = sizeOf(shape);
  return { shape, strides, offset, dtype: block.dtype, size, storage: { buffer: block } };
}

/** The elements of an operand under another layout. */
export function viewOf(
  { dtype, storage }: Operand,
  shape: Shape,
  strides: readonly number[],
  offset: number,
): Operand {
  return {
    ...{ shape, strides, offset, dtype, storage },
    size: sizeOf(shape),
  };
}

/** A number that broadcasts to anything, and needs no memory. */
export function constantOf(value: number): Operand {
  const storage = { buffer: {}, constant: value };
  return { shape: [], strides: [], offset: 0, dtype: 'float32', size: 1, storage };
}

/** Lends contiguous memory of a shape to `use`. */
export function borrow<T>(gpu: Gpu, dtype: DType, shape: Shape, use: (temporary: Operand) => T): T {
  const size = sizeOf(shape);
  const block = new Block(gpu, dtype, size);
  try {
    return use(operandOf(block, shape));
  } finally {
    block.free();
  }
}
