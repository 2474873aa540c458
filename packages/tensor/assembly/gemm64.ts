/** C = A·B in float64: as gemm.ts, with two numbers in a vector and tiles half as wide. Packing is plain: gradients are checked with it. */

import { MR } from './tile';
import { edge, packedColumns, packedRows } from './workspace';

/** Columns of a tile: two vectors of two. */
const NR: i32 = 4;
/** Blocks as in workspace.ts, in as many bytes. */
const KC: i32 = 256;
const MC: i32 = 42;
const NC: i32 = 512;

// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(a, b, c);
  return f64x2.add(f64x2.mul(a, b), c);
}

/** Panels of `wide` lines of `count`, `depth` elements each: for each depth the lines' elements lie together; missing lines are 0. */
function pack(x: usize, line: isize, across: isize, count: i32, depth: i32, wide: i32, to: usize): void {
  for (let first: i32 = 0; first < count; first += wide) {
    const full = min(wide, count - first);
    for (let k: i32 = 0; k < depth; k++) {
      let from = x + <isize>first * line + <isize>k * across;
      for (let i: i32 = 0; i < wide; i++) {
        f64.store(to, i < full ? f64.load(from) : 0);
        from += line;
        to += 8;
      }
    }
  }
}

/** One tile: C (MR×4, rows `ldc` bytes apart) is a panel of A times one of B, added to C where `adds`. */
function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, adds: bool): void {
  let c00 = f64x2.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  if (adds) {
    c00 = v128.load(c), c01 = v128.load(c, 16);
    c10 = v128.load(c + ldc), c11 = v128.load(c + ldc, 16);
    c20 = v128.load(c + 2 * ldc), c21 = v128.load(c + 2 * ldc, 16);
    c30 = v128.load(c + 3 * ldc), c31 = v128.load(c + 3 * ldc, 16);
    if (MR == 6) {
      c40 = v128.load(c + 4 * ldc), c41 = v128.load(c + 4 * ldc, 16);
      c50 = v128.load(c + 5 * ldc), c51 = v128.load(c + 5 * ldc, 16);
    }
  }
  for (let k: i32 = 0; k < depth; k++) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let x = v128.load64_splat(a);
    c00 = madd(x, b0, c00);
    c01 = madd(x, b1, c01);
    x = v128.load64_splat(a, 8);
    c10 = madd(x, b0, c10);
    c11 = madd(x, b1, c11);
    x = v128.load64_splat(a, 16);
    c20 = madd(x, b0, c20);
    c21 = madd(x, b1, c21);
    x = v128.load64_splat(a, 24);
    c30 = madd(x, b0, c30);
    c31 = madd(x, b1, c31);
    if (MR == 6) {
      x = v128.load64_splat(a, 32);
      c40 = madd(x, b0, c40);
      c41 = madd(x, b1, c41);
      x = v128.load64_splat(a, 40);
      c50 = madd(x, b0, c50);
      c51 = madd(x, b1, c51);
    }
    a += MR << 3;
    b += NR << 3;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store((c += ldc), c10);
  v128.store(c, c11, 16);
  v128.store((c += ldc), c20);
  v128.store(c, c21, 16);
  v128.store((c += ldc), c30);
  v128.store(c, c31, 16);
  if (MR == 6) {
    v128.store((c += ldc), c40);
    v128.store(c, c41, 16);
    v128.store((c += ldc), c50);
    v128.store(c, c51, 16);
  }
}

/** A tile at the edge is computed whole in memory of its own; what exists of it is copied. */
function edgeTile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, adds: bool): void {
  const scratch = edge();
  const bytes = (<usize>columns) << 3;
  for (let i: i32 = 0; adds && i < rows; i++) memory.copy(scratch + <usize>i * (NR << 3), c + <usize>i * ldc, bytes);
  tile(depth, a, b, scratch, NR << 3, adds);
  for (let i: i32 = 0; i < rows; i++) memory.copy(c + <usize>i * ldc, scratch + <usize>i * (NR << 3), bytes);
}

/** C[rows, columns] (rows `ldc` elements apart) = A·B; steps in elements. */
export function multiply64(
  a: usize, aRow: i32, aColumn: i32, b: usize, bRow: i32, bColumn: i32, c: usize, ldc: i32, rows: i32, columns: i32, depth: i32,
): void {
  const left = packedRows();
  const right = packedColumns();
  const step = (<usize>ldc) << 3;
  for (let j: i32 = 0; j < columns; j += NC) {
    const width = min(NC, columns - j);
    for (let k: i32 = 0; k < depth; k += KC) {
      const deep = min(KC, depth - k);
      pack(b + ((<isize>k * bRow + <isize>j * bColumn) << 3), (<isize>bColumn) << 3, (<isize>bRow) << 3, width, deep, NR, right);
      for (let i: i32 = 0; i < rows; i += MC) {
        const high = min(MC, rows - i);
        pack(a + ((<isize>i * aRow + <isize>k * aColumn) << 3), (<isize>aRow) << 3, (<isize>aColumn) << 3, high, deep, MR, left);
        for (let q: i32 = 0; q < width; q += NR) {
          const panel = right + ((<usize>(q * deep)) << 3);
          for (let p: i32 = 0; p < high; p += MR) {
            const from = left + ((<usize>(p * deep)) << 3);
            const to = c + <usize>(i + p) * step + ((<usize>(j + q)) << 3);
            if (high - p >= MR && width - q >= NR) tile(deep, from, panel, to, step, k > 0);
            else edgeTile(deep, from, panel, to, step, min(MR, high - p), min(NR, width - q), k > 0);
          }
        }
      }
    }
  }
}
