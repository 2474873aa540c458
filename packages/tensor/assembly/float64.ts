/** Elementwise functions and sums of float64 in one piece. */

import { packedColumns } from './workspace';

/** Functions of two numbers, in the order of DOUBLE2 in src/backend/wasm/doubles.ts. */
type Function2 = i32;
const ADD: Function2 = 0;
const SUB: Function2 = 1;
const MUL: Function2 = 2;
const DIV: Function2 = 3;
const MAXIMUM: Function2 = 4;
const MINIMUM: Function2 = 5;

// @ts-ignore: decorator
@inline
function apply2(f: Function2, a: v128, b: v128): v128 {
  if (f == ADD) return f64x2.add(a, b);
  if (f == SUB) return f64x2.sub(a, b);
  if (f == MUL) return f64x2.mul(a, b);
  if (f == DIV) return f64x2.div(a, b);
  if (f == MAXIMUM) return f64x2.max(a, b);
  return f64x2.min(a, b);
}

// @ts-ignore: decorator
@inline
function loop2(f: Function2, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aBytes = (<usize>aStep) << 3;
  const bBytes = (<usize>bStep) << 3;
  let i: i32 = 0;
  if (aStep & bStep) {
    for (; i + 4 <= n; i += 4) {
      v128.store(y, apply2(f, v128.load(a), v128.load(b)));
      v128.store(y, apply2(f, v128.load(a, 16), v128.load(b, 16)), 16);
      a += 32;
      b += 32;
      y += 32;
    }
  }
  for (; i + 2 <= n; i += 2) {
    const p = aStep ? v128.load(a) : v128.load64_splat(a);
    const q = bStep ? v128.load(b) : v128.load64_splat(b);
    v128.store(y, apply2(f, p, q));
    a += aBytes << 1;
    b += bBytes << 1;
    y += 16;
  }
  if (i < n) f64.store(y, f64x2.extract_lane(apply2(f, v128.load64_splat(a), v128.load64_splat(b)), 0));
}

/** y = f(a, b); steps are 0 or 1. */
export function double2(f: Function2, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  switch (f) {
    case ADD: loop2(ADD, a, aStep, b, bStep, y, n); break;
    case SUB: loop2(SUB, a, aStep, b, bStep, y, n); break;
    case MUL: loop2(MUL, a, aStep, b, bStep, y, n); break;
    case DIV: loop2(DIV, a, aStep, b, bStep, y, n); break;
    case MAXIMUM: loop2(MAXIMUM, a, aStep, b, bStep, y, n); break;
    default: loop2(MINIMUM, a, aStep, b, bStep, y, n);
  }
}

/** Functions of one number, in the order of DOUBLE1 in src/backend/wasm/doubles.ts. */
type Function1 = i32;
const NEG: Function1 = 0;
const ABS: Function1 = 1;
const SQRT: Function1 = 2;
const RECIPROCAL: Function1 = 3;

// @ts-ignore: decorator
@inline
function apply1(f: Function1, x: v128): v128 {
  if (f == NEG) return f64x2.neg(x);
  if (f == ABS) return f64x2.abs(x);
  if (f == SQRT) return f64x2.sqrt(x);
  if (f == RECIPROCAL) return f64x2.div(f64x2.splat(1), x);
  return f64x2.max(x, f64x2.splat(0));
}

// @ts-ignore: decorator
@inline
function loop1(f: Function1, x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 2 <= n; i += 2) {
    v128.store(y, apply1(f, v128.load(x)));
    x += 16;
    y += 16;
  }
  if (i < n) f64.store(y, f64x2.extract_lane(apply1(f, v128.load64_splat(x)), 0));
}

/** y = f(x). */
export function double1(f: Function1, x: usize, y: usize, n: i32): void {
  switch (f) {
    case NEG: loop1(NEG, x, y, n); break;
    case ABS: loop1(ABS, x, y, n); break;
    case SQRT: loop1(SQRT, x, y, n); break;
    case RECIPROCAL: loop1(RECIPROCAL, x, y, n); break;
    default: loop1(4, x, y, n);
  }
}

/** y[r] = Σ of row r. */
export function sumRows64(x: usize, y: usize, rows: i32, columns: i32): void {
  for (let r: i32 = 0; r < rows; r++) {
    let a = f64x2.splat(0), b = a, c = a, d = a;
    let i: i32 = 0;
    for (; i + 8 <= columns; i += 8) {
      a = f64x2.add(a, v128.load(x));
      b = f64x2.add(b, v128.load(x, 16));
      c = f64x2.add(c, v128.load(x, 32));
      d = f64x2.add(d, v128.load(x, 48));
      x += 64;
    }
    a = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
    let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
    for (; i < columns; i++) {
      sum += f64.load(x);
      x += 8;
    }
    f64.store(y, sum);
    y += 8;
  }
}

/** Columns that are summed side by side. */
const STRIP: i32 = 1024;

/** y[o, c] = Σ over r of x[o, r, c], rows of x `step` elements apart. */
export function sumColumns64(x: usize, y: usize, outer: i32, rows: i32, columns: i32, step: i32): void {
  const bytes = (<usize>step) << 3;
  const room = packedColumns();
  for (let o: i32 = 0; o < outer; o++) {
    for (let c: i32 = 0; c < columns; c += STRIP) {
      const width = min(STRIP, columns - c);
      memory.fill(room, 0, (<usize>width) << 3);
      let from = x + ((<usize>c) << 3);
      for (let r: i32 = 0; r < rows; r++) {
        loop2(ADD, room, 1, from, 1, room, width);
        from += bytes;
      }
      memory.copy(y + ((<usize>c) << 3), room, (<usize>width) << 3);
    }
    x += bytes * rows;
    y += (<usize>columns) << 3;
  }
}
