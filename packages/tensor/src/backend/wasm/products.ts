/** Matrix products of the WebAssembly backend. */

import type { Tensor } from '../../core/tensor';
import type { Kernel, Kernels } from '../../ops/table';
import type { Machine } from './kernels';
import { address, attempting } from './kernels';

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
    const grain = grainOf(rows, columns * depth, pool.threads);
    pool.share('matmul', rows, grain, 12, (first, end) => [
      ...[a + 4 * first * aRow, aRow, aColumn, 0, b, bRow, bColumn, 0],
      y + 4 * first * columns,
      ...[...steps(end - first, columns), 1, bias],
    ]);
  } else {
    const grain = grainOf(columns, rows * depth, pool.threads);
    pool.share('matmul', columns, grain, 8, (first, end) => [
      ...[a, aRow, aColumn, 0, b + 4 * first * bColumn, bRow, bColumn, 0],
      y + 4 * first,
      ...[...steps(rows, end - first), 1, bias === 0 ? 0 : bias + 4 * first],
    ]);
  }
}

/** The kernels of products. */
export function productKernels(machine: Machine): Partial<Kernels> {
  return { matmul: matmul(machine) };
}
