/** Matrix products and convolutions of the WebAssembly backend. */

import type { Tensor } from '../../core/tensor';
import type { ConvAttributes, Kernel, Kernels } from '../../ops/table';
import type { Machine } from './kernels';
import { address, attempting, plain } from './kernels';

/** Row and column steps of the matrices in the last two axes. */
function steps(x: Tensor): readonly [number, number] {
  return [x.strides[x.ndim - 2], x.strides[x.ndim - 1]];
}

/** The distance of the matrices of a stack, 0 for a single one; null where they do not lie evenly or broadcast otherwise. */
function batchStep(x: Tensor, batch: readonly number[]): number | null {
  const own = x.shape.slice(0, -2);
  if (own.every((n) => n === 1)) return 0;
  if (own.length !== batch.length || own.some((n, i) => n !== batch[i])) return null;
  let expected: number | null = null;
  for (let axis = own.length - 1; axis >= 0; axis--) {
    if (own[axis] === 1) continue;
    if (expected !== null && x.strides[axis] !== expected) return null;
    expected = x.strides[axis] * own[axis];
  }
  const inner = own.reduce((last, n, axis) => (n === 1 ? last : axis), 0);
  return x.strides[inner];
}

function matmul(machine: Machine): Kernel<'matmul'> {
  return attempting('matmul', ([a, b], _, [y]) => {
    if (a.dtype !== 'float32') return false;
    const batch = y.shape.slice(0, -2);
    const aBatch = batchStep(a, batch);
    const bBatch = batchStep(b, batch);
    const depth = a.shape[a.ndim - 1];
    if (aBatch === null || bBatch === null || depth === 0) return false;
    const [rows, columns] = y.shape.slice(-2);
    const count = batch.reduce((n, size) => n * size, 1);
    multiply(machine, a, b, y, { rows, columns, depth, count, aBatch, bBatch, bias: 0 });
    return true;
  });
}

/** Sizes of a stack of products. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly count: number;
  readonly aBatch: number;
  readonly bBatch: number;
  /** The address of numbers to add to each row, or 0. */
  readonly bias: number;
}

/** y = a·b (+ bias), on any strides of a and b. */
export function multiply(
  machine: Machine,
  a: Tensor,
  b: Tensor,
  y: Tensor,
  product: Product,
): void {
  const { module, source, scratch } = machine;
  const [aRow, aColumn] = steps(a);
  const [bRow, bColumn] = steps(b);
  const { rows, columns, depth, count, aBatch, bBatch, bias } = product;
  module.matmul(
    source,
    address(a),
    aRow,
    aColumn,
    address(b),
    bRow,
    bColumn,
    address(y),
    rows,
    columns,
    depth,
    count,
    aBatch,
    bBatch,
    bias,
    false,
    scratch,
  );
}

/** Writes the sizes of a convolution where the module reads them; see `Source` in assembly/pack.ts. */
function describe(
  machine: Machine,
  image: readonly number[],
  kernel: readonly number[],
  grid: readonly number[],
  { stride, padding, dilation }: ConvAttributes,
): void {
  machine.sourceFields.set(
    [
      image[2],
      image[3],
      kernel[2],
      kernel[3],
      grid[2],
      grid[3],
      ...stride,
      padding[0],
      padding[2],
      ...dilation,
    ],
    4,
  );
}

function conv2d(machine: Machine): Kernel<'conv2d'> {
  return attempting('conv2d', ([x, w], attributes, [y]) => {
    if (!plain(x, w)) return false;
    const { groups } = attributes;
    describe(machine, x.shape, w.shape, y.shape, attributes);
    const { module, source, scratch } = machine;
    module.conv2d(
      source,
      address(x),
      address(w),
      address(y),
      x.shape[0],
      groups,
      w.shape[1],
      w.shape[0] / groups,
      scratch,
    );
    return true;
  });
}

function conv2dInput(machine: Machine): Kernel<'conv2dInput'> {
  return attempting('conv2dInput', ([g, w], attributes, [x]) => {
    if (!plain(g, w)) return false;
    const { module, heap, source, scratch } = machine;
    const { groups } = attributes;
    const [outputs, inputs, kernelHeight, kernelWidth] = w.shape;
    const bytes = w.size * 4;
    const turned = heap.allocate(bytes);
    module.swapChannels(
      address(w),
      turned,
      groups,
      outputs / groups,
      inputs,
      kernelHeight * kernelWidth,
    );
    describe(machine, g.shape, w.shape, x.shape, attributes);
    module.conv2dInput(
      source,
      address(g),
      turned,
      address(x),
      g.shape[0],
      groups,
      inputs,
      outputs / groups,
      scratch,
    );
    heap.release(turned, bytes);
    return true;
  });
}

function conv2dWeight(machine: Machine): Kernel<'conv2dWeight'> {
  return attempting('conv2dWeight', ([x, g], attributes, [w]) => {
    if (!plain(x, g) || x.size === 0 || g.size === 0) return false;
    const { module, source, scratch } = machine;
    const { groups } = attributes;
    describe(machine, x.shape, w.shape, g.shape, attributes);
    module.conv2dWeight(
      source,
      address(x),
      address(g),
      address(w),
      x.shape[0],
      groups,
      w.shape[1],
      w.shape[0] / groups,
      scratch,
    );
    return true;
  });
}

/** The kernels of products. */
export function productKernels(machine: Machine): Partial<Kernels> {
  return {
    matmul: matmul(machine),
    conv2d: conv2d(machine),
    conv2dInput: conv2dInput(machine),
    conv2dWeight: conv2dWeight(machine),
  };
}
