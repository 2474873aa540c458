/** Elementwise functions of two operands: of float32 in one piece, and rows of any of them over four axes. */

import { eq, ge, gt, le, lt, ne } from './compare';
import { binary64 } from './float64';
import { binaryInt32 } from './int32';
import { splat } from './math';
import { repeat } from './movement';
import { pow } from './power';

type Binary = i32;
const ADD: Binary = 0;
const SUB: Binary = 1;
const MUL: Binary = 2;
const DIV: Binary = 3;
const MAXIMUM: Binary = 4;
const MINIMUM: Binary = 5;
/** Of a gradient a and a result b: what passes through the activation. */
const RELU_GRADIENT: Binary = 6;
const TANH_GRADIENT: Binary = 7;
const SIGMOID_GRADIENT: Binary = 8;

// @ts-ignore: decorator
@inline
function apply(f: Binary, a: v128, b: v128): v128 {
  if (f == ADD) return f32x4.add(a, b);
  if (f == SUB) return f32x4.sub(a, b);
  if (f == MUL) return f32x4.mul(a, b);
  if (f == DIV) return f32x4.div(a, b);
  if (f == MAXIMUM) return f32x4.max(a, b);
  if (f == MINIMUM) return f32x4.min(a, b);
  if (f == RELU_GRADIENT) return v128.andnot(a, f32x4.le(b, splat(0)));
  if (f == TANH_GRADIENT) return f32x4.mul(a, f32x4.sub(splat(1), f32x4.mul(b, b)));
  return f32x4.mul(a, f32x4.mul(b, f32x4.sub(splat(1), b)));
}

// @ts-ignore: decorator
@inline
function applyOnce(f: Binary, a: f32, b: f32): f32 {
  if (f == ADD) return a + b;
  if (f == SUB) return a - b;
  if (f == MUL) return a * b;
  if (f == DIV) return a / b;
  if (f == MAXIMUM) return max(a, b);
  if (f == MINIMUM) return min(a, b);
  if (f == RELU_GRADIENT) return b <= 0 ? 0 : a;
  if (f == TANH_GRADIENT) return a * (1 - b * b);
  return a * (b * (1 - b));
}

/** Steps are 1, or 0 for an operand that repeats one number. */
// @ts-ignore: decorator
@inline
function loop(f: Binary, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  let i: i32 = 0;
  if (aStep & bStep) {
    for (; i + 8 <= n; i += 8) {
      v128.store(y, apply(f, v128.load(a), v128.load(b)));
      v128.store(y, apply(f, v128.load(a, 16), v128.load(b, 16)), 16);
      a += 32;
      b += 32;
      y += 32;
    }
  } else if (aStep) {
    const right = v128.load32_splat(b);
    for (; i + 4 <= n; i += 4) {
      v128.store(y, apply(f, v128.load(a), right));
      a += 16;
      y += 16;
    }
  } else if (bStep) {
    const left = v128.load32_splat(a);
    for (; i + 4 <= n; i += 4) {
      v128.store(y, apply(f, left, v128.load(b)));
      b += 16;
      y += 16;
    }
  } else {
    const value = f32x4.splat(applyOnce(f, f32.load(a), f32.load(b)));
    for (; i + 4 <= n; i += 4) {
      v128.store(y, value);
      y += 16;
    }
  }
  const aBytes = (<usize>aStep) << 2;
  const bBytes = (<usize>bStep) << 2;
  for (; i < n; i++) {
    f32.store(y, applyOnce(f, f32.load(a), f32.load(b)));
    a += aBytes;
    b += bBytes;
    y += 4;
  }
}

export function add(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(ADD, a, aStep, b, bStep, y, n); }
export function sub(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(SUB, a, aStep, b, bStep, y, n); }
export function mul(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(MUL, a, aStep, b, bStep, y, n); }
export function div(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(DIV, a, aStep, b, bStep, y, n); }
export function maximum(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(MAXIMUM, a, aStep, b, bStep, y, n); }
export function minimum(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(MINIMUM, a, aStep, b, bStep, y, n); }
export function reluGradient(g: usize, gStep: i32, y: usize, yStep: i32, to: usize, n: i32): void { loop(RELU_GRADIENT, g, gStep, y, yStep, to, n); }
export function tanhGradient(g: usize, gStep: i32, y: usize, yStep: i32, to: usize, n: i32): void { loop(TANH_GRADIENT, g, gStep, y, yStep, to, n); }
export function sigmoidGradient(g: usize, gStep: i32, y: usize, yStep: i32, to: usize, n: i32): void {
  loop(SIGMOID_GRADIENT, g, gStep, y, yStep, to, n);
}

/** Elementwise function number `f` of a row, in the order of BINARY in src/backend/wasm/binary.ts, then those of float64 and of int32. */
function row(f: i32, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  switch (f) {
    case 0: add(a, aStep, b, bStep, y, n); break;
    case 1: sub(a, aStep, b, bStep, y, n); break;
    case 2: mul(a, aStep, b, bStep, y, n); break;
    case 3: div(a, aStep, b, bStep, y, n); break;
    case 4: maximum(a, aStep, b, bStep, y, n); break;
    case 5: minimum(a, aStep, b, bStep, y, n); break;
    case 6: eq(a, aStep, b, bStep, y, n); break;
    case 7: ne(a, aStep, b, bStep, y, n); break;
    case 8: lt(a, aStep, b, bStep, y, n); break;
    case 9: le(a, aStep, b, bStep, y, n); break;
    case 10: gt(a, aStep, b, bStep, y, n); break;
    case 11: ge(a, aStep, b, bStep, y, n); break;
    case 12: pow(a, aStep, b, bStep, y, n); break;
    default:
      if (f < 19) binary64(f - 13, a, aStep, b, bStep, y, n);
      else binaryInt32(f - 19, a, aStep, b, bStep, y, n);
  }
}

/** y = f(a, b) for operands whose innermost steps are 0 or 1; y is in one piece. Elements of operands and of y have so many bytes. */
export function rowwise(
  f: i32, bytes: i32, yBytes: i32, a: usize, b: usize, y: usize, n0: i32, n1: i32, n2: i32, n3: i32,
  a0: i32, a1: i32, a2: i32, a3: i32, b0: i32, b1: i32, b2: i32, b3: i32,
): void {
  for (let i: i32 = 0; i < n0; i++) {
    for (let j: i32 = 0; j < n1; j++) {
      for (let k: i32 = 0; k < n2; k++) {
        const p = a + (<isize>i * a0 + <isize>j * a1 + <isize>k * a2) * bytes;
        const q = b + (<isize>i * b0 + <isize>j * b1 + <isize>k * b2) * bytes;
        // Of two numbers that repeat, the result repeats.
        const once = (a3 | b3) == 0;
        row(f, p, a3, q, b3, y, once ? 1 : n3);
        if (once && yBytes == 4) repeat<u32>(y, y, n3);
        else if (once && yBytes == 8) repeat<u64>(y, y, n3);
        else if (once) repeat<u8>(y, y, n3);
        y += <usize>n3 * yBytes;
      }
    }
  }
}
