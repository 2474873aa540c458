/**
 * Convolution with 3×3 kernels by Winograd's F(4×4, 3×3): 36 multiplications for 16 outputs instead of 144. Kernels, tiles of 6×6
 * pixels and outputs are transformed; in between there is one matrix product for each of the 36 positions.
 * Source: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks".
 */

import { block } from './gemm';
import { madd, splat } from './math';
import { Source } from './pack';
import { MR, NR, transpose4 } from './shape';
import { edge, KC, packedRows, zeros } from './workspace';

/** Positions of a transformed tile. */
const POSITIONS: i32 = 36;

/** Elements of one position of the kernels: whole panels of MR outputs for each input. */
// @ts-ignore: decorator
@inline
function kernelStep(outputs: i32, inputs: i32): usize {
  return <usize>((outputs + MR - 1) / MR * MR) * inputs;
}

/** Bytes of transformed kernels. */
export function winogradKernelBytes(outputs: i32, inputs: i32): i32 {
  return (<i32>kernelStep(outputs, inputs) * POSITIONS) << 2;
}

/** Six numbers of G·x for x = (a, b, c), at `to` and `step` bytes farther each. */
// @ts-ignore: decorator
@inline
function transformKernel(a: f32, b: f32, c: f32, to: usize, step: usize): void {
  const outer = (a + c) * -0.16666667;
  const wide = a * 0.041666668 + c * 0.16666667;
  f32.store(to, a * 0.25);
  f32.store(to + step, outer - b * 0.16666667);
  f32.store(to + 2 * step, outer + b * 0.16666667);
  f32.store(to + 3 * step, wide + b * 0.083333336);
  f32.store(to + 4 * step, wide - b * 0.083333336);
  f32.store(to + 5 * step, c);
}

/** Transforms kernels [outputs, inputs, 3, 3] of outputs `first` to before `end` into panels, as products read them. */
export function winogradKernels(w: usize, to: usize, outputs: i32, inputs: i32, first: i32, end: i32): void {
  const step = kernelStep(outputs, inputs) << 2;
  const panels = (outputs + MR - 1) / MR;
  const rows = packedRows();
  for (let o: i32 = first; o < end; o++) {
    for (let i: i32 = 0; i < inputs; i++) {
      const from = w + ((<usize>((o * inputs + i) * 9)) << 2);
      // G·w, then its rows times Gᵀ.
      for (let v: usize = 0; v < 3; v++) {
        const at = from + (v << 2);
        transformKernel(f32.load(at), f32.load(at, 12), f32.load(at, 24), rows + (v << 2), 12);
      }
      const whole = i / KC * KC;
      const deep = min(KC, inputs - whole);
      const place = <usize>(whole * panels * MR + (o / MR * deep + i - whole) * MR + o % MR);
      for (let u: usize = 0; u < 6; u++) {
        const at = rows + u * 12;
        transformKernel(f32.load(at), f32.load(at, 4), f32.load(at, 8), to + (place << 2) + u * 6 * step, step);
      }
    }
  }
}

/** Bᵀ·d for six vectors `step` bytes apart. */
// @ts-ignore: decorator
@inline
function transformTile(from: usize, step: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + step), d2 = v128.load(from + 2 * step);
  const d3 = v128.load(from + 3 * step), d4 = v128.load(from + 4 * step), d5 = v128.load(from + 5 * step);
  const four = splat(4), five = splat(-5), two = splat(2);
  const even = madd(splat(-4), d2, d4);
  const odd = madd(splat(-4), d1, d3);
  const near = f32x4.sub(d4, d2);
  const far = f32x4.mul(two, f32x4.sub(d3, d1));
  v128.store(to, madd(four, d0, madd(five, d2, d4)));
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(near, far));
  v128.store(to + 4 * toStep, f32x4.sub(near, far));
  v128.store(to + 5 * toStep, madd(four, d1, madd(five, d3, d5)));
}

/** The 6×6 pixels of a tile, one lane of eight; zeros outside the image. */
// @ts-ignore: decorator
@inline
function gather(image: usize, height: i32, width: i32, y: i32, x: i32, to: usize): void {
  if (y >= 0 && x >= 0 && y + 6 <= height && x + 6 <= width) {
    let from = image + ((<usize>(y * width + x)) << 2);
    for (let r: i32 = 0; r < 6; r++) {
      f32.store(to, f32.load(from));
      f32.store(to, f32.load(from, 4), 32);
      f32.store(to, f32.load(from, 8), 64);
      f32.store(to, f32.load(from, 12), 96);
      f32.store(to, f32.load(from, 16), 128);
      f32.store(to, f32.load(from, 20), 160);
      from += (<usize>width) << 2;
      to += 192;
    }
    return;
  }
  for (let r: i32 = 0; r < 6; r++) {
    for (let s: i32 = 0; s < 6; s++) {
      const inside = <u32>(y + r) < <u32>height && <u32>(x + s) < <u32>width;
      f32.store(to, inside ? f32.load(image + ((<usize>((y + r) * width + x + s)) << 2)) : 0);
      to += 32;
    }
  }
}

/** Transforms `count` tiles from number `first` of all channels into panels of eight tiles, position after position. */
function transformTiles(s: Source, x: usize, inputs: i32, first: i32, count: i32, room: usize): void {
  const across = (s.gridWidth + 3) >> 2;
  const tiles = ((s.gridHeight + 3) >> 2) * across;
  const plane = (<usize>(s.height * s.width)) << 2;
  const panels = (count + NR - 1) / NR;
  const step = (<usize>(panels * NR * inputs)) << 2;
  const patch = packedRows();
  const half = patch + POSITIONS * 32;
  for (let panel: i32 = 0; panel < panels; panel++) {
    for (let c: i32 = 0; c < inputs; c++) {
      for (let lane: i32 = 0; lane < NR; lane++) {
        const tile = min(first + panel * NR + lane, first + count - 1);
        const n = tile / tiles;
        const y = (tile % tiles) / across;
        const image = x + <usize>(n * inputs + c) * plane;
        gather(image, s.height, s.width, 4 * y - s.top, 4 * (tile % across) - s.left, patch + ((<usize>lane) << 2));
      }
      const whole = c / KC * KC;
      const deep = min(KC, inputs - whole);
      const place = <usize>(whole * panels * NR + (panel * deep + c - whole) * NR);
      for (let part: usize = 0; part < 32; part += 16) {
        for (let j: usize = 0; j < 6; j++) transformTile(patch + part + j * 32, 192, half + part + j * 32, 192);
        for (let i: usize = 0; i < 6; i++) {
          transformTile(half + part + i * 192, 32, room + (place << 2) + part + i * 6 * step, step);
        }
      }
    }
  }
}

/** Aᵀ·m for six vectors: four. */
// @ts-ignore: decorator
@inline
function transformOutput(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
  const wide = f32x4.add(m3, m4), steep = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), sum), wide));
  v128.store(to + toStep, madd(splat(2), steep, difference));
  v128.store(to + 2 * toStep, madd(splat(4), wide, sum));
  v128.store(to + 3 * toStep, f32x4.add(madd(splat(8), steep, difference), v128.load(from + 5 * step)));
}

/** Transforms products back and writes the pixels of `count` tiles from number `first`. */
function writeTiles(s: Source, products: usize, y: usize, outputs: i32, first: i32, count: i32): void {
  const across = (s.gridWidth + 3) >> 2;
  const tiles = ((s.gridHeight + 3) >> 2) * across;
  const plane = (<usize>(s.gridHeight * s.gridWidth)) << 2;
  const columns = (count + NR - 1) / NR * NR;
  const step = (<usize>(outputs * columns)) << 2;
  const half = packedRows();
  const pixels = half + 24 * 16;
  const turned = edge();
  for (let o: i32 = 0; o < outputs; o++) {
    for (let t: i32 = 0; t < count; t += 4) {
      const from = products + ((<usize>(o * columns + t)) << 2);
      for (let j: usize = 0; j < 6; j++) transformOutput(from + j * step, 6 * step, half + j * 16, 96);
      for (let i: usize = 0; i < 4; i++) transformOutput(half + i * 96, 16, pixels + i * 64, 16);
      for (let r: i32 = 0; r < 4; r++) {
        const row = pixels + ((<usize>r) << 6);
        transpose4(v128.load(row), v128.load(row, 16), v128.load(row, 32), v128.load(row, 48), turned, 16);
        for (let lane: i32 = 0; lane < min(4, count - t); lane++) {
          const tile = first + t + lane;
          const at = tile % tiles;
          const i = at / across * 4 + r;
          const j = at % across * 4;
          if (i >= s.gridHeight) continue;
          const target = y + <usize>(tile / tiles * outputs + o) * plane + ((<usize>(i * s.gridWidth + j)) << 2);
          const pixel = turned + ((<usize>lane) << 4);
          if (j + 4 <= s.gridWidth) v128.store(target, v128.load(pixel));
          else for (let k: usize = 0; k < (<usize>(s.gridWidth - j)) << 2; k += 4) f32.store(target + k, f32.load(pixel + k));
        }
      }
    }
  }
}

/**
 * y = x ⋆ w for tiles `from` to before `to` of all images, `chunk` tiles (a multiple of 8) at a time; `room` holds these
 * transformed and their products: 36 · chunk · (inputs + outputs) numbers.
 */
export function winograd(
  sizes: usize, x: usize, kernels: usize, y: usize, inputs: i32, outputs: i32, from: i32, to: i32, chunk: i32, room: usize,
): void {
  const source = changetype<Source>(sizes);
  const step = kernelStep(outputs, inputs) << 2;
  const panels = (outputs + MR - 1) / MR;
  for (let first = from; first < to; first += chunk) {
    const count = min(chunk, to - first);
    const columns = (count + NR - 1) / NR * NR;
    const products = room + ((<usize>(POSITIONS * columns * inputs)) << 2);
    transformTiles(source, x, inputs, first, count, room);
    const width = (<usize>columns) << 2;
    for (let k: usize = 0; k < <usize>POSITIONS; k++) {
      const target = products + k * <usize>outputs * width;
      for (let i: i32 = 0; i < inputs; i += KC) {
        const deep = min(KC, inputs - i);
        const left = kernels + k * step + ((<usize>(i * panels * MR)) << 2);
        const right = room + k * <usize>inputs * width + <usize>i * width;
        if (i > 0) block(left, right, target, width, outputs, columns, deep, target, width, 4);
        else block(left, right, target, width, outputs, columns, deep, zeros(), 0, 0);
      }
    }
    writeTiles(source, products, y, outputs, first, count);
  }
}
