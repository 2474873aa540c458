/**
 * Products and convolutions: each a series of `multiply` over batches and groups. What they compute can be cut into ranges
 * that threads work on; a sum is never cut, so results do not depend on the ranges.
 */

import { block, multiply, packRows } from './gemm';
import { multiply64 } from './gemm64';
import { madd } from './math';
import { MATRIX, packColumns, Source, WINDOWS, WINDOWS_TRANSPOSED } from './pack';
import { total4 } from './reduce';
import { MR, NR } from './tile';
import { KC, MC, NC, packedColumns, packedRows, sourceScratch, zeros } from './workspace';

/** Up to so many rows a product is dot products with the columns of the right factor as they are: packing these costs more. */
const FEW_ROWS: i32 = 5;

/** c = a·b where elements of rows of a and of columns of b are neighbours; four columns at a time share what is loaded of a row. */
function dots(
  a: usize, aRow: i32, b: usize, bColumn: i32, c: usize, cRow: i32, rows: i32, columns: i32, depth: i32, bias: usize,
): void {
  const step = (<usize>bColumn) << 2;
  const bytes = (<usize>depth) << 2;
  const whole = bytes & ~15;
  for (let j: i32 = 0; j < columns; j += 4) {
    // Columns that are missing repeat the last.
    const last = columns - 1 - j;
    const b0 = b + <usize>j * step, b1 = b0 + <usize>min(1, last) * step, b2 = b0 + <usize>min(2, last) * step, b3 = b0 + <usize>min(3, last) * step;
    for (let r: i32 = 0; r < rows; r++) {
      const row = a + ((<usize>(r * aRow)) << 2);
      let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
      for (let k: usize = 0; k < whole; k += 16) {
        const x = v128.load(row + k);
        s0 = madd(x, v128.load(b0 + k), s0);
        s1 = madd(x, v128.load(b1 + k), s1);
        s2 = madd(x, v128.load(b2 + k), s2);
        s3 = madd(x, v128.load(b3 + k), s3);
      }
      let t0 = total4(s0), t1 = total4(s1), t2 = total4(s2), t3 = total4(s3);
      for (let k = whole; k < bytes; k += 4) {
        const x = f32.load(row + k);
        t0 += x * f32.load(b0 + k);
        t1 += x * f32.load(b1 + k);
        t2 += x * f32.load(b2 + k);
        t3 += x * f32.load(b3 + k);
      }
      const to = c + ((<usize>(r * cRow + j)) << 2);
      const at = bias + ((<usize>j) << 2);
      f32.store(to, bias ? t0 + f32.load(at) : t0);
      if (last > 0) f32.store(to, bias ? t1 + f32.load(at, 4) : t1, 4);
      if (last > 1) f32.store(to, bias ? t2 + f32.load(at, 8) : t2, 8);
      if (last > 2) f32.store(to, bias ? t3 + f32.load(at, 12) : t3, 12);
    }
  }
}

/** to += x0·r0 + x1·r1 + x2·r2 + x3·r3 for rows of n numbers. */
function addRows4(to: usize, n: i32, x0: f32, r0: usize, x1: f32, r1: usize, x2: f32, r2: usize, x3: f32, r3: usize): void {
  const a = f32x4.splat(x0), b = f32x4.splat(x1), c = f32x4.splat(x2), d = f32x4.splat(x3);
  const bytes = (<usize>n) << 2;
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    const sum = madd(a, v128.load(r0 + k), madd(b, v128.load(r1 + k), madd(c, v128.load(r2 + k), madd(d, v128.load(r3 + k), v128.load(to + k)))));
    v128.store(to + k, sum);
  }
  for (; k < bytes; k += 4) {
    f32.store(to + k, x0 * f32.load(r0 + k) + (x1 * f32.load(r1 + k) + (x2 * f32.load(r2 + k) + (x3 * f32.load(r3 + k) + f32.load(to + k)))));
  }
}

/** c = a·b where elements of rows of b are neighbours: sums of these rows, four at a time, in pieces that stay in the first-level cache. */
function combine(
  a: usize, aRow: i32, aColumn: i32, b: usize, bRow: i32, c: usize, cRow: i32, rows: i32, columns: i32, depth: i32, bias: usize,
): void {
  const step = (<usize>bRow) << 2;
  const across = (<usize>aColumn) << 2;
  for (let j: i32 = 0; j < columns; j += NC) {
    const wide = min(NC, columns - j);
    const bytes = (<usize>wide) << 2;
    const offset = (<usize>j) << 2;
    for (let r: i32 = 0; r < rows; r++) {
      const to = c + ((<usize>(r * cRow)) << 2) + offset;
      if (bias) memory.copy(to, bias + offset, bytes);
      else memory.fill(to, 0, bytes);
    }
    let k: i32 = 0;
    for (; k + 4 <= depth; k += 4) {
      const from = b + <usize>k * step + offset;
      for (let r: i32 = 0; r < rows; r++) {
        const x = a + ((<usize>(r * aRow)) << 2) + <usize>k * across;
        addRows4(
          c + ((<usize>(r * cRow)) << 2) + offset, wide, f32.load(x), from, f32.load(x + across), from + step,
          f32.load(x + 2 * across), from + 2 * step, f32.load(x + 3 * across), from + 3 * step,
        );
      }
    }
    for (; k < depth; k++) {
      const from = b + <usize>k * step + offset;
      for (let r: i32 = 0; r < rows; r++) {
        const x = f32.load(a + ((<usize>(r * aRow)) << 2) + <usize>k * across);
        const to = c + ((<usize>(r * cRow)) << 2) + offset;
        for (let i: usize = 0; i < bytes; i += 4) f32.store(to + i, x * f32.load(from + i) + f32.load(to + i));
      }
    }
  }
}

/** c[n] = a[n]·b[n] for a stack of matrices; steps in elements, 0 repeats an operand; `bias` (or 0) is added to each row. */
export function matmul(
  a: usize, aRow: i32, aColumn: i32, aBatch: i32, b: usize, bRow: i32, bColumn: i32, bBatch: i32,
  c: usize, cRow: i32, cBatch: i32, rows: i32, columns: i32, depth: i32, batches: i32, bias: usize,
): void {
  if (rows <= FEW_ROWS && aColumn == 1 && bRow == 1) {
    for (let n: i32 = 0; n < batches; n++) {
      dots(
        a + ((<usize>n * aBatch) << 2), aRow, b + ((<usize>n * bBatch) << 2), bColumn, c + ((<usize>n * cBatch) << 2), cRow,
        rows, columns, depth, bias,
      );
    }
    return;
  }
  if (rows <= FEW_ROWS && bColumn == 1) {
    for (let n: i32 = 0; n < batches; n++) {
      combine(
        a + ((<usize>n * aBatch) << 2), aRow, aColumn, b + ((<usize>n * bBatch) << 2), bRow, c + ((<usize>n * cBatch) << 2), cRow,
        rows, columns, depth, bias,
      );
    }
    return;
  }
  const source = changetype<Source>(sourceScratch());
  source.kind = MATRIX;
  source.rowStep = bRow;
  source.columnStep = bColumn;
  for (let n: i32 = 0; n < batches; n++) {
    source.data = b + ((<usize>n * bBatch) << 2);
    const target = c + ((<usize>n * cBatch) << 2);
    multiply(a + ((<usize>n * aBatch) << 2), aRow, aColumn, source, 0, target, cRow, rows, columns, depth, false, bias);
  }
}

/**
 * c[n] = a[n]·b[n] for n from `first` to `end` of two batch axes, the inner one with `inner` matrices; steps in elements, 0 repeats an
 * operand. Numbers have `width` bytes, 4 or 8; c is in one piece.
 */
export function matmulStack(
  width: i32, a: usize, aRow: i32, aColumn: i32, aOuter: i32, aInner: i32, b: usize, bRow: i32, bColumn: i32, bOuter: i32, bInner: i32,
  c: usize, rows: i32, columns: i32, depth: i32, first: i32, end: i32, inner: i32,
): void {
  const plane = <usize>rows * columns * width;
  for (let n = first; n < end; n++) {
    const o = n / inner;
    const i = n % inner;
    const left = a + (<isize>o * aOuter + <isize>i * aInner) * width;
    const right = b + (<isize>o * bOuter + <isize>i * bInner) * width;
    if (width == 8) multiply64(left, aRow, aColumn, right, bRow, bColumn, c + <usize>n * plane, columns, rows, columns, depth);
    else matmul(left, aRow, aColumn, 0, right, bRow, bColumn, 0, c + <usize>n * plane, columns, 0, rows, columns, depth, 1, 0);
  }
}

/** Whether the windows are the pixels themselves: the image is a matrix then. */
// @ts-ignore: decorator
@inline
function pointwise(s: Source): bool {
  return s.kernelHeight == 1 && s.kernelWidth == 1 && s.strideY == 1 && s.strideX == 1 && s.top == 0 && s.left == 0
    && s.gridHeight == s.height && s.gridWidth == s.width;
}

/** A copy of the sizes, which this thread may change. */
// @ts-ignore: decorator
@inline
export function own(sizes: usize, kind: i32): Source {
  memory.copy(sourceScratch(), sizes, 64);
  const source = changetype<Source>(sourceScratch());
  source.kind = kind;
  if (pointwise(source)) {
    const transposed = kind == WINDOWS_TRANSPOSED;
    const pixels = source.height * source.width;
    source.kind = MATRIX;
    source.rowStep = transposed ? 1 : pixels;
    source.columnStep = transposed ? pixels : 1;
  }
  return source;
}

/**
 * y = x ⋆ w for planes `first` to before `end` of batch · groups, pixels `from` to before `to`; channels are those of one group.
 * Where windows leave the image, `scratch` holds a copy of it with what is missing around it, see `frame`. With `adds` to what is in y; then
 * `bias` (or 0) of all outputs is added and `activation` applied: 1 for ReLU.
 */
export function conv2d(
  sizes: usize, x: usize, w: usize, y: usize, groups: i32, inputs: i32, outputs: i32,
  first: i32, end: i32, from: i32, to: i32, scratch: usize, adds: bool, bias: usize, activation: i32,
): void {
  const source = own(sizes, WINDOWS);
  const depth = inputs * source.kernelHeight * source.kernelWidth;
  const pixels = source.gridHeight * source.gridWidth;
  const image = inputs * source.height * source.width;
  const height = source.height;
  const width = source.width;
  if (scratch) widen(source);
  const window = source.kernelHeight * source.kernelWidth;
  const some = scratch ? framedChannels(inputs, window) : inputs;
  if (scratch) memory.fill(scratch, 0, (<usize>(some * source.height * source.width)) << 2);
  for (let n: i32 = first; n < end; n++) {
    const group = n % groups;
    const weights = w + ((<usize>(group * outputs * depth)) << 2);
    const shifts = bias ? bias + ((<usize>(group * outputs)) << 2) : 0;
    for (let c: i32 = 0; c < inputs; c += some) {
      const channels = min(some, inputs - c);
      show(source, x + ((<usize>n * image) << 2), height, width, scratch, c, c + channels);
      // Elements are counted from the first channel that is shown.
      source.data += <usize>c * ((<usize>(source.height * source.width)) << 2);
      // What follows works on columns that are still in the cache.
      for (let j = from; j < to; j += NC) {
        const target = y + ((<usize>n * outputs * pixels + j) << 2);
        const columns = min(NC, to - j);
        const left = weights + ((<usize>(c * window)) << 2);
        multiply(left, depth, 1, source, j, target, pixels, outputs, columns, channels * window, adds || c > 0, 0);
        if (c + channels == inputs && (bias || activation)) finish(target, pixels, outputs, columns, shifts, activation);
      }
    }
  }
}

/** Channels that are framed at a time, so that a frame stays in the second-level cache: some blocks of the depth. */
export function framedChannels(inputs: i32, window: i32): i32 {
  const blocks = (inputs * window + 4 * KC - 1) / (4 * KC);
  return (inputs + blocks - 1) / blocks;
}

/** Adds one number of `bias` (or 0) to each of some rows, `step` elements apart; then ReLU where `activation` is 1. */
export function finish(y: usize, step: i32, rows: i32, columns: i32, bias: usize, activation: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    const shift = bias ? f32.load(bias + ((<usize>r) << 2)) : 0;
    const low: f32 = activation == 1 ? 0 : -Infinity;
    let at = y + ((<usize>r * step) << 2);
    let c: i32 = 0;
    for (; c + 4 <= columns; c += 4) {
      v128.store(at, f32x4.pmax(f32x4.add(v128.load(at), f32x4.splat(shift)), f32x4.splat(low)));
      at += 16;
    }
    for (; c < columns; c++) {
      const value = f32.load(at) + shift;
      f32.store(at, value < low ? low : value);
      at += 4;
    }
  }
}

/** Copies a plane into the middle of a larger one that `source` describes; what lies outside that is left out. */
export function frame(source: Source, from: usize, height: i32, width: i32, to: usize): void {
  const left = max(0, source.left);
  const skip = max(0, -source.left);
  const count = min(width - skip, source.width - left);
  if (count <= 0) return;
  for (let r: i32 = max(0, -source.top); r < height; r++) {
    const row = r + source.top;
    if (row >= source.height) return;
    memory.copy(
      to + ((<usize>(row * source.width + left)) << 2), from + ((<usize>(r * width + skip)) << 2), (<usize>count) << 2,
    );
  }
}

/**
 * The gradient of `conv2d` in its image, by columns: the product of the turned kernels and the gradient has every contribution once, and these
 * are added to the pixels they reach. `weights` is w as it is; `scratch` holds inputs · KH · KW · pixels of the gradient.
 */
export function conv2dInputByColumns(
  sizes: usize, g: usize, weights: usize, x: usize, groups: i32, inputs: i32, outputs: i32,
  first: i32, end: i32, scratch: usize,
): void {
  const source = own(sizes, MATRIX);
  const height = source.gridHeight;
  const width = source.gridWidth;
  const pixels = source.height * source.width;
  const rows = inputs * source.kernelHeight * source.kernelWidth;
  source.kind = MATRIX;
  source.rowStep = pixels;
  source.columnStep = 1;
  for (let n: i32 = first; n < end; n++) {
    const group = n % groups;
    source.data = g + ((<usize>n * outputs * pixels) << 2);
    const left = weights + ((<usize>(group * outputs * rows)) << 2);
    multiply(left, 1, rows, source, 0, scratch, pixels, rows, pixels, outputs, false, 0);
    const target = x + ((<usize>n * inputs * height * width) << 2);
    memory.fill(target, 0, (<usize>(inputs * height * width)) << 2);
    let from = scratch;
    for (let c: i32 = 0; c < inputs; c++) {
      const plane = target + ((<usize>(c * height * width)) << 2);
      for (let u: i32 = 0; u < source.kernelHeight; u++) {
        for (let v: i32 = 0; v < source.kernelWidth; v++) {
          addShifted(source, from, plane, u * source.dilationY - source.top, v * source.dilationX - source.left);
          from += (<usize>pixels) << 2;
        }
      }
    }
  }
}

/** plane[i·s + y, j·s + x] += from[i, j] where that lies in the plane. */
function addShifted(s: Source, from: usize, plane: usize, y: i32, x: i32): void {
  const step = s.strideX;
  const first = min(s.width, x < 0 ? (-x + step - 1) / step : 0);
  const end = max(first, x >= s.gridWidth ? 0 : min(s.width, (s.gridWidth - 1 - x) / step + 1));
  for (let i: i32 = 0; i < s.height; i++) {
    const r = i * s.strideY + y;
    if (<u32>r >= <u32>s.gridHeight) continue;
    let source = from + ((<usize>(i * s.width + first)) << 2);
    let target = plane + ((<isize>(r * s.gridWidth + first * step + x)) << 2);
    let j = first;
    if (step == 1) {
      for (; j + 4 <= end; j += 4) {
        v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
        source += 16;
        target += 16;
      }
    }
    for (; j < end; j++) {
      f32.store(target, f32.load(target) + f32.load(source));
      source += 4;
      target += (<usize>step) << 2;
    }
  }
}

/** Swaps the first two axes of [groups][a, b, window], and turns every window by 180°. */
export function turnKernels(from: usize, to: usize, groups: i32, a: i32, b: i32, window: i32): void {
  for (let n: i32 = 0; n < groups; n++) {
    for (let i: i32 = 0; i < a; i++) {
      for (let j: i32 = 0; j < b; j++) {
        const source = from + ((<usize>(((n * a + i) * b + j) * window)) << 2);
        const target = to + ((<usize>(((n * b + j) * a + i) * window)) << 2);
        for (let k: i32 = 0; k < window; k++) {
          f32.store(target + ((<usize>k) << 2), f32.load(source + ((<usize>(window - 1 - k)) << 2)));
        }
      }
    }
  }
}

/** Makes a source of frames: images with what windows need around them. */
// @ts-ignore: decorator
@inline
export function widen(source: Source): void {
  source.height = (source.gridHeight - 1) * source.strideY + (source.kernelHeight - 1) * source.dilationY + 1;
  source.width = (source.gridWidth - 1) * source.strideX + (source.kernelWidth - 1) * source.dilationX + 1;
}

/** Channels of one image as a source has them: in place, or framed in `scratch`; `first` is the first channel that is wanted. */
// @ts-ignore: decorator
@inline
function show(source: Source, image: usize, height: i32, width: i32, scratch: usize, first: i32, end: i32): void {
  if (scratch == 0) {
    source.data = image;
    return;
  }
  const plane = (<usize>(height * width)) << 2;
  const framed = (<usize>(source.height * source.width)) << 2;
  for (let c = first; c < end; c++) frame(source, image + <usize>c * plane, height, width, scratch + <usize>(c - first) * framed);
  source.data = scratch - <usize>first * framed;
}

/**
 * w = Σ over the batch of g · windows(x)ᵀ: the gradient of `conv2d` in elements `from` to before `to` of each of its kernels.
 * Images of few pixels are packed several at a time, so that each pass over w has many to add. Where windows leave the image, `scratch`
 * holds a copy of the channels that these elements meet with what is missing around them.
 */
export function conv2dWeight(
  sizes: usize, x: usize, g: usize, w: usize, batch: i32, groups: i32, inputs: i32, outputs: i32, from: i32, to: i32, scratch: usize,
): void {
  const source = own(sizes, WINDOWS_TRANSPOSED);
  const window = source.kernelHeight * source.kernelWidth;
  const columns = inputs * window;
  const pixels = source.gridHeight * source.gridWidth;
  const height = source.height;
  const width = source.width;
  const image = inputs * height * width;
  const together = max(1, KC / pixels);
  const low = from / window;
  const high = (to + window - 1) / window;
  if (scratch) {
    widen(source);
    memory.fill(scratch, 0, (<usize>((high - low) * source.height * source.width)) << 2);
  }
  for (let group: i32 = 0; group < groups; group++) {
    const target = w + ((<usize>(group * outputs * columns + from)) << 2);
    for (let n: i32 = 0; n < batch; n += together) {
      const first = <usize>(n * groups + group);
      const data = x + ((first * image) << 2);
      const left = g + ((first * outputs * pixels) << 2);
      if (together == 1) {
        show(source, data, height, width, scratch, low, high);
        multiply(left, pixels, 1, source, from, target, columns, outputs, to - from, pixels, n > 0, 0);
      } else {
        const count = min(together, batch - n);
        const deep = count * pixels;
        const rowPanel = (<usize>(MR * deep)) << 2;
        const columnPanel = (<usize>(NR * deep)) << 2;
        const bytes = (<usize>columns) << 2;
        // The pixels of several images are the depth.
        for (let j = from; j < to; j += NC) {
          const wide = min(NC, to - j);
          for (let m: i32 = 0; m < count; m++) {
            show(source, data + ((<usize>(m * groups * image)) << 2), height, width, scratch, low, high);
            packColumns(source, 0, pixels, j, wide, packedColumns() + ((<usize>(m * pixels * NR)) << 2), columnPanel);
          }
          for (let i: i32 = 0; i < outputs; i += MC) {
            const tall = min(MC, outputs - i);
            for (let m: i32 = 0; m < count; m++) {
              const rows = left + ((<usize>(m * groups * outputs * pixels + i * pixels)) << 2);
              packRows(rows, pixels, 1, tall, pixels, packedRows() + ((<usize>(m * pixels * MR)) << 2), rowPanel);
            }
            const into = target + <usize>i * bytes + ((<usize>(j - from)) << 2);
            if (n > 0) block(packedRows(), packedColumns(), into, bytes, tall, wide, deep, into, bytes, 4);
            else block(packedRows(), packedColumns(), into, bytes, tall, wide, deep, zeros(), 0, 0);
          }
        }
      }
    }
  }
}
