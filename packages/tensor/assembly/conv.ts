/** Products and convolutions: each a series of `multiply` over batches and groups. */

import { multiply } from './gemm';
import { GRADIENT, MATRIX, Source, WINDOWS, WINDOWS_TRANSPOSED } from './pack';

/** c[b] = a[b]·b[b] for a stack of matrices; steps in elements, 0 repeats an operand. */
export function matmul(
  source: Source, a: usize, aRow: i32, aColumn: i32, b: usize, bRow: i32, bColumn: i32, c: usize,
  rows: i32, columns: i32, depth: i32, batches: i32, aBatch: i32, bBatch: i32, bias: usize, relu: bool, scratch: usize,
): void {
  source.kind = MATRIX;
  source.rowStep = bRow;
  source.columnStep = bColumn;
  for (let n: i32 = 0; n < batches; n++) {
    source.data = b + ((<isize>n * bBatch) << 2);
    const target = c + ((<usize>(n * rows * columns)) << 2);
    multiply(a + ((<isize>n * aBatch) << 2), aRow, aColumn, source, target, columns, rows, columns, depth, false, bias, relu, scratch);
  }
}

/** y = x ⋆ w. Sizes of image, kernel and grid come in `source`; channels are those of one group. */
export function conv2d(
  source: Source, x: usize, w: usize, y: usize, batch: i32, groups: i32, inputs: i32, outputs: i32, scratch: usize,
): void {
  source.kind = WINDOWS;
  const depth = inputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = inputs * source.height * source.width;
  for (let n: i32 = 0; n < batch * groups; n++) {
    const group = n % groups;
    source.data = x + ((<usize>(n * image)) << 2);
    const weights = w + ((<usize>(group * outputs * depth)) << 2);
    const target = y + ((<usize>(n * outputs * pixels)) << 2);
    multiply(weights, depth, 1, source, target, pixels, outputs, pixels, depth, false, 0, false, scratch);
  }
}

/** x = wᵀ ⋆ g: the gradient of `conv2d` in its image. `turned` is w as [groups][inputs, outputs, KH, KW]. */
export function conv2dInput(
  source: Source, g: usize, turned: usize, x: usize, batch: i32, groups: i32, inputs: i32, outputs: i32, scratch: usize,
): void {
  source.kind = GRADIENT;
  const depth = outputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = outputs * source.height * source.width;
  for (let n: i32 = 0; n < batch * groups; n++) {
    const group = n % groups;
    source.data = g + ((<usize>(n * image)) << 2);
    const weights = turned + ((<usize>(group * inputs * depth)) << 2);
    const target = x + ((<usize>(n * inputs * pixels)) << 2);
    multiply(weights, depth, 1, source, target, pixels, inputs, pixels, depth, false, 0, false, scratch);
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

/** w = Σ over the batch of g · windows(x)ᵀ: the gradient of `conv2d` in its kernels. */
export function conv2dWeight(
  source: Source, x: usize, g: usize, w: usize, batch: i32, groups: i32, inputs: i32, outputs: i32, scratch: usize,
): void {
  source.kind = WINDOWS_TRANSPOSED;
  const columns = inputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = inputs * source.height * source.width;
  for (let n: i32 = 0; n < batch; n++) {
    for (let group: i32 = 0; group < groups; group++) {
      const at = n * groups + group;
      source.data = x + ((<usize>(at * image)) << 2);
      const left = g + ((<usize>(at * outputs * pixels)) << 2);
      const target = w + ((<usize>(group * outputs * columns)) << 2);
      multiply(left, pixels, 1, source, target, columns, outputs, columns, pixels, n > 0, 0, false, scratch);
    }
  }
}
