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
    const sizes = { rows, columns, depth, count, aBatch, bBatch, bias: 0 };
    multiply(machine, [address(a), ...steps(a)], [address(b), ...steps(b)], address(y), sizes);
    return true;
  });
}

/** Sizes of a stack of products. */
export interface Product {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly count: number;
  /** From one matrix of the left factor to the next, 0 to repeat it. */
  readonly aBatch: number;
  /** As `aBatch`, of the right factor. */
  readonly bBatch: number;
  /** The address of numbers to add to each row, or 0. */
  readonly bias: number;
}

/** A matrix in memory: its address, and the steps between rows and columns in elements. */
export type Matrix = readonly [address: number, row: number, column: number];

/** Multiplications that one thread does in some ten microseconds. */
const GRAIN = 200_000;

/** y = a·b (+ bias) for matrices in memory, y without gaps; in threads where it is worth it. */
export function multiply(
  { kernels, pool }: Machine,
  [a, aRow, aColumn]: Matrix,
  [b, bRow, bColumn]: Matrix,
  y: number,
  { rows, columns, depth, count, aBatch, bBatch, bias }: Product,
): void {
  const plane = rows * columns;
  const steps = (n: number, m: number): readonly number[] => [columns, plane, n, m, depth];
  if (count * plane * depth < 2 * GRAIN || pool.threads === 1) {
    kernels.matmul(
      ...[a, aRow, aColumn, aBatch, b, bRow, bColumn, bBatch],
      ...[y, columns, plane, rows, columns, depth, count, bias],
    );
    return;
  }
  if (count > 1) {
    const grain = Math.ceil(GRAIN / (plane * depth));
    pool.share('matmul', count, grain, 1, (first, end) => [
      ...[a + 4 * first * aBatch, aRow, aColumn, aBatch],
      ...[b + 4 * first * bBatch, bRow, bColumn, bBatch],
      y + 4 * first * plane,
      ...[...steps(rows, columns), end - first, bias],
    ]);
  } else if (rows > columns) {
    const grain = Math.max(24, Math.ceil(GRAIN / (columns * depth)));
    pool.share('matmul', rows, grain, 24, (first, end) => [
      ...[a + 4 * first * aRow, aRow, aColumn, 0, b, bRow, bColumn, 0],
      y + 4 * first * columns,
      ...[...steps(end - first, columns), 1, bias],
    ]);
  } else {
    const grain = Math.max(32, Math.ceil(GRAIN / (rows * depth)));
    pool.share('matmul', columns, grain, 32, (first, end) => [
      ...[a, aRow, aColumn, 0, b + 4 * first * bColumn, bRow, bColumn, 0],
      y + 4 * first,
      ...[...steps(rows, end - first), 1, bias === 0 ? 0 : bias + 4 * first],
    ]);
  }
}

/** Writes the sizes of a convolution where the kernels read them; see `Source` in assembly/pack.ts. */
function describe(
  machine: Machine,
  image: readonly number[],
  kernel: readonly number[],
  grid: readonly number[],
  { stride, padding, dilation }: ConvAttributes,
): void {
  const [top, left] = [padding[0], padding[2]];
  const sizes = [image[2], image[3], kernel[2], kernel[3], grid[2], grid[3]];
  machine.sizeFields.set([...sizes, ...stride, top, left, ...dilation], 4);
}

/** Cuts a convolution by planes of batch · groups, or by pixels where there are few planes. */
function sharePlanes(
  { pool }: Machine,
  name: string,
  planes: number,
  pixels: number,
  work: number,
  fixed: readonly number[],
): void {
  if (planes >= 2 * pool.threads)
    pool.share(name, planes, Math.ceil(GRAIN / (work * pixels)), 1, (first, end) => [
      ...fixed,
      first,
      end,
      0,
      pixels,
    ]);
  else
    pool.share(name, pixels, Math.max(64, Math.ceil(GRAIN / (work * planes))), 32, (from, to) => [
      ...fixed,
      0,
      planes,
      from,
      to,
    ]);
}

function conv2d(machine: Machine): Kernel<'conv2d'> {
  return attempting('conv2d', ([x, w], attributes, [y]) => {
    if (!plain(x, w)) return false;
    if (y.size === 0) return true;
    const { groups } = attributes;
    describe(machine, x.shape, w.shape, y.shape, attributes);
    const outputs = w.shape[0] / groups;
    const fixed = [machine.sizes, address(x), address(w), address(y), groups, w.shape[1], outputs];
    const pixels = y.shape[2] * y.shape[3];
    sharePlanes(machine, 'conv2d', x.shape[0] * groups, pixels, w.size / groups, fixed);
    return true;
  });
}

/** Up to so many channels an image gradient is cheaper by columns: packing windows costs more than they give. */
const FEW_CHANNELS = 16;

function inputByColumns(
  machine: Machine,
  g: Tensor,
  w: Tensor,
  x: Tensor,
  attributes: ConvAttributes,
): void {
  const { heap, pool, sizes } = machine;
  const { groups } = attributes;
  const [outputs, inputs, height, width] = w.shape;
  describe(machine, g.shape, w.shape, x.shape, attributes);
  const planes = g.shape[0] * groups;
  const pixels = g.shape[2] * g.shape[3];
  const work = (w.size / groups) * pixels;
  const parts = Math.min(planes, pool.partsOf(planes, Math.ceil(GRAIN / Math.max(1, work))));
  const bytes = inputs * height * width * pixels * 4;
  const rooms = Array.from({ length: parts }, () => heap.allocate(bytes));
  const fixed = [sizes, address(g), address(w), address(x), groups, inputs, outputs / groups];
  pool.run('conv2dInputByColumns', parts, (part) => [
    ...fixed,
    Math.floor((part * planes) / parts),
    Math.floor(((part + 1) * planes) / parts),
    rooms[part],
  ]);
  for (const room of rooms) heap.release(room, bytes);
}

function conv2dInput(machine: Machine): Kernel<'conv2dInput'> {
  return attempting('conv2dInput', ([g, w], attributes, [x]) => {
    if (!plain(g, w)) return false;
    if (x.size === 0) return true;
    const { kernels, heap } = machine;
    const { groups } = attributes;
    const [outputs, inputs, height, width] = w.shape;
    if (inputs <= FEW_CHANNELS && height * width > 1) {
      inputByColumns(machine, g, w, x, attributes);
      return true;
    }
    const bytes = w.size * 4;
    const turned = heap.allocate(bytes);
    kernels.swapChannels(address(w), turned, groups, outputs / groups, inputs, height * width);
    describe(machine, g.shape, w.shape, x.shape, attributes);
    const places = [machine.sizes, address(g), turned, address(x)];
    const fixed = [...places, groups, inputs, outputs / groups];
    const pixels = x.shape[2] * x.shape[3];
    sharePlanes(machine, 'conv2dInput', g.shape[0] * groups, pixels, w.size / groups, fixed);
    heap.release(turned, bytes);
    return true;
  });
}

function conv2dWeight(machine: Machine): Kernel<'conv2dWeight'> {
  return attempting('conv2dWeight', ([x, g], attributes, [w]) => {
    if (!plain(x, g) || x.size === 0 || g.size === 0) return false;
    const { pool, sizes } = machine;
    const { groups } = attributes;
    describe(machine, x.shape, w.shape, g.shape, attributes);
    const outputs = w.shape[0] / groups;
    const columns = w.size / w.shape[0];
    const fixed = [
      sizes,
      address(x),
      address(g),
      address(w),
      x.shape[0],
      groups,
      w.shape[1],
      outputs,
    ];
    const grain = Math.max(24, Math.ceil(GRAIN / (g.size || 1)));
    pool.share('conv2dWeight', columns, grain, 8, (from, to) => [...fixed, from, to]);
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
