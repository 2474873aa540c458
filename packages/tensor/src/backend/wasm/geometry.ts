/** Where the windows of convolutions lie. */

import type { Tensor } from '../../core/tensor';
import type { ConvAttributes } from '../../ops/table';
import type { Machine } from './machine';

/** Where windows lie: rows and columns of image, kernel and grid, and how the windows step. */
export interface Geometry {
  readonly image: readonly number[];
  readonly kernel: readonly number[];
  readonly grid: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** What happens to a result: whether it is added to what is there, the address of a bias for each channel or 0, and 1 for ReLU. */
export type Finish = readonly [adds: number, bias: number, activation: number];
/** Nothing happens. */
export const PLAIN: Finish = [0, 0, 0];

/** The geometry of a convolution of tensors. */
export function geometryOf(x: Tensor, w: Tensor, y: Tensor, attributes: ConvAttributes): Geometry {
  const { stride, padding, dilation } = attributes;
  const [image, kernel, grid] = [x, w, y].map(({ shape }) => shape.slice(2));
  return { image, kernel, grid, stride, padding: [padding[0], padding[2]], dilation };
}

/** Writes the sizes where the kernels read them; see `Source` in assembly/pack.ts. */
export function describe(machine: Machine, at: Geometry): void {
  const { image, kernel, grid, stride, padding, dilation } = at;
  machine.sizeFields.set([...image, ...kernel, ...grid, ...stride, ...padding, ...dilation], 4);
}

/** Bytes of images of some channels that all windows lie in, or 0 where they lie in the image that there is. */
export function frameBytes(channels: number, at: Geometry): number {
  const sizes = [0, 1].map(
    (axis) => (at.grid[axis] - 1) * at.stride[axis] + (at.kernel[axis] - 1) * at.dilation[axis] + 1,
  );
  const inside = sizes.every((size, axis) => at.padding[axis] === 0 && size <= at.image[axis]);
  return inside ? 0 : channels * sizes[0] * sizes[1] * 4;
}
