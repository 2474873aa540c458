/** Elementwise functions and sums of float64 in one piece. */

import { packedColumns } from './workspace';

/** Functions of two numbers, in the order of BINARY64 in src/backend/wasm/float64.ts. */
type Binary = i32;
const ADD: Binary = 0;
const SUB: Binary = 1;
const MUL: Binary = 2;
const DIV: Binary = 3;
const MAXIMUM: Binary = 4;
const MINIMUM: Binary = 5;

// @ts-ignore: decorator
@inline
function applyBinary(f: Binary, a: v128, b: v128): v128 {
  if (f == ADD) return f64x2.add(a, b);
  if (f == SUB) return f64x2.sub(a, b);
  if (f == MUL) return f64x2.mul(a, b);
  if (f == DIV) return f64x2.div(a, b);
  if (f == MAXIMUM) return f64x2.max(a, b);
  return f64x2.min(a, b);
}

// @ts-ignore: decorator
@inline
function loopBinary(f: Binary, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aBytes = (<usize>aStep) << 3;
  const bBytes = (<usize>bStep) << 3;
  let i: i32 = 0;
  if (aStep & bStep) {
    for (; i + 4 <= n; i += 4) {
      v128.store(y, applyBinary(f, v128.load(a), v128.load(b)));
      v128.store(y, applyBinary(f, v128.load(a, 16), v128.load(b, 16)), 16);
      a += 32;
      b += 32;
      y += 32;
    }
  }
  for (; i + 2 <= n; i += 2) {
    const p = aStep ? v128.load(a) : v128.load64_splat(a);
    const q = bStep ? v128.load(b) : v128.load64_splat(b);
    v128.store(y, applyBinary(f, p, q));
    a += aBytes << 1;
    b += bBytes << 1;
    y += 16;
  }
  if (i < n) f64.store(y, f64x2.extract_lane(applyBinary(f, v128.load64_splat(a), v128.load64_splat(b)), 0));
}

/** y = f(a, b); steps are 0 or 1. */
export function binary64(f: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  switch (f) {
    case ADD: loopBinary(ADD, a, aStep, b, bStep, y, n); break;
    case SUB: loopBinary(SUB, a, aStep, b, bStep, y, n); break;
    case MUL: loopBinary(MUL, a, aStep, b, bStep, y, n); break;
    case DIV: loopBinary(DIV, a, aStep, b, bStep, y, n); break;
    case MAXIMUM: loopBinary(MAXIMUM, a, aStep, b, bStep, y, n); break;
    default: loopBinary(MINIMUM, a, aStep, b, bStep, y, n);
  }
}

/** Functions of one number, in the order of UNARY64 in src/backend/wasm/float64.ts. */
type Unary = i32;
const NEG: Unary = 0;
const ABS: Unary = 1;
const SQRT: Unary = 2;
const RECIPROCAL: Unary = 3;

// @ts-ignore: decorator
@inline
function applyUnary(f: Unary, x: v128): v128 {
  if (f == NEG) return f64x2.neg(x);
  if (f == ABS) return f64x2.abs(x);
  if (f == SQRT) return f64x2.sqrt(x);
  if (f == RECIPROCAL) return f64x2.div(f64x2.splat(1), x);
  return f64x2.max(x, f64x2.splat(0));
}

// @ts-ignore: decorator
@inline
function loopUnary(f: Unary, x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 2 <= n; i += 2) {
    v128.store(y, applyUnary(f, v128.load(x)));
    x += 16;
    y += 16;
  }
  if (i < n) f64.store(y, f64x2.extract_lane(applyUnary(f, v128.load64_splat(x)), 0));
}

/** y = f(x). */
export function unary64(f: i32, x: usize, y: usize, n: i32): void {
  switch (f) {
    case NEG: loopUnary(NEG, x, y, n); break;
    case ABS: loopUnary(ABS, x, y, n); break;
    case SQRT: loopUnary(SQRT, x, y, n); break;
    case RECIPROCAL: loopUnary(RECIPROCAL, x, y, n); break;
    default: loopUnary(4, x, y, n);
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
  const scratch = packedColumns();
  for (let o: i32 = 0; o < outer; o++) {
    for (let c: i32 = 0; c < columns; c += STRIP) {
      const width = min(STRIP, columns - c);
      memory.fill(scratch, 0, (<usize>width) << 3);
      let from = x + ((<usize>c) << 3);
      for (let r: i32 = 0; r < rows; r++) {
        loopBinary(ADD, scratch, 1, from, 1, scratch, width);
        from += bytes;
      }
      memory.copy(y + ((<usize>c) << 3), scratch, (<usize>width) << 3);
    }
    x += bytes * rows;
    y += (<usize>columns) << 3;
  }
}
