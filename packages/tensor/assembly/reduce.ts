/** Sums and extremes of float32 rows and columns, and tests of rows of bytes. */

import { splat } from './math';
import { packedColumns } from './workspace';

// @ts-ignore: decorator
@inline
export function total4(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
export function largest4(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** Σ of n numbers: four vectors of partial sums, folded every 4,096 numbers so that rounding stays small. */
export function sumRow(x: usize, n: i32): f64 {
  let sum: f64 = 0;
  let i: i32 = 0;
  while (i + 16 <= n) {
    const end = min(n - 15, i + 4096);
    let a = splat(0), b = splat(0), c = splat(0), d = splat(0);
    for (; i < end; i += 16) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
      x += 64;
    }
    sum += <f64>total4(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
  }
  for (; i < n; i++) {
    sum += <f64>f32.load(x);
    x += 4;
  }
  return sum;
}

/** y[r] = Σ of row r. */
export function sumRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    f32.store(y, <f32>sumRow(x, columns));
    x += (<usize>columns) << 2;
    y += 4;
  }
}

/** Columns that are summed side by side: their sums stay in the first-level cache. */
const STRIP: i32 = 2048;

/** y[o, c] = Σ over r of x[o, r, c], rows of x `step` elements apart; rows are added in blocks, so that rounding stays small. */
export function sumColumns(x: usize, y: usize, outer: i32, rows: i32, columns: i32, step: i32): void {
  const bytes = (<usize>step) << 2;
  const scratch = packedColumns();
  for (let o: i32 = 0; o < outer; o++) {
    for (let c: i32 = 0; c < columns; c += STRIP) {
      const width = min(STRIP, columns - c);
      const at = (<usize>c) << 2;
      memory.fill(y + at, 0, (<usize>width) << 2);
      let from = x + at;
      for (let r: i32 = 0; r < rows; ) {
        const end = min(rows, r + 256);
        memory.fill(scratch, 0, (<usize>width) << 2);
        for (; r < end; r++) {
          addTo(scratch, from, width);
          from += bytes;
        }
        addTo(y + at, scratch, width);
      }
    }
    x += bytes * rows;
    y += (<usize>columns) << 2;
  }
}

// @ts-ignore: decorator
@inline
function addTo(y: usize, x: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
    x += 16;
    y += 16;
  }
  for (; i < n; i++) {
    f32.store(y, f32.load(y) + f32.load(x));
    x += 4;
    y += 4;
  }
}

/** The largest of n numbers, or NaN where one is; −∞ of none. */
export function maxRow(x: usize, n: i32): f32 {
  let m = splat(-Infinity), k = m;
  // pmax passes over NaN in its second operand, so NaN is looked for beside it.
  let whole = i32x4.splat(-1);
  let i: i32 = 0;
  for (; i + 8 <= n; i += 8) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    m = f32x4.pmax(m, a);
    k = f32x4.pmax(k, b);
    whole = v128.and(whole, v128.and(f32x4.eq(a, a), f32x4.eq(b, b)));
    x += 32;
  }
  if (!i32x4.all_true(whole)) return NaN;
  let best = largest4(f32x4.pmax(m, k));
  for (; i < n; i++) {
    best = max(best, f32.load(x));
    x += 4;
  }
  return best;
}

/** y[r] = the largest of row r, NaN where there is one. */
export function maxRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    f32.store(y, maxRow(x, columns));
    x += (<usize>columns) << 2;
    y += 4;
  }
}

/** y[r] = the smallest of row r, NaN where there is one. */
export function minRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    let m = splat(Infinity);
    let i: i32 = 0;
    for (; i + 4 <= columns; i += 4) {
      m = f32x4.min(m, v128.load(x));
      x += 16;
    }
    let least = min(
      min(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)),
      min(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3)),
    );
    for (; i < columns; i++) {
      least = min(least, f32.load(x));
      x += 4;
    }
    f32.store(y, least);
    y += 4;
  }
}

/** y[r] = whether a byte of row r is `value`. */
// @ts-ignore: decorator
@inline
function holds(x: usize, columns: i32, value: u8): bool {
  const sought = i8x16.splat(value);
  let i: i32 = 0;
  for (; i + 16 <= columns; i += 16) if (v128.any_true(i8x16.eq(v128.load(x + i), sought))) return true;
  for (; i < columns; i++) if (load<u8>(x + i) == value) return true;
  return false;
}

export function anyRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) store<u8>(y + r, <u8>holds(x + r * columns, columns, 1));
}

export function allRows(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) store<u8>(y + r, <u8>!holds(x + r * columns, columns, 0));
}
