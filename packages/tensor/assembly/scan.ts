/**
 * Running sums and products, products, extremes and their places along the middle axis of blocks [outer, size, columns]; rows of a block lie
 * `step` elements apart, so that threads can share columns. Elements have a kind: float32, float64 or int32.
 */

import { packedColumns } from './workspace';

export const F32: i32 = 0;
export const F64: i32 = 1;

/** Columns that are worked on side by side: what is kept of them stays in the first-level cache. */
const STRIP: i32 = 1024;

/** a + b or a · b. */
// @ts-ignore: decorator
@inline
function combine<A>(multiplies: bool, a: A, b: A): A {
  return multiplies ? a * b : a + b;
}

/** A column is accumulated in A; what is written after each row (`running`), or at the end, is rounded to T. */
// @ts-ignore: decorator
@inline
function accumulate<T, A>(multiplies: bool, running: bool, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  const first = <A>(multiplies ? 1 : 0);
  const rowBytes = <usize>step * sizeof<T>();
  const yBytes = running ? rowBytes : 0;
  const scratch = packedColumns();
  for (let o: i32 = 0; o < outer; o++) {
    if (columns == 1) {
      let total = first;
      let from = x, to = y;
      let j: i32 = 0;
      if (!running) {
        // Four chains at a time: one alone waits for each of its results.
        let a = first, b = first, c = first;
        for (; j + 4 <= size; j += 4) {
          total = combine<A>(multiplies, total, <A>load<T>(from));
          a = combine<A>(multiplies, a, <A>load<T>((from += rowBytes)));
          b = combine<A>(multiplies, b, <A>load<T>((from += rowBytes)));
          c = combine<A>(multiplies, c, <A>load<T>((from += rowBytes)));
          from += rowBytes;
        }
        total = combine<A>(multiplies, combine<A>(multiplies, total, a), combine<A>(multiplies, b, c));
      }
      for (; j < size; j++) {
        total = combine<A>(multiplies, total, <A>load<T>(from));
        if (running) store<T>(to, <T>total);
        from += rowBytes;
        to += yBytes;
      }
      if (!running) store<T>(y, <T>total);
    } else {
      for (let c: i32 = 0; c < columns; c += STRIP) {
        const width = min(STRIP, columns - c);
        const at = <usize>c * sizeof<T>();
        for (let k: i32 = 0; k < width; k++) store<A>(scratch + <usize>k * sizeof<A>(), first);
        for (let j: i32 = 0; j < size; j++) {
          let from = x + at + <usize>j * rowBytes, to = y + at + <usize>j * yBytes, sum = scratch;
          for (let k: i32 = 0; k < width; k++) {
            const total = combine<A>(multiplies, load<A>(sum), <A>load<T>(from));
            store<A>(sum, total);
            if (running) store<T>(to, <T>total);
            from += sizeof<T>();
            to += sizeof<T>();
            sum += sizeof<A>();
          }
        }
        for (let k: i32 = 0; !running && k < width; k++) {
          store<T>(y + at + <usize>k * sizeof<T>(), <T>load<A>(scratch + <usize>k * sizeof<A>()));
        }
      }
    }
    x += rowBytes * size;
    y += running ? rowBytes * size : <usize>step * sizeof<T>();
  }
}

/** y = the sum (or product) of all elements up to each. */
export function scan(kind: i32, multiplies: bool, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  if (kind == F32 && multiplies) accumulate<f32, f64>(true, true, x, y, outer, size, columns, step);
  else if (kind == F32) accumulate<f32, f64>(false, true, x, y, outer, size, columns, step);
  else if (kind == F64) accumulate<f64, f64>(multiplies, true, x, y, outer, size, columns, step);
  else accumulate<i32, i32>(multiplies, true, x, y, outer, size, columns, step);
}

/** y = the product of each column. */
function product(kind: i32, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  if (kind == F32) accumulate<f32, f64>(true, false, x, y, outer, size, columns, step);
  else if (kind == F64) accumulate<f64, f64>(true, false, x, y, outer, size, columns, step);
  else accumulate<i32, i32>(true, false, x, y, outer, size, columns, step);
}

/** The larger or smaller of both, NaN where one is. */
// @ts-ignore: decorator
@inline
function extremeOf<T>(least: bool, a: T, b: T): T {
  return least ? min<T>(a, b) : max<T>(a, b);
}

// @ts-ignore: decorator
@inline
function extremes<T>(least: bool, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  const rowBytes = <usize>step * sizeof<T>();
  for (let o: i32 = 0; o < outer; o++) {
    for (let c: i32 = 0; c < columns; c += STRIP) {
      const bytes = <usize>min(STRIP, columns - c) * sizeof<T>();
      const to = y + <usize>c * sizeof<T>();
      let from = x + <usize>c * sizeof<T>();
      memory.copy(to, from, bytes);
      for (let j: i32 = 1; j < size; j++) {
        from += rowBytes;
        let k: usize = 0;
        if (sizeof<T>() == 4 && isFloat<T>()) {
          for (; k + 16 <= bytes; k += 16) {
            const a = v128.load(to + k), b = v128.load(from + k);
            v128.store(to + k, least ? f32x4.min(a, b) : f32x4.max(a, b));
          }
        }
        for (; k < bytes; k += sizeof<T>()) store<T>(to + k, extremeOf<T>(least, load<T>(to + k), load<T>(from + k)));
      }
    }
    x += rowBytes * size;
    y += rowBytes;
  }
}

/** y = the largest (or least) of each column, NaN where there is one. */
function extreme(kind: i32, least: bool, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  if (kind == F32 && least) extremes<f32>(true, x, y, outer, size, columns, step);
  else if (kind == F32) extremes<f32>(false, x, y, outer, size, columns, step);
  else if (kind == F64) extremes<f64>(least, x, y, outer, size, columns, step);
  else extremes<i32>(least, x, y, outer, size, columns, step);
}

/** Whether `value` takes the place of the best so far: it is better, or the first NaN. */
// @ts-ignore: decorator
@inline
function beats<T>(least: bool, value: T, best: T): bool {
  return !(least ? value >= best : value <= best) && best == best;
}

// @ts-ignore: decorator
@inline
function places<T>(least: bool, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  const rowBytes = <usize>step * sizeof<T>();
  const scratch = packedColumns();
  for (let o: i32 = 0; o < outer; o++) {
    if (columns == 1) {
      let best = load<T>(x);
      let at: i32 = 0;
      let from = x;
      for (let j: i32 = 1; j < size; j++) {
        from += rowBytes;
        const value = load<T>(from);
        if (beats<T>(least, value, best)) {
          best = value;
          at = j;
        }
      }
      i32.store(y, at);
    } else {
      for (let c: i32 = 0; c < columns; c += STRIP) {
        const width = min(STRIP, columns - c);
        let from = x + <usize>c * sizeof<T>();
        const to = y + ((<usize>c) << 2);
        memory.copy(scratch, from, <usize>width * sizeof<T>());
        memory.fill(to, 0, (<usize>width) << 2);
        for (let j: i32 = 1; j < size; j++) {
          from += rowBytes;
          let k: i32 = 0;
          if (sizeof<T>() == 4 && isFloat<T>()) {
            const row = i32x4.splat(j);
            for (; k + 4 <= width; k += 4) {
              const at = (<usize>k) << 2;
              const value = v128.load(from + at), best = v128.load(scratch + at);
              const worse = least ? f32x4.ge(value, best) : f32x4.le(value, best);
              const better = v128.andnot(f32x4.eq(best, best), worse);
              v128.store(scratch + at, v128.bitselect(value, best, better));
              v128.store(to + at, v128.bitselect(row, v128.load(to + at), better));
            }
          }
          for (; k < width; k++) {
            const at = scratch + <usize>k * sizeof<T>();
            const value = load<T>(from + <usize>k * sizeof<T>());
            if (beats<T>(least, value, load<T>(at))) {
              store<T>(at, value);
              i32.store(to + ((<usize>k) << 2), j);
            }
          }
        }
      }
    }
    x += rowBytes * size;
    y += (<usize>step) << 2;
  }
}

/** y = the product (0), the largest (1), the least (2) or the sum (3, of int32) of each column. */
export function fold(kind: i32, which: i32, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  if (which == 3) accumulate<i32, i32>(false, false, x, y, outer, size, columns, step);
  else if (which == 0) product(kind, x, y, outer, size, columns, step);
  else extreme(kind, which == 2, x, y, outer, size, columns, step);
}

/** y = where the largest (or least) of each column is: the first one, or the first NaN. */
export function place(kind: i32, least: bool, x: usize, y: usize, outer: i32, size: i32, columns: i32, step: i32): void {
  if (kind == F32 && least) places<f32>(true, x, y, outer, size, columns, step);
  else if (kind == F32) places<f32>(false, x, y, outer, size, columns, step);
  else if (kind == F64) places<f64>(least, x, y, outer, size, columns, step);
  else places<i32>(least, x, y, outer, size, columns, step);
}
