/** Elements that lie in a file with strides, brought into row-major order. */

import type { TypedArray } from '@dl/tensor';
import { allocate } from './elements';

/** Where the elements of a tensor lie in an array: `offset + Σ index[axis] · strides[axis]`. */
export interface StridedLayout {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** The strides of a dense array whose last axis runs fastest, or whose first one does. */
export function denseStrides(shape: readonly number[], firstFastest = false): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = 0; i < shape.length; i++) {
    const axis = firstFastest ? i : shape.length - 1 - i;
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

/** Whether the elements lie row-major without gaps; strides of axes of length 1 do not matter. */
export function isDense({ shape, strides }: StridedLayout): boolean {
  const dense = denseStrides(shape);
  return shape.every((length, axis) => length <= 1 || strides[axis] === dense[axis]);
}

/**
 * Copies the elements of a layout into row-major order; a view of `all` where they already lie so. The caller has checked that the
 * layout stays within `all`.
 */
export function gather<T extends TypedArray>(all: T, layout: StridedLayout, size: number): T {
  const { shape, strides, offset } = layout;
  if (size === 0 || isDense(layout)) return all.subarray(offset, offset + size) as T;
  const out = allocate(all.constructor as new (length: number) => T, size);
  const counter = new Array<number>(shape.length).fill(0);
  let position = offset;
  for (let i = 0; i < size; i++) {
    out[i] = all[position];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis];
      if (++counter[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      counter[axis] = 0;
    }
  }
  return out;
}
