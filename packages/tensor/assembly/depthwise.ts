/**
 * Convolution whose groups have one input channel each (depthwise), without packing: kernels are too small for products. Images are framed, so
 * that every window lies within.
 */

import { finish, frame, own, widen } from './conv';
import { madd, splat } from './math';
import { Source, WINDOWS } from './pack';
import { total4 } from './reduce';

/** Four neighbouring outputs' pixels for one kernel element: every pixel, or every second. */
// @ts-ignore: decorator
@inline
function four(at: usize, step: i32): v128 {
  if (step == 1) return v128.load(at);
  // Nothing behind the last pixel is read.
  return v128.shuffle<f32>(v128.load(at), v128.load(at, 12), 0, 2, 5, 7);
}

/** One row of outputs from the framed rows at `from`; steps of 1 or 2 go by vectors. */
// @ts-ignore: decorator
@inline
function convolveRow(s: Source, from: usize, w: usize, y: usize, step: i32, adds: bool): void {
  const across = (<usize>(s.dilationX)) << 2;
  const down = (<usize>(s.dilationY * s.width)) << 2;
  let j: i32 = 0;
  if (step <= 2) {
    for (; j + 8 <= s.gridWidth; j += 8) {
      let a = adds ? v128.load(y) : splat(0), b = adds ? v128.load(y, 16) : splat(0);
      let row = from;
      let weight = w;
      for (let u: i32 = 0; u < s.kernelHeight; u++) {
        let at = row;
        for (let v: i32 = 0; v < s.kernelWidth; v++) {
          const k = v128.load32_splat(weight);
          a = madd(k, four(at, step), a);
          b = madd(k, four(at + (<usize>step << 4), step), b);
          at += across;
          weight += 4;
        }
        row += down;
      }
      v128.store(y, a);
      v128.store(y, b, 16);
      y += 32;
      from += <usize>step << 5;
    }
  }
  for (; j < s.gridWidth; j++) {
    let sum: f32 = adds ? f32.load(y) : 0;
    let row = from;
    let weight = w;
    for (let u: i32 = 0; u < s.kernelHeight; u++) {
      let at = row;
      for (let v: i32 = 0; v < s.kernelWidth; v++) {
        sum += f32.load(weight) * f32.load(at);
        at += across;
        weight += 4;
      }
      row += down;
    }
    f32.store(y, sum);
    y += 4;
    from += <usize>step << 2;
  }
}

/** The plane that windows are read from: framed in `scratch` where there is one. */
// @ts-ignore: decorator
@inline
function framed(s: Source, plane: usize, height: i32, width: i32, scratch: usize): usize {
  if (scratch == 0) return plane;
  frame(s, plane, height, width, scratch);
  return scratch;
}

/**
 * y = x ⋆ w for output planes `first` to before `end` of batch · channels · `multiplier`; `scratch` holds one framed plane, or is 0 where no
 * window leaves the image. See `conv2d` for the rest.
 */
export function depthwise(
  sizes: usize, x: usize, w: usize, y: usize, channels: i32, multiplier: i32, first: i32, end: i32, scratch: usize,
  adds: bool, bias: usize, activation: i32,
): void {
  const s = own(sizes, WINDOWS);
  const height = s.height;
  const width = s.width;
  const window = s.kernelHeight * s.kernelWidth;
  const pixels = s.gridHeight * s.gridWidth;
  if (scratch) {
    widen(s);
    memory.fill(scratch, 0, (<usize>(s.height * s.width)) << 2);
  }
  const rowBytes = (<usize>(s.strideY * s.width)) << 2;
  for (let p = first; p < end; p++) {
    const channel = p % (channels * multiplier);
    const image = framed(s, x + ((<usize>(p / multiplier) * height * width) << 2), height, width, scratch);
    const kernel = w + ((<usize>(channel * window)) << 2);
    const target = y + ((<usize>p * pixels) << 2);
    for (let i: i32 = 0; i < s.gridHeight; i++) {
      const from = image + <usize>i * rowBytes;
      const to = target + ((<usize>(i * s.gridWidth)) << 2);
      if (s.strideX == 1) convolveRow(s, from, kernel, to, 1, adds);
      else if (s.strideX == 2) convolveRow(s, from, kernel, to, 2, adds);
      else convolveRow(s, from, kernel, to, s.strideX, adds);
    }
    if (bias || activation) finish(target, pixels, 1, pixels, bias ? bias + ((<usize>channel) << 2) : 0, activation);
  }
}

/** Σ g · x of one row of outputs and the pixels of one kernel element. */
// @ts-ignore: decorator
@inline
function correlateRow(g: usize, x: usize, count: i32, step: i32): f32 {
  let sum = splat(0);
  let j: i32 = 0;
  if (step <= 2) {
    for (; j + 4 <= count; j += 4) {
      sum = madd(v128.load(g), four(x, step), sum);
      g += 16;
      x += <usize>step << 4;
    }
  }
  let total = total4(sum);
  for (; j < count; j++) {
    total += f32.load(g) * f32.load(x);
    g += 4;
    x += <usize>step << 2;
  }
  return total;
}

/** The gradient of `depthwise` in the kernels of outputs `first` to before `end`. */
export function depthwiseWeight(
  sizes: usize, x: usize, g: usize, w: usize, batch: i32, channels: i32, multiplier: i32, first: i32, end: i32, scratch: usize,
): void {
  const s = own(sizes, WINDOWS);
  const height = s.height;
  const width = s.width;
  const window = s.kernelHeight * s.kernelWidth;
  const outputs = channels * multiplier;
  const gridRow = (<usize>s.gridWidth) << 2;
  if (scratch) {
    widen(s);
    memory.fill(scratch, 0, (<usize>(s.height * s.width)) << 2);
  }
  const rowBytes = (<usize>(s.strideY * s.width)) << 2;
  memory.fill(w + ((<usize>(first * window)) << 2), 0, (<usize>((end - first) * window)) << 2);
  for (let o = first; o < end; o++) {
    for (let n: i32 = 0; n < batch; n++) {
      const image = framed(s, x + ((<usize>(n * channels + o / multiplier) * height * width) << 2), height, width, scratch);
      const gradient = g + <usize>(n * outputs + o) * s.gridHeight * gridRow;
      let to = w + ((<usize>(o * window)) << 2);
      for (let u: i32 = 0; u < s.kernelHeight; u++) {
        for (let v: i32 = 0; v < s.kernelWidth; v++) {
          const begin = image + ((<usize>(u * s.dilationY * s.width + v * s.dilationX)) << 2);
          let sum: f32 = 0;
          for (let i: i32 = 0; i < s.gridHeight; i++) {
            const at = begin + <usize>i * rowBytes;
            const row = gradient + <usize>i * gridRow;
            if (s.strideX == 1) sum += correlateRow(row, at, s.gridWidth, 1);
            else if (s.strideX == 2) sum += correlateRow(row, at, s.gridWidth, 2);
            else sum += correlateRow(row, at, s.gridWidth, s.strideX);
          }
          f32.store(to, f32.load(to) + sum);
          to += 4;
        }
      }
    }
  }
}
