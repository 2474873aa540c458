/**
 * C = A·B in float32: panels packed for the cache, and a micro-kernel whose accumulators all stay in registers. The shape of
 * the tile decides everything: 4×8 for plain SIMD, 6×8 where multiply-add is one instruction; larger ones spill.
 */

import { madd } from './math';
import { MATRIX, packColumns, Source } from './pack';
import { MR, NR, transpose4 } from './tile';
import { edge, KC, MC, NC, packedColumns, packedRows, sourceScratch, zeros } from './workspace';

/** Packs rows of A as panels of MR rows, `panel` bytes apart: for each k the MR values lie together; missing rows are 0. */
export function packRows(
  a: usize, rowStep: i32, columnStep: i32, rows: i32, depth: i32, to: usize, panel: usize,
): void {
  const rowBytes = (<isize>rowStep) << 2;
  const columnBytes = (<isize>columnStep) << 2;
  for (let i: i32 = 0; i < rows; i += MR) {
    const full = min(MR, rows - i);
    const from = a + <isize>i * rowBytes;
    if (full == MR && columnStep == 1) packAcross(from, rowBytes, depth, to);
    else if (full == MR && rowStep == 1) packAlong(from, columnBytes, depth, to);
    else {
      for (let r: i32 = 0; r < MR; r++) {
        let target = to + ((<usize>r) << 2);
        let source = from + <isize>r * rowBytes;
        for (let k: i32 = 0; k < depth; k++) {
          f32.store(target, r < full ? f32.load(source) : 0);
          source += columnBytes;
          target += MR << 2;
        }
      }
    }
    to += panel;
  }
}

/** MR rows whose elements are neighbours: blocks of 4×4 are turned in registers. */
function packAcross(from: usize, rowBytes: isize, depth: i32, to: usize): void {
  let k: i32 = 0;
  for (; k + 4 <= depth; k += 4) {
    transpose4(
      v128.load(from), v128.load(from + rowBytes), v128.load(from + 2 * rowBytes), v128.load(from + 3 * rowBytes),
      to, MR << 2,
    );
    if (ASC_FEATURE_RELAXED_SIMD) {
      const e = v128.load(from + 4 * rowBytes);
      const f = v128.load(from + 5 * rowBytes);
      const low = v128.shuffle<f32>(e, f, 0, 4, 1, 5);
      const high = v128.shuffle<f32>(e, f, 2, 6, 3, 7);
      v128.store64_lane(to, low, 0, 16);
      v128.store64_lane(to + (MR << 2), low, 1, 16);
      v128.store64_lane(to + (MR << 3), high, 0, 16);
      v128.store64_lane(to + 3 * (MR << 2), high, 1, 16);
    }
    from += 16;
    to += MR << 4;
  }
  for (; k < depth; k++) {
    let source = from;
    for (let r: usize = 0; r < <usize>MR << 2; r += 4) {
      f32.store(to + r, f32.load(source));
      source += rowBytes;
    }
    from += 4;
    to += MR << 2;
  }
}

/** MR rows of a transposed matrix: the values of one k are neighbours. */
function packAlong(from: usize, columnBytes: isize, depth: i32, to: usize): void {
  for (let k: i32 = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    if (ASC_FEATURE_RELAXED_SIMD) v128.store64_lane(to, v128.load64_zero(from, 16), 0, 16);
    from += columnBytes;
    to += MR << 2;
  }
}

/**
 * One tile: C (MR×8, rows `ldc` bytes apart) = `start` (rows `startRow` bytes apart) + a panel of A times one of B. Beginning
 * with what is there, rather than adding it at the end, keeps the accumulators in registers: 65 against 43 GFLOP/s.
 */
function tile(depth: i32, a: usize, b: usize, c: usize, ldc: usize, start: usize, startRow: usize): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  let c10 = v128.load(start + startRow), c11 = v128.load(start + startRow, 16);
  let c20 = v128.load(start + 2 * startRow), c21 = v128.load(start + 2 * startRow, 16);
  let c30 = v128.load(start + 3 * startRow), c31 = v128.load(start + 3 * startRow, 16);
  let c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  if (ASC_FEATURE_RELAXED_SIMD) {
    c40 = v128.load(start + 4 * startRow);
    c41 = v128.load(start + 4 * startRow, 16);
    c50 = v128.load(start + 5 * startRow);
    c51 = v128.load(start + 5 * startRow, 16);
  }
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
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store((c += ldc), c10);
  v128.store(c, c11, 16);
  v128.store((c += ldc), c20);
  v128.store(c, c21, 16);
  v128.store((c += ldc), c30);
  v128.store(c, c31, 16);
  if (ASC_FEATURE_RELAXED_SIMD) {
    v128.store((c += ldc), c40);
    v128.store(c, c41, 16);
    v128.store((c += ldc), c50);
    v128.store(c, c51, 16);
  }
}

// @ts-ignore: decorator
@inline
function copyRow(from: usize, to: usize, columns: i32): void {
  if (columns == NR) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  } else {
    for (let n: usize = 0; n < (<usize>columns) << 2; n += 4) f32.store(to + n, f32.load(from + n));
  }
}

/** A tile at the edge is computed whole in memory of its own; what exists of it is copied. */
function edgeTile(
  depth: i32, a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, start: usize, startRow: usize,
): void {
  const scratch = edge();
  for (let i: i32 = 0; i < rows; i++) copyRow(start + <usize>i * startRow, scratch + ((<usize>(i * NR)) << 2), columns);
  tile(depth, a, b, scratch, NR << 2, scratch, NR << 2);
  for (let i: i32 = 0; i < rows; i++) copyRow(scratch + ((<usize>(i * NR)) << 2), c + <usize>i * ldc, columns);
}

/** Multiplies a packed block of A with a packed block of B into C; see `multiply` for `start`. */
export function block(
  a: usize, b: usize, c: usize, ldc: usize, rows: i32, columns: i32, depth: i32,
  start: usize, startRow: usize, startColumn: usize,
): void {
  for (let j: i32 = 0; j < columns; j += NR) {
    const width = min(NR, columns - j);
    let panel = a;
    let target = c;
    let from = start;
    for (let i: i32 = 0; i < rows; i += MR) {
      const height = min(MR, rows - i);
      if (height == MR && width == NR) tile(depth, panel, b, target, ldc, from, startRow);
      else edgeTile(depth, panel, b, target, ldc, height, width, from, startRow);
      panel += (MR * depth) << 2;
      target += MR * ldc;
      from += MR * startRow;
    }
    b += (NR * depth) << 2;
    c += NR << 2;
    start += NR * startColumn;
  }
}

/**
 * C[rows, columns] (rows `ldc` elements apart) = A·B; A has steps between rows and columns, B is what `source` has from column
 * `first`. Sums begin with 0, or with C where `adds`, or with `bias`, one a column.
 */
export function multiply(
  a: usize, rowStep: i32, columnStep: i32, source: Source, first: i32,
  c: usize, ldc: i32, rows: i32, columns: i32, depth: i32, adds: bool, bias: usize,
): void {
  const left = packedRows();
  const right = packedColumns();
  const ldcBytes = (<usize>ldc) << 2;
  for (let j: i32 = 0; j < columns; j += NC) {
    const width = min(NC, columns - j);
    for (let k: i32 = 0; k < depth; k += KC) {
      const deep = min(KC, depth - k);
      packColumns(source, k, deep, first + j, width, right, (NR * deep) << 2);
      for (let i: i32 = 0; i < rows; i += MC) {
        const high = min(MC, rows - i);
        packRows(a + ((<isize>i * rowStep + <isize>k * columnStep) << 2), rowStep, columnStep, high, deep, left, (MR * deep) << 2);
        const target = c + <usize>i * ldcBytes + ((<usize>j) << 2);
        if (adds || k > 0) block(left, right, target, ldcBytes, high, width, deep, target, ldcBytes, 4);
        else if (bias) block(left, right, target, ldcBytes, high, width, deep, bias + ((<usize>j) << 2), 0, 4);
        else block(left, right, target, ldcBytes, high, width, deep, zeros(), 0, 0);
      }
    }
  }
}

/** Bytes of a whole right factor as `packAll` writes it. */
export function packedBytes(depth: i32, columns: i32): i32 {
  return ((columns + NR) * depth) << 2;
}

/** Packs a matrix for many products: blocks in the order in which `multiplyPacked` reads them. */
export function packAll(b: usize, rowStep: i32, columnStep: i32, depth: i32, columns: i32, to: usize): void {
  const source = changetype<Source>(sourceScratch());
  source.kind = MATRIX;
  source.data = b;
  source.rowStep = rowStep;
  source.columnStep = columnStep;
  for (let j: i32 = 0; j < columns; j += NC) {
    const width = min(NC, columns - j);
    for (let k: i32 = 0; k < depth; k += KC) {
      const deep = min(KC, depth - k);
      packColumns(source, k, deep, j, width, to, (NR * deep) << 2);
      to += <usize>panels(width) * deep;
    }
  }
}

/** Bytes of the panels of `width` columns for each row of the depth. */
// @ts-ignore: decorator
@inline
function panels(width: i32): i32 {
  return ((width + NR - 1) / NR) * (NR << 2);
}

/** `multiply` by what `packAll` has packed. */
export function multiplyPacked(
  a: usize, rowStep: i32, columnStep: i32, packed: usize, c: usize, ldc: i32, rows: i32, columns: i32, depth: i32, adds: bool,
): void {
  const left = packedRows();
  const ldcBytes = (<usize>ldc) << 2;
  for (let j: i32 = 0; j < columns; j += NC) {
    const width = min(NC, columns - j);
    for (let k: i32 = 0; k < depth; k += KC) {
      const deep = min(KC, depth - k);
      for (let i: i32 = 0; i < rows; i += MC) {
        const high = min(MC, rows - i);
        packRows(a + ((<isize>i * rowStep + <isize>k * columnStep) << 2), rowStep, columnStep, high, deep, left, (MR * deep) << 2);
        const target = c + <usize>i * ldcBytes + ((<usize>j) << 2);
        if (adds || k > 0) block(left, packed, target, ldcBytes, high, width, deep, target, ldcBytes, 4);
        else block(left, packed, target, ldcBytes, high, width, deep, zeros(), 0, 0);
      }
      packed += <usize>panels(width) * deep;
    }
  }
}
