/**
 * Elements picked and put by indices, which have been checked, over four axes as in movement.ts. The operand that the indices belong to has
 * a step of 0 along their axis, and `across` from one index to the next.
 */

import { copyRow } from './movement';

// @ts-ignore: decorator
@inline
function pickOf<T>(
  x: usize, at: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, i0: i32, i1: i32, i2: i32, i3: i32, across: i32,
): void {
  const width = <isize>sizeof<T>();
  const far = <isize>across * width;
  for (let i: i32 = 0; i < n0; i++) {
    for (let j: i32 = 0; j < n1; j++) {
      for (let k: i32 = 0; k < n2; k++) {
        let from = x + (<isize>i * x0 + <isize>j * x1 + <isize>k * x2) * width;
        let place = at + ((<isize>i * i0 + <isize>j * i1 + <isize>k * i2) << 2);
        if (i3 == 0 && x3 == 1) copyRow<T>(from + <isize>i32.load(place) * far, y, n3);
        else {
          let to = y;
          for (let l: i32 = 0; l < n3; l++) {
            store<T>(to, load<T>(from + <isize>i32.load(place) * far));
            from += <isize>x3 * width;
            place += <isize>i3 << 2;
            to += width;
          }
        }
        y += <usize>n3 * width;
      }
    }
  }
}

/** y = x at the indices; elements have `width` bytes. */
export function pick(
  width: i32, x: usize, at: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, i0: i32, i1: i32, i2: i32, i3: i32, across: i32,
): void {
  if (width == 4) pickOf<u32>(x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, across);
  else if (width == 8) pickOf<u64>(x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, across);
  else pickOf<u8>(x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, across);
}

// @ts-ignore: decorator
@inline
function putOf<T>(
  adds: bool, x: usize, at: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, i0: i32, i1: i32, i2: i32, i3: i32, y0: i32, y1: i32, y2: i32, y3: i32, across: i32,
): void {
  const width = <isize>sizeof<T>();
  const far = <isize>across * width;
  for (let i: i32 = 0; i < n0; i++) {
    for (let j: i32 = 0; j < n1; j++) {
      for (let k: i32 = 0; k < n2; k++) {
        let from = x + (<isize>i * x0 + <isize>j * x1 + <isize>k * x2) * width;
        let place = at + ((<isize>i * i0 + <isize>j * i1 + <isize>k * i2) << 2);
        let to = y + (<isize>i * y0 + <isize>j * y1 + <isize>k * y2) * width;
        let l: i32 = 0;
        if (adds && isFloat<T>() && sizeof<T>() == 4 && i3 == 0 && x3 == 1 && y3 == 1) {
          to += <isize>i32.load(place) * far;
          for (; l + 4 <= n3; l += 4) {
            v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
            from += 16;
            to += 16;
          }
          for (; l < n3; l++) {
            f32.store(to, f32.load(to) + f32.load(from));
            from += 4;
            to += 4;
          }
        }
        for (; l < n3; l++) {
          const target = to + <isize>i32.load(place) * far;
          const value = load<T>(from);
          store<T>(target, adds ? <T>(load<T>(target) + value) : value);
          from += <isize>x3 * width;
          place += <isize>i3 << 2;
          to += <isize>y3 * width;
        }
      }
    }
  }
}

/** y = x at the indices, in order, or y += x; elements have `width` bytes, those that are added are float32, float64 (8) or int32 (0). */
export function put(
  width: i32, adds: bool, x: usize, at: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  x0: i32, x1: i32, x2: i32, x3: i32, i0: i32, i1: i32, i2: i32, i3: i32, y0: i32, y1: i32, y2: i32, y3: i32, across: i32,
): void {
  if (adds && width == 4) putOf<f32>(true, x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, y0, y1, y2, y3, across);
  else if (adds && width == 8) putOf<f64>(true, x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, y0, y1, y2, y3, across);
  else if (adds) putOf<i32>(true, x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, y0, y1, y2, y3, across);
  else if (width == 4) putOf<u32>(false, x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, y0, y1, y2, y3, across);
  else if (width == 8) putOf<u64>(false, x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, y0, y1, y2, y3, across);
  else putOf<u8>(false, x, at, y, n0, n1, n2, n3, x0, x1, x2, x3, i0, i1, i2, i3, y0, y1, y2, y3, across);
}

/** Whether all n indices lie from 0 to size − 1. */
export function indicesFit(at: usize, n: i32, size: i32): bool {
  for (let i: i32 = 0; i < n; i++) {
    if (<u32>i32.load(at) >= <u32>size) return false;
    at += 4;
  }
  return true;
}
