/**
 * Convolution with 3×3 kernels by Winograd's F(4×4, 3×3), and its gradient in the kernels: 36 multiplications for 16 outputs instead
 * of 144. Kernels, tiles of 6×6 pixels and outputs are transformed; in between there is one matrix product for each of the 36
 * positions. Sources: Lavin and Gray 2016, "Fast algorithms for convolutional neural networks"; the gradient is the transpose
 * of that bilinear form.
 */

import { block } from './gemm';
import { madd, splat } from './math';
import { Source } from './pack';
import { MR, NR, transpose4 } from './tile';
import { KC, packedRows, zeros } from './workspace';

/** Positions of a transformed tile. */
const POSITIONS: i32 = 36;

/** Scratch memory where packed rows lie otherwise, which no product uses meanwhile: tiles before, between and after transforms. */
const PATCH: usize = 0;
const HALF: usize = 36 * 16;
const BORDER: usize = HALF + 36 * 16;
const TARGETS: usize = BORDER + 4 * 6 * 32;

/**
 * Bytes from one position to the next of `count` numbers: an odd number of cache lines, because 36 streams whose distance is a
 * power of two share a few lines of the cache.
 */
// @ts-ignore: decorator
@inline
function positionBytes(count: i32): usize {
  return (<usize>(((count + 15) >> 4) | 1)) << 6;
}

// @ts-ignore: decorator
@inline
function roundUp(n: i32, step: i32): i32 {
  return (n + step - 1) / step * step;
}

/** Bytes of transformed kernels. */
export function winogradKernelBytes(outputs: i32, inputs: i32): i32 {
  return <i32>positionBytes(roundUp(outputs, MR) * inputs) * POSITIONS;
}

/** Bytes of `count` transformed tiles of some channels. */
export function winogradTileBytes(channels: i32, count: i32): i32 {
  return <i32>positionBytes(roundUp(count, NR) * roundUp(channels, NR)) * POSITIONS;
}

/** Bytes of the products of `outputs` channels with so many columns. */
export function winogradProductBytes(outputs: i32, columns: i32): i32 {
  return <i32>positionBytes(outputs * roundUp(columns, NR)) * POSITIONS;
}

/** G·x for three vectors `step` bytes apart: six, `toStep` bytes apart. */
// @ts-ignore: decorator
@inline
function transformKernel(from: usize, step: isize, to: usize, toStep: usize): void {
  const a = v128.load(from), b = v128.load(from + step), c = v128.load(from + 2 * step);
  const outer = f32x4.mul(f32x4.add(a, c), splat(-0.16666667));
  const wide = madd(a, splat(0.041666668), f32x4.mul(c, splat(0.16666667)));
  const third = f32x4.mul(b, splat(0.16666667));
  const near = f32x4.mul(b, splat(0.083333336));
  v128.store(to, f32x4.mul(a, splat(0.25)));
  v128.store(to + toStep, f32x4.sub(outer, third));
  v128.store(to + 2 * toStep, f32x4.add(outer, third));
  v128.store(to + 3 * toStep, f32x4.add(wide, near));
  v128.store(to + 4 * toStep, f32x4.sub(wide, near));
  v128.store(to + 5 * toStep, c);
}

/** G·w·Gᵀ of four kernels; a turned kernel is read from its end. */
function transformKernels(a: usize, b: usize, c: usize, d: usize, turned: bool, to: usize, step: usize): void {
  const patch = packedRows() + PATCH;
  const half = packedRows() + HALF;
  transpose4(v128.load(a), v128.load(b), v128.load(c), v128.load(d), patch, 16);
  transpose4(v128.load(a, 16), v128.load(b, 16), v128.load(c, 16), v128.load(d, 16), patch + 64, 16);
  f32.store(patch, f32.load(a, 32), 128);
  f32.store(patch, f32.load(b, 32), 132);
  f32.store(patch, f32.load(c, 32), 136);
  f32.store(patch, f32.load(d, 32), 140);
  const first = turned ? patch + 128 : patch;
  const next: isize = turned ? -16 : 16;
  for (let v: isize = 0; v < 3; v++) transformKernel(first + v * next, 3 * next, half + (<usize>v << 4), 48);
  for (let u: usize = 0; u < 6; u++) transformKernel(half + u * 48, 16, to + u * 6 * step, step);
}

/**
 * Transforms kernels of outputs `first` to before `end` into panels, as products read them. Kernels of neighbouring outputs are
 * `outputStep` numbers apart, those of inputs `inputStep`; `turned` by 180° for the gradient in the image. What a panel lacks at its end
 * is a repetition, which nobody reads.
 */
export function winogradKernels(
  w: usize, outputStep: i32, inputStep: i32, turned: bool, to: usize, outputs: i32, inputs: i32, first: i32, end: i32,
): void {
  const high = roundUp(outputs, MR);
  const step = positionBytes(high * inputs);
  const next = (<usize>inputStep) << 2;
  const across = (<usize>outputStep) << 2;
  const spare = packedRows() + BORDER;
  for (let o: i32 = first; o < end; o += MR) {
    const last = outputs - 1 - o;
    const base = w + <usize>o * across;
    const b = across * min(1, last), c = across * min(2, last), d = across * min(3, last);
    const e = across * min(4, last), f = across * min(5, last);
    for (let whole: i32 = 0; whole < inputs; whole += KC) {
      const deep = min(KC, inputs - whole);
      let place = to + ((<usize>(whole * high + o * deep)) << 2);
      let at = base + <usize>whole * next;
      let i: i32 = 0;
      if (ASC_FEATURE_RELAXED_SIMD) {
        // Two inputs have twelve numbers a position: three vectors.
        for (; i + 2 <= deep; i += 2) {
          const beside = at + next;
          transformKernels(at, at + b, at + c, at + d, turned, place, step);
          transformKernels(at + e, at + f, beside, beside + b, turned, place + 16, step);
          transformKernels(beside + c, beside + d, beside + e, beside + f, turned, place + 32, step);
          place += 48;
          at = beside + next;
        }
      }
      for (; i < deep; i++) {
        transformKernels(at, at + b, at + c, at + d, turned, place, step);
        if (ASC_FEATURE_RELAXED_SIMD) {
          transformKernels(at + e, at + f, at + e, at + f, turned, spare, 16);
          for (let k: usize = 0; k < <usize>POSITIONS; k++) {
            v128.store64_lane(place + k * step, v128.load(spare + (k << 4)), 0, 16);
          }
        }
        place += MR << 2;
        at += next;
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

/** A·v for four vectors `step` bytes apart: six. */
// @ts-ignore: decorator
@inline
function transformGradient(from: usize, step: usize, to: usize, toStep: usize): void {
  const a = v128.load(from), b = v128.load(from + step), c = v128.load(from + 2 * step), d = v128.load(from + 3 * step);
  const even = f32x4.add(a, c), odd = f32x4.add(b, d);
  const wide = madd(splat(4), c, a), steep = madd(splat(8), d, f32x4.add(b, b));
  v128.store(to, a);
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(wide, steep));
  v128.store(to + 4 * toStep, f32x4.sub(wide, steep));
  v128.store(to + 5 * toStep, d);
}

/** Where a square of pixels lies: its first one, and the bytes of a row. */
let place: usize = 0;
let placeRow: usize = 0;

/**
 * Finds `size`×`size` pixels from (y, x) of a plane, at most 8 wide. What leaves the plane is copied, with zeros around it, into a
 * border of its own for each `lane`.
 */
function find(plane: usize, height: i32, width: i32, y: i32, x: i32, size: i32, lane: usize): void {
  if (y >= 0 && x >= 0 && y + size <= height && x + size <= width) {
    place = plane + ((<usize>(y * width + x)) << 2);
    placeRow = (<usize>width) << 2;
    return;
  }
  const scratch = packedRows() + BORDER + lane * 192;
  for (let k: usize = 0; k < 192; k += 16) v128.store(scratch + k, splat(0));
  place = scratch;
  placeRow = 32;
  const low = max(0, -x);
  const count = min(size, width - x) - low;
  for (let r = max(0, -y); r < min(size, height - y); r++) {
    let from = plane + ((<usize>((y + r) * width + x + low)) << 2);
    let to = scratch + ((<usize>(r * 8 + low)) << 2);
    let k: i32 = 0;
    if (count >= 4) {
      v128.store(to, v128.load(from));
      k = 4;
    }
    for (; k < count; k++) f32.store(to + ((<usize>k) << 2), f32.load(from + ((<usize>k) << 2)));
  }
}

/** The pixels of four squares as vectors with one lane for each, six vectors a row. */
function gather(
  a: usize, aRow: usize, b: usize, bRow: usize, c: usize, cRow: usize, d: usize, dRow: usize, rows: i32, wide: bool,
): void {
  let to = packedRows() + PATCH;
  for (let r: i32 = 0; r < rows; r++) {
    transpose4(v128.load(a), v128.load(b), v128.load(c), v128.load(d), to, 16);
    if (wide) {
      const ab = v128.shuffle<f32>(v128.load64_zero(a, 16), v128.load64_zero(b, 16), 0, 4, 1, 5);
      const cd = v128.shuffle<f32>(v128.load64_zero(c, 16), v128.load64_zero(d, 16), 0, 4, 1, 5);
      v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2), 64);
      v128.store(to, v128.shuffle<i64>(ab, cd, 1, 3), 80);
    }
    a += aRow;
    b += bRow;
    c += cRow;
    d += dRow;
    to += 96;
  }
}

/** Where tile `tile` of all images begins in an image of zero padding: its image, row and column. */
let tileImage: i32 = 0;
let tileRow: i32 = 0;
let tileColumn: i32 = 0;

// @ts-ignore: decorator
@inline
function locate(s: Source, tile: i32): void {
  const across = (s.gridWidth + 3) >> 2;
  const tiles = ((s.gridHeight + 3) >> 2) * across;
  const at = tile % tiles;
  tileImage = tile / tiles;
  tileRow = at / across * 4;
  tileColumn = at % across * 4;
}

/**
 * Transforms `count` tiles from number `first` of all channels into panels of eight tiles, position after position; of these the panels from
 * tile `begin` (a multiple of 8) to before `end`.
 */
function transformTiles(s: Source, x: usize, inputs: i32, first: i32, count: i32, begin: i32, end: i32, scratch: usize): void {
  const height = s.height;
  const width = s.width;
  const plane = (<usize>(height * width)) << 2;
  const columns = roundUp(count, NR);
  const step = positionBytes(columns * roundUp(inputs, NR));
  const patch = packedRows() + PATCH;
  const half = packedRows() + HALF;
  for (let panel = begin; panel < end; panel += NR) {
    for (let part: i32 = 0; part < NR; part += 4) {
      const last = first + count - 1;
      locate(s, min(last, first + panel + part));
      const aImage = x + <usize>(tileImage * inputs) * plane, aY = tileRow - s.top, aX = tileColumn - s.left;
      locate(s, min(last, first + panel + part + 1));
      const bImage = x + <usize>(tileImage * inputs) * plane, bY = tileRow - s.top, bX = tileColumn - s.left;
      locate(s, min(last, first + panel + part + 2));
      const cImage = x + <usize>(tileImage * inputs) * plane, cY = tileRow - s.top, cX = tileColumn - s.left;
      locate(s, min(last, first + panel + part + 3));
      const dImage = x + <usize>(tileImage * inputs) * plane, dY = tileRow - s.top, dX = tileColumn - s.left;
      let offset: usize = 0;
      for (let whole: i32 = 0; whole < inputs; whole += KC) {
        const deep = min(KC, inputs - whole);
        let to = scratch + ((<usize>(whole * columns + panel * deep + part)) << 2);
        for (let c: i32 = 0; c < deep; c++) {
          find(aImage + offset, height, width, aY, aX, 6, 0);
          const a = place, aRow = placeRow;
          find(bImage + offset, height, width, bY, bX, 6, 1);
          const b = place, bRow = placeRow;
          find(cImage + offset, height, width, cY, cX, 6, 2);
          const cc = place, cRow = placeRow;
          find(dImage + offset, height, width, dY, dX, 6, 3);
          gather(a, aRow, b, bRow, cc, cRow, place, placeRow, 6, true);
          for (let j: usize = 0; j < 6; j++) transformTile(patch + (j << 4), 96, half + (j << 4), 96);
          for (let i: usize = 0; i < 6; i++) transformTile(half + i * 96, 16, to + i * 6 * step, step);
          offset += plane;
          to += NR << 2;
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

/**
 * Transforms products back and writes the pixels of `count` tiles from number `first` for outputs `from` to before `to`; products
 * begin with output `from`. With `adds` to what is there; then `bias` (or 0) is added and `activation` applied: 1 for ReLU.
 */
function writeTiles(
  s: Source, products: usize, y: usize, outputs: i32, from: i32, to: i32, first: i32, count: i32,
  adds: bool, bias: usize, activation: i32,
): void {
  const width = (<usize>s.gridWidth) << 2;
  const plane = <usize>s.gridHeight * width;
  const columns = roundUp(count, NR);
  const step = positionBytes((to - from) * columns);
  const half = packedRows() + HALF;
  const pixels = packedRows() + PATCH;
  // For each tile: where it begins from the first output's first pixel of the first image, and how much of it exists.
  const targets = packedRows() + TARGETS;
  for (let t: i32 = 0; t < count; t++) {
    locate(s, first + t);
    const at = targets + ((<usize>t) << 3);
    i32.store(at, <i32>(<usize>(tileImage * outputs) * plane + <usize>tileRow * width + ((<usize>tileColumn) << 2)));
    i32.store(at, (min(4, s.gridHeight - tileRow) << 3) | min(4, s.gridWidth - tileColumn), 4);
  }
  for (let o: i32 = from; o < to; o++) {
    const base = y + <usize>o * plane;
    const shift = bias ? f32.load(bias + ((<usize>o) << 2)) : 0;
    for (let t: i32 = 0; t < count; t += 4) {
      const source = products + ((<usize>((o - from) * columns + t)) << 2);
      for (let j: usize = 0; j < 6; j++) transformOutput(source + j * step, 6 * step, half + (j << 4), 96);
      for (let i: usize = 0; i < 4; i++) transformOutput(half + i * 96, 16, pixels + (i << 4), 64);
      // Pixel (i, j) of the four tiles is at j·64 + i·16; turned, row i of one tile lies together.
      for (let r: usize = 0; r < 4; r++) {
        const row = pixels + (r << 4);
        transpose4(v128.load(row), v128.load(row, 64), v128.load(row, 128), v128.load(row, 192), half + (r << 6), 16);
      }
      for (let lane: i32 = 0; lane < min(4, count - t); lane++) {
        const at = targets + ((<usize>(t + lane)) << 3);
        let target = base + <usize>i32.load(at);
        const exists = i32.load(at, 4);
        const wide = exists & 7;
        let pixel = half + ((<usize>lane) << 4);
        for (let r: i32 = 0; r < exists >> 3; r++) {
          if (wide == 4) {
            let value = v128.load(pixel);
            if (adds) value = f32x4.add(value, v128.load(target));
            value = f32x4.add(value, splat(shift));
            if (activation == 1) value = f32x4.pmax(value, splat(0));
            v128.store(target, value);
          } else {
            for (let k: usize = 0; k < (<usize>wide) << 2; k += 4) {
              let value = f32.load(pixel + k) + shift;
              if (adds) value += f32.load(target + k);
              f32.store(target + k, activation == 1 ? (value < 0 ? 0 : value) : value);
            }
          }
          target += width;
          pixel += 64;
        }
      }
    }
  }
}

/** products[k] = kernels[k] · tiles[k] for all positions, rows of `columns` numbers. */
function multiplyPositions(kernels: usize, tiles: usize, products: usize, outputs: i32, inputs: i32, columns: i32): void {
  const high = roundUp(outputs, MR);
  const kernelStep = positionBytes(high * inputs);
  const tileStep = positionBytes(columns * roundUp(inputs, NR));
  const step = positionBytes(outputs * columns);
  const width = (<usize>columns) << 2;
  for (let k: usize = 0; k < <usize>POSITIONS; k++) {
    const target = products + k * step;
    for (let i: i32 = 0; i < inputs; i += KC) {
      const deep = min(KC, inputs - i);
      const left = kernels + k * kernelStep + ((<usize>(i * high)) << 2);
      const right = tiles + k * tileStep + <usize>i * width;
      if (i > 0) block(left, right, target, width, outputs, columns, deep, target, width, 4);
      else block(left, right, target, width, outputs, columns, deep, zeros(), 0, 0);
    }
  }
}

/**
 * y = x ⋆ w for tiles `from` to before `to` of all images, `chunk` tiles at a time, with transformed kernels; `scratch` holds the tiles and
 * their products. See `writeTiles` for the rest.
 */
export function winograd(
  sizes: usize, x: usize, kernels: usize, y: usize, inputs: i32, outputs: i32, from: i32, to: i32, chunk: i32, scratch: usize,
  adds: bool, bias: usize, activation: i32,
): void {
  const source = changetype<Source>(sizes);
  const products = scratch + <usize>winogradTileBytes(inputs, chunk);
  for (let first = from; first < to; first += chunk) {
    const count = min(chunk, to - first);
    transformTiles(source, x, inputs, first, count, 0, count, scratch);
    multiplyPositions(kernels, scratch, products, outputs, inputs, roundUp(count, NR));
    writeTiles(source, products, y, outputs, 0, outputs, first, count, adds, bias, activation);
  }
}

/** `count` tiles from number `first` for `winogradOutputs`; of these the ones from `begin` (a multiple of 8) to before `end`. */
export function winogradTiles(sizes: usize, x: usize, inputs: i32, first: i32, count: i32, begin: i32, end: i32, to: usize): void {
  transformTiles(changetype<Source>(sizes), x, inputs, first, count, begin, end, to);
}

/**
 * y = x ⋆ w for outputs `from` to before `to`, `chunk` (a multiple of MR) outputs at a time, whose kernels are transformed on the way; of the
 * `count` tiles from number `first`, which are in `tiles`. `scratch` holds kernels and products.
 */
export function winogradOutputs(
  sizes: usize, tiles: usize, w: usize, outputStep: i32, inputStep: i32, turned: bool, y: usize, inputs: i32, outputs: i32, first: i32, count: i32,
  from: i32, to: i32, chunk: i32, scratch: usize, adds: bool, bias: usize, activation: i32,
): void {
  const products = scratch + <usize>winogradKernelBytes(chunk, inputs);
  for (let o = from; o < to; o += chunk) {
    const some = min(chunk, to - o);
    winogradKernels(w + ((<usize>(o * outputStep)) << 2), outputStep, inputStep, turned, scratch, some, inputs, 0, some);
    multiplyPositions(scratch, tiles, products, some, inputs, roundUp(count, NR));
    writeTiles(changetype<Source>(sizes), products, y, outputs, o, o + some, first, count, adds, bias, activation);
  }
}

/**
 * Transforms `count` tiles from number `first` for the gradient in the kernels: panels of eight channels, from channel `from` (a multiple of 8) to
 * before `to`, in which the tiles are the depth.
 */
export function winogradColumns(
  sizes: usize, x: usize, inputs: i32, first: i32, count: i32, from: i32, to: i32, scratch: usize,
): void {
  const s = changetype<Source>(sizes);
  const height = s.height;
  const width = s.width;
  const plane = (<usize>(height * width)) << 2;
  const step = positionBytes(roundUp(count, NR) * roundUp(inputs, NR));
  const patch = packedRows() + PATCH;
  const half = packedRows() + HALF;
  for (let panel = from; panel < to; panel += NR) {
    let target = scratch + ((<usize>(panel * count)) << 2);
    for (let t: i32 = 0; t < count; t++) {
      locate(s, first + t);
      const image = x + <usize>(tileImage * inputs) * plane;
      const y = tileRow - s.top, x0 = tileColumn - s.left;
      for (let part: i32 = 0; part < NR; part += 4) {
        const c = panel + part;
        find(image + <usize>min(c, inputs - 1) * plane, height, width, y, x0, 6, 0);
        const a = place, row = placeRow;
        find(image + <usize>min(c + 1, inputs - 1) * plane, height, width, y, x0, 6, 1);
        const b = place;
        find(image + <usize>min(c + 2, inputs - 1) * plane, height, width, y, x0, 6, 2);
        const cc = place;
        find(image + <usize>min(c + 3, inputs - 1) * plane, height, width, y, x0, 6, 3);
        gather(a, row, b, row, cc, row, place, row, 6, true);
        for (let j: usize = 0; j < 6; j++) transformTile(patch + (j << 4), 96, half + (j << 4), 96);
        const to = target + ((<usize>part) << 2);
        for (let i: usize = 0; i < 6; i++) transformTile(half + i * 96, 16, to + i * 6 * step, step);
      }
      target += NR << 2;
    }
  }
}

/** Transforms gradients of `count` tiles from number `first`, outputs `from` to before `to`, into panels of MR outputs. */
function transformGradients(s: Source, g: usize, outputs: i32, first: i32, count: i32, from: i32, to: i32, scratch: usize): void {
  const height = s.gridHeight;
  const width = s.gridWidth;
  const plane = (<usize>(height * width)) << 2;
  const step = positionBytes(roundUp(to - from, MR) * count);
  const patch = packedRows() + PATCH;
  const half = packedRows() + HALF;
  const spare = packedRows() + BORDER;
  for (let panel = from; panel < to; panel += MR) {
    let target = scratch + ((<usize>((panel - from) * count)) << 2);
    for (let t: i32 = 0; t < count; t++) {
      locate(s, first + t);
      const image = g + <usize>(tileImage * outputs) * plane;
      for (let part: i32 = 0; part < MR; part += 4) {
        const o = panel + part;
        find(image + <usize>min(o, outputs - 1) * plane, height, width, tileRow, tileColumn, 4, 0);
        const a = place, row = placeRow;
        find(image + <usize>min(o + 1, outputs - 1) * plane, height, width, tileRow, tileColumn, 4, 1);
        const b = place;
        find(image + <usize>min(o + 2, outputs - 1) * plane, height, width, tileRow, tileColumn, 4, 2);
        const c = place;
        find(image + <usize>min(o + 3, outputs - 1) * plane, height, width, tileRow, tileColumn, 4, 3);
        gather(a, row, b, row, c, row, place, row, 4, false);
        for (let j: usize = 0; j < 4; j++) transformGradient(patch + (j << 4), 96, half + (j << 4), 96);
        if (part == 0) {
          for (let i: usize = 0; i < 6; i++) transformGradient(half + i * 96, 16, target + i * 6 * step, step);
        } else {
          for (let i: usize = 0; i < 6; i++) transformGradient(half + i * 96, 16, spare + i * 96, 16);
          for (let k: usize = 0; k < <usize>POSITIONS; k++) {
            v128.store64_lane(target + k * step, v128.load(spare + (k << 4)), 0, 16);
          }
        }
      }
      target += MR << 2;
    }
  }
}

/** Gᵀ·m for six vectors `step` bytes apart: three. */
// @ts-ignore: decorator
@inline
function transformBack(from: usize, step: usize, to: usize, toStep: usize): void {
  const m1 = v128.load(from + step), m2 = v128.load(from + 2 * step);
  const m3 = v128.load(from + 3 * step), m4 = v128.load(from + 4 * step);
  const near = f32x4.mul(f32x4.add(m1, m2), splat(-0.16666667));
  const far = f32x4.add(m3, m4);
  v128.store(to, madd(splat(0.25), v128.load(from), madd(splat(0.041666668), far, near)));
  v128.store(to + toStep, madd(splat(0.16666667), f32x4.sub(m2, m1), f32x4.mul(splat(0.083333336), f32x4.sub(m3, m4))));
  v128.store(to + 2 * toStep, f32x4.add(madd(splat(0.16666667), far, near), v128.load(from + 5 * step)));
}

/** Kernels Gᵀ·m·G of outputs `from` to before `to` from their sums m, rows of `columns` numbers. */
function writeKernels(sums: usize, w: usize, inputs: i32, columns: i32, from: i32, to: i32): void {
  const step = positionBytes((to - from) * columns);
  const half = packedRows() + HALF;
  const kernels = packedRows() + PATCH;
  for (let o = from; o < to; o++) {
    for (let i: i32 = 0; i < inputs; i += 4) {
      const source = sums + ((<usize>((o - from) * columns + i)) << 2);
      for (let j: usize = 0; j < 6; j++) transformBack(source + j * step, 6 * step, half + (j << 4), 96);
      for (let u: usize = 0; u < 3; u++) transformBack(half + u * 96, 16, kernels + u * 48, 16);
      const target = w + ((<usize>((o * inputs + i) * 9)) << 2);
      for (let lane: i32 = 0; lane < min(4, inputs - i); lane++) {
        for (let k: i32 = 0; k < 9; k++) {
          f32.store(target + ((<usize>(lane * 9 + k)) << 2), f32.load(kernels + ((<usize>(k * 4 + lane)) << 2)));
        }
      }
    }
  }
}

/**
 * w = Σ g ⋆ x over `count` tiles from number `first` for outputs `from` to before `to`, `chunk` (a multiple of MR) at a time: gradients are
 * transformed into `scratch`, and products with the `columns` of `winogradColumns` summed in `sums`, beginning with 0 where `begins`; where `ends`, the
 * sums become kernels. Sums of a chunk of outputs follow each other, or all have the same place where there is one chunk of tiles only.
 */
export function winogradWeight(
  sizes: usize, g: usize, columns: usize, w: usize, inputs: i32, outputs: i32, first: i32, count: i32,
  from: i32, to: i32, chunk: i32, scratch: usize, sums: usize, begins: bool, ends: bool,
): void {
  const source = changetype<Source>(sizes);
  const wide = roundUp(inputs, NR);
  const rowBytes = (<usize>wide) << 2;
  const columnStep = positionBytes(roundUp(count, NR) * wide);
  for (let o = from; o < to; o += chunk) {
    const some = min(chunk, to - o);
    transformGradients(source, g, outputs, first, count, o, o + some, scratch);
    const gradientStep = positionBytes(roundUp(some, MR) * count);
    const sumStep = positionBytes(some * wide);
    const target = begins && ends ? sums : sums + <usize>(o / chunk) * <usize>winogradProductBytes(chunk, wide);
    for (let k: usize = 0; k < <usize>POSITIONS; k++) {
      const left = scratch + k * gradientStep;
      const right = columns + k * columnStep;
      const to = target + k * sumStep;
      if (begins) block(left, right, to, rowBytes, some, wide, count, zeros(), 0, 0);
      else block(left, right, to, rowBytes, some, wide, count, to, rowBytes, 4);
    }
    if (ends) writeKernels(target, w, inputs, wide, o, o + some);
  }
}
