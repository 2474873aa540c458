/**
 * Elements of any layout: copies and choices over four axes, outermost first, of which the host makes all the axes that a tensor has. Steps count elements; copies and choices know elements by their width only.
 */

import { transpose4 } from './tile';

/** Rows up to so many bytes are copied by a loop: a call of the engine's copy costs more. */
const SHORT: usize = 256;

/** n elements, both neighbours. */
// @ts-ignore: decorator
@inline
export function copyRow<T>(x: usize, y: usize, n: i32): void {
  const bytes = <usize>n * sizeof<T>();
  if (bytes > SHORT) memory.copy(y, x, bytes);
  else {
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) v128.store(y + i, v128.load(x + i));
    for (; i < bytes; i += sizeof<T>()) store<T>(y + i, load<T>(x + i));
  }
}

/** One element n times. */
// @ts-ignore: decorator
@inline
export function repeat<T>(x: usize, y: usize, n: i32): void {
  const value = load<T>(x);
  const vector = v128.splat<T>(value);
  const bytes = <usize>n * sizeof<T>();
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(y + i, vector);
  for (; i < bytes; i += sizeof<T>()) store<T>(y + i, value);
}

/** Columns of a block of a transposition: what is written of a row is whole cache lines. */
const BLOCK: i32 = 32;

/** y[r, c] = x[r, c] where neighbours of x lie along r and those of y along c; in blocks, those of four bytes turned in registers. */
// @ts-ignore: decorator
@inline
function turn<T>(x: usize, y: usize, rows: i32, columns: i32, xColumn: isize, yRow: isize): void {
  for (let first: i32 = 0; first < columns; first += BLOCK) {
    const end = min(columns, first + BLOCK);
    let r: i32 = 0;
    if (sizeof<T>() == 4) {
      for (; r + 4 <= rows; r += 4) {
        let from = x + ((<usize>r) << 2) + <isize>first * xColumn;
        let to = y + <isize>r * yRow + ((<usize>first) << 2);
        let c = first;
        for (; c + 4 <= end; c += 4) {
          transpose4(v128.load(from), v128.load(from + xColumn), v128.load(from + 2 * xColumn), v128.load(from + 3 * xColumn), to, yRow);
          from += 4 * xColumn;
          to += 16;
        }
        for (; c < end; c++) {
          for (let k: isize = 0; k < 4; k++) store<T>(to + k * yRow, load<T>(from + (k << 2)));
          from += xColumn;
          to += 4;
        }
      }
    }
    for (; r < rows; r++) {
      let from = x + <usize>r * sizeof<T>() + <isize>first * xColumn;
      let to = y + <isize>r * yRow + <usize>first * sizeof<T>();
      for (let c = first; c < end; c++) {
        store<T>(to, load<T>(from));
        from += xColumn;
        to += sizeof<T>();
      }
    }
  }
}

/** y[r, c] = x[r, c]; steps in bytes. */
// @ts-ignore: decorator
@inline
function copyPlane<T>(x: usize, y: usize, rows: i32, columns: i32, xRow: isize, xColumn: isize, yRow: isize, yColumn: isize): void {
  const one = <isize>sizeof<T>();
  if (yColumn == one && xRow == one && xColumn != one && rows > 1) {
    turn<T>(x, y, rows, columns, xColumn, yRow);
    return;
  }
  for (let r: i32 = 0; r < rows; r++) {
    if (yColumn == one && xColumn == one) copyRow<T>(x, y, columns);
    else if (yColumn == one && xColumn == 0) repeat<T>(x, y, columns);
    else {
      let from = x, to = y;
      for (let c: i32 = 0; c < columns; c++) {
        store<T>(to, load<T>(from));
        from += xColumn;
        to += yColumn;
      }
    }
    x += xRow;
    y += yRow;
  }
}

function copyOf<T>(
  x: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  const width = <isize>sizeof<T>();
  for (let i: i32 = 0; i < n0; i++) {
    for (let j: i32 = 0; j < n1; j++) {
      copyPlane<T>(
        x + (<isize>i * x0 + <isize>j * x1) * width, y + (<isize>i * y0 + <isize>j * y1) * width, n2, n3,
        <isize>x2 * width, <isize>x3 * width, <isize>y2 * width, <isize>y3 * width,
      );
    }
  }
}

/** y = x for elements of `width` bytes: 1, 4 or 8. */
export function copy(
  width: i32, x: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, y0: i32, y1: i32, y2: i32, y3: i32,
): void {
  if (width == 4) copyOf<u32>(x, y, n0, n1, n2, n3, x0, x1, x2, x3, y0, y1, y2, y3);
  else if (width == 8) copyOf<u64>(x, y, n0, n1, n2, n3, x0, x1, x2, x3, y0, y1, y2, y3);
  else copyOf<u8>(x, y, n0, n1, n2, n3, x0, x1, x2, x3, y0, y1, y2, y3);
}

/** One number of a row, or four neighbours. */
// @ts-ignore: decorator
@inline
function four(x: usize, step: i32, single: v128): v128 {
  return step ? v128.load(x) : single;
}

/** y = c ≠ 0 ? a : b for a row. */
// @ts-ignore: decorator
@inline
function chooseRow<T>(c: usize, a: usize, b: usize, y: usize, n: i32, cStep: isize, aStep: isize, bStep: isize): void {
  const width = <isize>sizeof<T>();
  let i: i32 = 0;
  if (sizeof<T>() == 4 && cStep == 1 && (aStep | bStep) >>> 1 == 0) {
    const left = v128.load32_splat(a), right = v128.load32_splat(b), zero = i32x4.splat(0);
    for (; i + 8 <= n; i += 8) {
      const bytes = v128.load8x8_u(c);
      const low = i32x4.ne(i32x4.extend_low_i16x8_u(bytes), zero), high = i32x4.ne(i32x4.extend_high_i16x8_u(bytes), zero);
      v128.store(y, v128.bitselect(four(a, <i32>aStep, left), four(b, <i32>bStep, right), low));
      v128.store(y, v128.bitselect(four(a + 16, <i32>aStep, left), four(b + 16, <i32>bStep, right), high), 16);
      c += 8;
      a += aStep << 5;
      b += bStep << 5;
      y += 32;
    }
  }
  for (; i < n; i++) {
    store<T>(y, load<u8>(c) ? load<T>(a) : load<T>(b));
    c += cStep;
    a += aStep * width;
    b += bStep * width;
    y += width;
  }
}

function chooseOf<T>(
  c: usize, a: usize, b: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  c0: i32, c1: i32, c2: i32, c3: i32, a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
): void {
  const width = <isize>sizeof<T>();
  for (let i: i32 = 0; i < n0; i++) {
    for (let j: i32 = 0; j < n1; j++) {
      for (let k: i32 = 0; k < n2; k++) {
        chooseRow<T>(
          c + (<isize>i * c0 + <isize>j * c1 + <isize>k * c2), a + (<isize>i * a0 + <isize>j * a1 + <isize>k * a2) * width,
          b + (<isize>i * b0 + <isize>j * b1 + <isize>k * b2) * width, y, n3, c3, a3, b3,
        );
        y += <usize>n3 * width;
      }
    }
  }
}

/** y = c ≠ 0 ? a : b for bytes c and elements of `width` bytes; y is in one piece. */
export function where(
  width: i32, c: usize, a: usize, b: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  c0: i32, c1: i32, c2: i32, c3: i32, a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
): void {
  if (width == 4) chooseOf<u32>(c, a, b, y, n0, n1, n2, n3, c0, c1, c2, c3, a0, a1, a2, a3, b0, b1, b2, b3);
  else if (width == 8) chooseOf<u64>(c, a, b, y, n0, n1, n2, n3, c0, c1, c2, c3, a0, a1, a2, a3, b0, b1, b2, b3);
  else chooseOf<u8>(c, a, b, y, n0, n1, n2, n3, c0, c1, c2, c3, a0, a1, a2, a3, b0, b1, b2, b3);
}

/** y = x for bytes x. */
export function bytesToFloats(x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 8 <= n; i += 8) {
    const words = v128.load8x8_u(x + i);
    v128.store(y, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words)));
    v128.store(y, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words)), 16);
    y += 32;
  }
  for (; i < n; i++) {
    f32.store(y, <f32>load<u8>(x + i));
    y += 4;
  }
}
