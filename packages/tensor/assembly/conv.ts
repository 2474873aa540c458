/**
 * Products and convolutions: each a series of `multiply` over batches and groups. What they compute can be cut into ranges
 * that threads work on; a sum is never cut, so results do not depend on the ranges.
 */

import { multiply } from './gemm';
import { GRADIENT, MATRIX, Source, WINDOWS, WINDOWS_TRANSPOSED } from './pack';
import { sourceRoom } from './workspace';

/** c[n] = a[n]·b[n] for a stack of matrices; steps in elements, 0 repeats an operand; `bias` (or 0) is added to each row. */
export function matmul(
  a: usize, aRow: i32, aColumn: i32, aBatch: i32, b: usize, bRow: i32, bColumn: i32, bBatch: i32,
  c: usize, cRow: i32, cBatch: i32, rows: i32, columns: i32, depth: i32, batches: i32, bias: usize,
): void {
  const source = changetype<Source>(sourceRoom());
  source.kind = MATRIX;
  source.rowStep = bRow;
  source.columnStep = bColumn;
  for (let n: i32 = 0; n < batches; n++) {
    source.data = b + ((<usize>n * bBatch) << 2);
    const target = c + ((<usize>n * cBatch) << 2);
    multiply(a + ((<usize>n * aBatch) << 2), aRow, aColumn, source, 0, target, cRow, rows, columns, depth, false, bias);
  }
}

/** A copy of the sizes, which this thread may change. */
// @ts-ignore: decorator
@inline
function own(sizes: usize, kind: i32): Source {
  memory.copy(sourceRoom(), sizes, 64);
  const source = changetype<Source>(sourceRoom());
  source.kind = kind;
  return source;
}

/** y = x ⋆ w for planes `first` to before `end` of batch · groups, pixels `from` to before `to`; channels are those of one group. */
export function conv2d(
  sizes: usize, x: usize, w: usize, y: usize, groups: i32, inputs: i32, outputs: i32,
  first: i32, end: i32, from: i32, to: i32,
): void {
  const source = own(sizes, WINDOWS);
  const depth = inputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = inputs * source.height * source.width;
  for (let n: i32 = first; n < end; n++) {
    const group = n % groups;
    source.data = x + ((<usize>n * image) << 2);
    const weights = w + ((<usize>(group * outputs * depth)) << 2);
    const target = y + ((<usize>n * outputs * pixels + from) << 2);
    multiply(weights, depth, 1, source, from, target, pixels, outputs, to - from, depth, false, 0);
  }
}

/** x = wᵀ ⋆ g: the gradient of `conv2d` in its image, cut likewise. `turned` is w as [groups][inputs, outputs, KH, KW]. */
export function conv2dInput(
  sizes: usize, g: usize, turned: usize, x: usize, groups: i32, inputs: i32, outputs: i32,
  first: i32, end: i32, from: i32, to: i32,
): void {
  const source = own(sizes, GRADIENT);
  const depth = outputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = outputs * source.height * source.width;
  for (let n: i32 = first; n < end; n++) {
    const group = n % groups;
    source.data = g + ((<usize>n * image) << 2);
    const weights = turned + ((<usize>(group * inputs * depth)) << 2);
    const target = x + ((<usize>n * inputs * pixels + from) << 2);
    multiply(weights, depth, 1, source, from, target, pixels, inputs, to - from, depth, false, 0);
  }
}

/** Swaps the first two axes of [groups][a, b, window]. */
export function swapChannels(from: usize, to: usize, groups: i32, a: i32, b: i32, window: i32): void {
  for (let n: i32 = 0; n < groups; n++) {
    for (let i: i32 = 0; i < a; i++) {
      for (let j: i32 = 0; j < b; j++) {
        const source = from + ((<usize>(((n * a + i) * b + j) * window)) << 2);
        const target = to + ((<usize>(((n * b + j) * a + i) * window)) << 2);
        memory.copy(target, source, (<usize>window) << 2);
      }
    }
  }
}

/** w = Σ over the batch of g · windows(x)ᵀ: the gradient of `conv2d` in elements `from` to before `to` of each of its kernels. */
export function conv2dWeight(
  sizes: usize, x: usize, g: usize, w: usize, batch: i32, groups: i32, inputs: i32, outputs: i32, from: i32, to: i32,
): void {
  const source = own(sizes, WINDOWS_TRANSPOSED);
  const columns = inputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = inputs * source.height * source.width;
  for (let n: i32 = 0; n < batch; n++) {
    for (let group: i32 = 0; group < groups; group++) {
      const at = <usize>(n * groups + group);
      source.data = x + ((at * image) << 2);
      const left = g + ((at * outputs * pixels) << 2);
      const target = w + ((<usize>(group * outputs * columns + from)) << 2);
      multiply(left, pixels, 1, source, from, target, columns, outputs, to - from, pixels, n > 0, 0);
    }
  }
}
