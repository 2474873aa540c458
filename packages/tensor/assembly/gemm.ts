/**
 * C = A·B in float32: panels packed for the cache, and a micro-kernel whose accumulators all stay in registers. The shape of
 * the tile decides everything: 4×8 for plain SIMD, 6×8 where multiply-add is one instruction; larger ones spill.
 */

import { packColumns, Source } from './pack';
import { MR, NR } from './shape';

/** Depth of a packed panel: a tile's panels stay in the first-level cache. */
const KC: i32 = 256;
/** Rows of A packed at a time: they stay in the second-level cache. */
const MC: i32 = 96;
/** Columns of B packed at a time. */
const NC: i32 = 512;

const PACKED_A: i32 = (MC + MR) * KC * 4;
const PACKED_B: i32 = (NC + NR) * KC * 4;
/** Bytes of scratch memory that a product needs. */
export function gemmScratch(): i32 {
  return PACKED_A + PACKED_B + MR * NR * 4;
}

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Packs rows of A as panels of MR rows: for each k the MR values lie together; missing rows are 0. */
function packRows(a: usize, rowStep: i32, columnStep: i32, rows: i32, depth: i32, to: usize): void {
  for (let i: i32 = 0; i < rows; i += MR) {
    const full = min(MR, rows - i);
    for (let r: i32 = 0; r < MR; r++) {
      let target = to + ((<usize>r) << 2);
      if (r < full) {
        let from = a + ((<isize>(i + r) * rowStep) << 2);
        for (let k: i32 = 0; k < depth; k++) {
          f32.store(target, f32.load(from));
          from += (<isize>columnStep) << 2;
          target += MR << 2;
        }
      } else {
        for (let k: i32 = 0; k < depth; k++) {
          f32.store(target, 0);
          target += MR << 2;
        }
      }
    }
    to += (MR * depth) << 2;
  }
}

// @ts-ignore: decorator
@inline
function finish(c: usize, low: v128, high: v128, adds: bool, bias: usize, relu: bool): void {
  if (adds) {
    low = f32x4.add(low, v128.load(c));
    high = f32x4.add(high, v128.load(c, 16));
  }
  if (bias) {
    low = f32x4.add(low, v128.load(bias));
    high = f32x4.add(high, v128.load(bias, 16));
  }
  if (relu) {
    const zero = f32x4.splat(0);
    low = f32x4.max(low, zero);
    high = f32x4.max(high, zero);
  }
  v128.store(c, low);
  v128.store(c, high, 16);
}

/** One tile: C (MR×8, rows `ldc` bytes apart) from a panel of A and one of B. */
function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, adds: bool, bias: usize, relu: bool): void {
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0), c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0), c51 = f32x4.splat(0);
  for (let k: i32 = 0; k < depth; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load32_splat(a, 4);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load32_splat(a, 8);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load32_splat(a, 12);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    if (ASC_FEATURE_RELAXED_SIMD) {
      x = v128.load32_splat(a, 16);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
      x = v128.load32_splat(a, 20);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
    }
    a += MR << 2;
    b += NR << 2;
  }
  finish(c, c00, c01, adds, bias, relu);
  finish((c += ldc), c10, c11, adds, bias, relu);
  finish((c += ldc), c20, c21, adds, bias, relu);
  finish((c += ldc), c30, c31, adds, bias, relu);
  if (ASC_FEATURE_RELAXED_SIMD) {
    finish((c += ldc), c40, c41, adds, bias, relu);
    finish((c += ldc), c50, c51, adds, bias, relu);
  }
}

/** A tile at the edge is computed whole in scratch memory; what exists of it is copied. */
function edgeTile(
  depth: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32,
  adds: bool, bias: usize, relu: bool, scratch: usize,
): void {
  tile(depth, a, b, scratch, NR << 2, false, 0, false);
  for (let i: i32 = 0; i < rows; i++) {
    for (let j: i32 = 0; j < columns; j++) {
      const at = c + ((<usize>j) << 2);
      let value = f32.load(scratch + ((<usize>(i * NR + j)) << 2));
      if (adds) value += f32.load(at);
      if (bias) value += f32.load(bias + ((<usize>j) << 2));
      if (relu) value = max(value, <f32>0);
      f32.store(at, value);
    }
    c += ldc;
  }
}

/** Multiplies a packed block of A with a packed block of B into C. */
function block(
  a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32,
  adds: bool, bias: usize, relu: bool, scratch: usize,
): void {
  for (let j: i32 = 0; j < columns; j += NR) {
    const width = min(NR, columns - j);
    const biasHere = bias ? bias + ((<usize>j) << 2) : 0;
    for (let i: i32 = 0; i < rows; i += MR) {
      const height = min(MR, rows - i);
      const panel = a + ((<usize>(i * depth)) << 2);
      const target = c + <usize>i * ldc + ((<usize>j) << 2);
      if (height == MR && width == NR) tile(depth, panel, b, target, ldc, adds, biasHere, relu);
      else edgeTile(depth, panel, b, target, ldc, height, width, adds, biasHere, relu, scratch);
    }
    b += (NR * depth) << 2;
  }
}

/**
 * C[rows, columns] (rows `ldc` elements apart) = A·B, or += where `adds`; A has steps between rows and columns, B comes from
 * `source`. Bias (one a column) and relu are applied as the last block of the depth is stored.
 */
export function multiply(
  a: usize, rowStep: i32, columnStep: i32, source: Source,
  c: usize, ldc: i32, rows: i32, columns: i32, depth: i32,
  adds: bool, bias: usize, relu: bool, scratch: usize,
): void {
  const packedA = scratch;
  const packedB = scratch + PACKED_A;
  const edge = packedB + PACKED_B;
  const ldcBytes = (<usize>ldc) << 2;
  for (let j: i32 = 0; j < columns; j += NC) {
    const width = min(NC, columns - j);
    for (let k: i32 = 0; k < depth; k += KC) {
      const deep = min(KC, depth - k);
      const last = k + deep == depth;
      packColumns(source, k, deep, j, width, packedB);
      for (let i: i32 = 0; i < rows; i += MC) {
        const high = min(MC, rows - i);
        packRows(a + ((<isize>i * rowStep + <isize>k * columnStep) << 2), rowStep, columnStep, high, deep, packedA);
        const target = c + <usize>i * ldcBytes + ((<usize>j) << 2);
        const biasHere = last && bias ? bias + ((<usize>j) << 2) : 0;
        block(packedA, packedB, target, ldcBytes, high, width, deep, adds || k > 0, biasHere, last && relu, edge);
      }
    }
  }
}
