/** Matrix products of the WebAssembly backend. */

import { bytesPerElement, isFloat } from '../../core/dtype';
import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels } from '../../ops/table';
import { broadcast } from '../reference/walk';
import type { Machine } from './machine';
import { address, attempting } from './machine';
import type { Address } from './module/exports';
import type { KernelArguments } from './module/load';
import { joinAxes } from './walk';

/** Row and column steps of the matrices in the last two axes. */
function steps(x: Tensor): readonly [number, number] {
  return [x.strides[x.ndim - 2], x.strides[x.ndim - 1]];
}

/** The axes before the last two, as an operand that broadcasts to `batch`. */
function batchSteps(x: Tensor, batch: readonly number[]): { steps: readonly number[] } {
  const own = { shape: x.shape.slice(0, -2), strides: x.strides.slice(0, -2), offset: 0 };
  return { steps: broadcast(own, batch).strides };
}

function matmul(machine: Machine): Kernel<'matmul'> {
  return attempting('matmul', ([a, b], _, [y]) => {
    const depth = a.shape[a.ndim - 1];
    if (!isFloat(a.dtype) || depth === 0) return false;
    const [rows, columns] = y.shape.slice(-2);
    const batch = y.shape.slice(0, -2);
    const axes = joinAxes(batch, [batchSteps(a, batch), batchSteps(b, batch)]);
    const left: Matrix = [address(a), ...steps(a)];
    const right: Matrix = [address(b), ...steps(b)];
    const count = batch.reduce((n, size) => n * size, 1);
    if (a.dtype === 'float32' && axes.sizes.length < 2) {
      const [[aBatch = 0], [bBatch = 0]] = axes.steps;
      const sizes = { rows, columns, depth, count, aBatch, bBatch, bias: 0 };
      multiply(machine, left, right, address(y), sizes);
    } else {
      const width = bytesPerElement(a.dtype);
      multiplyStacks(machine, width, left, right, address(y), axes, { rows, columns, depth });
    }
    return true;
  });
}

/** y = a·b for stacks with any batch axes, of numbers of `width` bytes; two axes at a time. */
function multiplyStacks(
  machine: Machine,
  width: number,
  left: Matrix,
  right: Matrix,
  y: number,
  { sizes, steps: [aSteps, bSteps] }: ReturnType<typeof joinAxes>,
  size: { readonly rows: number; readonly columns: number; readonly depth: number },
): void {
  const { rows, columns, depth } = size;
  const count = sizes.reduce((n, k) => n * k, 1);
  if (sizes.length > 2) {
    const rest = { sizes: sizes.slice(1), steps: [aSteps.slice(1), bSteps.slice(1)] };
    const plane = (count / sizes[0]) * rows * columns * width;
    for (let i = 0; i < sizes[0]; i++) {
      const a: Matrix = [left[0] + i * aSteps[0] * width, left[1], left[2]];
      const b: Matrix = [right[0] + i * bSteps[0] * width, right[1], right[2]];
      multiplyStacks(machine, width, a, b, y + i * plane, rest, size);
    }
    return;
  }
  const [aOuter, aInner] = [0, 0, ...aSteps].slice(-2);
  const [bOuter, bInner] = [0, 0, ...bSteps].slice(-2);
  const inner = sizes.at(-1) ?? 1;
  const call = (
    a: Address,
    c: Address,
    height: number,
    first: number,
    end: number,
  ): KernelArguments<'matmulStack'> => {
    const factors = [a, left[1], left[2], aOuter, aInner, ...right, bOuter, bInner] as const;
    return [width, ...factors, c, height, columns, depth, first, end, inner];
  };
  const work = rows * columns * depth * (width / 4);
  if (count > 1)
    machine.pool.share('matmulStack', count, Math.ceil(GRAIN / work), 1, (first, end) =>
      call(left[0], y, rows, first, end),
    );
  else
    machine.pool.share('matmulStack', rows, Math.ceil((GRAIN * rows) / work), 12, (first, end) =>
      call(left[0] + first * left[1] * width, y + first * columns * width, end - first, 0, 1),
    );
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

/** The sizes of one product. Objects are copied by `...` more slowly than the product of two small matrices takes. */
export function oneProduct(rows: number, columns: number, depth: number, bias = 0): Product {
  return { rows, columns, depth, count: 1, aBatch: 0, bBatch: 0, bias };
}

/** A matrix in memory: its address, and the steps between rows and columns in elements. */
export type Matrix = readonly [address: number, row: number, column: number];

/** Multiplications that one thread does in some ten microseconds. */
export const GRAIN = 200_000;

/**
 * Rows (or columns) of a part, `work` multiplications each. Every part packs the other factor again, so there are no more parts than threads
 * until each has a quarter of a millisecond to do; more of them even out what else the machine does.
 */
function grainOf(size: number, work: number, threads: number): number {
  const parts = Math.max(threads, Math.floor((size * work) / (40 * GRAIN)));
  return Math.max(24, Math.ceil(GRAIN / work), size / parts);
}

/** y = a·b (+ bias) for matrices in memory, y without gaps; in threads where it is worth it. */
export function multiply(
  { kernels, pool }: Machine,
  [a, aRow, aColumn]: Matrix,
  [b, bRow, bColumn]: Matrix,
  y: number,
  { rows, columns, depth, count, aBatch, bBatch, bias }: Product,
): void {
  const plane = rows * columns;
  const steps = (n: number, m: number) => [columns, plane, n, m, depth] as const;
  if (count * plane * depth < 2 * GRAIN || pool.threads === 1) {
    // biome-ignore format: arguments in a list of their own cost more than the product of two small matrices
    kernels.matmul(
      a, aRow, aColumn, aBatch, b, bRow, bColumn, bBatch, y, columns, plane, rows, columns, depth, count, bias,
    );
    return;
  }
  if (count > 1) {
    const grain = Math.ceil(GRAIN / (plane * depth));
    pool.share('matmul', count, grain, 1, (first, end) => [
      ...([a + 4 * first * aBatch, aRow, aColumn, aBatch] as const),
      ...([b + 4 * first * bBatch, bRow, bColumn, bBatch] as const),
      y + 4 * first * plane,
      ...steps(rows, columns),
      end - first,
      bias,
    ]);
  } else if (rows > columns) {
    const grain = grainOf(rows, columns * depth, pool.threads);
    pool.share('matmul', rows, grain, 12, (first, end) => [
      ...([a + 4 * first * aRow, aRow, aColumn, 0, b, bRow, bColumn, 0] as const),
      y + 4 * first * columns,
      ...steps(end - first, columns),
      1,
      bias,
    ]);
  } else {
    const grain = grainOf(columns, rows * depth, pool.threads);
    pool.share('matmul', columns, grain, 8, (first, end) => [
      ...([a, aRow, aColumn, 0, b + 4 * first * bColumn, bRow, bColumn, 0] as const),
      y + 4 * first,
      ...steps(rows, end - first),
      1,
      bias === 0 ? 0 : bias + 4 * first,
    ]);
  }
}

/** The kernel of the matrix product. */
export function matmulKernels(machine: Machine): Partial<Kernels> {
  return { matmul: matmul(machine) };
}
