/** Elementwise functions of float32 in one piece; rests shorter than a vector go through a vector of scratch memory. */

import {
  areNear, cos4, erf4, exp4, expm14, expNear, log1p4, log4, sigmoid4, sigmoidNear, sign4, sin4, softplus4, splat, tanh4,
} from './math';
import { spare } from './workspace';

type Function1 = i32;
const NEG: Function1 = 0;
const ABS: Function1 = 1;
const RELU: Function1 = 2;
const SQRT: Function1 = 3;
const RECIPROCAL: Function1 = 4;
const EXP: Function1 = 5;
const LOG: Function1 = 6;
const TANH: Function1 = 7;
const SIGMOID: Function1 = 8;
const FLOOR: Function1 = 9;
const CEIL: Function1 = 10;
const ROUND: Function1 = 11;
const TRUNC: Function1 = 12;
const SIGN: Function1 = 13;
const EXPM1: Function1 = 14;
const LOG1P: Function1 = 15;
const SOFTPLUS: Function1 = 16;
const ERF: Function1 = 17;
const SIN: Function1 = 18;
const COS: Function1 = 19;

// @ts-ignore: decorator
@inline
function apply1(f: Function1, x: v128): v128 {
  if (f == NEG) return f32x4.neg(x);
  if (f == ABS) return f32x4.abs(x);
  if (f == RELU) return f32x4.pmax(x, splat(0));
  if (f == SQRT) return f32x4.sqrt(x);
  if (f == RECIPROCAL) return f32x4.div(splat(1), x);
  if (f == EXP) return exp4(x);
  if (f == LOG) return log4(x);
  if (f == TANH) return tanh4(x);
  if (f == SIGMOID) return sigmoid4(x);
  if (f == FLOOR) return f32x4.floor(x);
  if (f == CEIL) return f32x4.ceil(x);
  if (f == ROUND) return f32x4.nearest(x);
  if (f == TRUNC) return f32x4.trunc(x);
  if (f == SIGN) return sign4(x);
  if (f == EXPM1) return expm14(x);
  if (f == LOG1P) return log1p4(x);
  if (f == SOFTPLUS) return softplus4(x);
  if (f == SIN) return sin4(x);
  if (f == COS) return cos4(x);
  return erf4(x);
}

/** Exponentials of numbers that are near 0. */
// @ts-ignore: decorator
@inline
function applyNear(f: Function1, x: v128): v128 {
  return f == EXP ? expNear(x) : sigmoidNear(x);
}

/** One loop for each function: `f` is a constant where this is inlined. */
// @ts-ignore: decorator
@inline
function loop1(f: Function1, x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  // Two at a time: they share the constants, which are more than there are registers.
  for (; i + 8 <= n; i += 8) {
    const a = v128.load(x), b = v128.load(x, 16);
    const near = (f == EXP || f == SIGMOID) && areNear(a, b);
    const p = near ? applyNear(f, a) : apply1(f, a);
    const q = near ? applyNear(f, b) : apply1(f, b);
    v128.store(y, p);
    v128.store(y, q, 16);
    x += 32;
    y += 32;
  }
  // What is left, a vector or less at a time.
  const room = spare();
  for (; i < n; i += 4) {
    const bytes = (<usize>min(4, n - i)) << 2;
    v128.store(room, splat(1));
    memory.copy(room, x, bytes);
    v128.store(room, apply1(f, v128.load(room)));
    memory.copy(y, room, bytes);
    x += 16;
    y += 16;
  }
}

export function neg(x: usize, y: usize, n: i32): void { loop1(NEG, x, y, n); }
export function abs(x: usize, y: usize, n: i32): void { loop1(ABS, x, y, n); }
export function relu(x: usize, y: usize, n: i32): void { loop1(RELU, x, y, n); }
export function sqrt(x: usize, y: usize, n: i32): void { loop1(SQRT, x, y, n); }
export function reciprocal(x: usize, y: usize, n: i32): void { loop1(RECIPROCAL, x, y, n); }
export function exp(x: usize, y: usize, n: i32): void { loop1(EXP, x, y, n); }
export function log(x: usize, y: usize, n: i32): void { loop1(LOG, x, y, n); }
export function tanh(x: usize, y: usize, n: i32): void { loop1(TANH, x, y, n); }
export function sigmoid(x: usize, y: usize, n: i32): void { loop1(SIGMOID, x, y, n); }
export function floor(x: usize, y: usize, n: i32): void { loop1(FLOOR, x, y, n); }
export function ceil(x: usize, y: usize, n: i32): void { loop1(CEIL, x, y, n); }
export function round(x: usize, y: usize, n: i32): void { loop1(ROUND, x, y, n); }
export function trunc(x: usize, y: usize, n: i32): void { loop1(TRUNC, x, y, n); }
export function sign(x: usize, y: usize, n: i32): void { loop1(SIGN, x, y, n); }
export function expm1(x: usize, y: usize, n: i32): void { loop1(EXPM1, x, y, n); }
export function log1p(x: usize, y: usize, n: i32): void { loop1(LOG1P, x, y, n); }
export function softplus(x: usize, y: usize, n: i32): void { loop1(SOFTPLUS, x, y, n); }
export function erf(x: usize, y: usize, n: i32): void { loop1(ERF, x, y, n); }
export function sin(x: usize, y: usize, n: i32): void { loop1(SIN, x, y, n); }
export function cos(x: usize, y: usize, n: i32): void { loop1(COS, x, y, n); }

/** Whether no number is farther from 0 than `most`. */
export function within(x: usize, n: i32, most: f32): bool {
  const limit = splat(most);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    if (v128.any_true(f32x4.gt(f32x4.abs(v128.load(x)), limit))) return false;
    x += 16;
  }
  for (; i < n; i++) {
    if (max(f32.load(x), -f32.load(x)) > most) return false;
    x += 4;
  }
  return true;
}

type Function2 = i32;
const ADD: Function2 = 0;
const SUB: Function2 = 1;
const MUL: Function2 = 2;
const DIV: Function2 = 3;
const MAXIMUM: Function2 = 4;
const MINIMUM: Function2 = 5;
/** Of a gradient a and a result b: what passes through the activation. */
const RELU_GRADIENT: Function2 = 6;
const TANH_GRADIENT: Function2 = 7;
const SIGMOID_GRADIENT: Function2 = 8;

// @ts-ignore: decorator
@inline
function apply2(f: Function2, a: v128, b: v128): v128 {
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
function single2(f: Function2, a: f32, b: f32): f32 {
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
function loop2(f: Function2, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  let i: i32 = 0;
  if (aStep & bStep) {
    for (; i + 8 <= n; i += 8) {
      v128.store(y, apply2(f, v128.load(a), v128.load(b)));
      v128.store(y, apply2(f, v128.load(a, 16), v128.load(b, 16)), 16);
      a += 32;
      b += 32;
      y += 32;
    }
  } else if (aStep) {
    const right = v128.load32_splat(b);
    for (; i + 4 <= n; i += 4) {
      v128.store(y, apply2(f, v128.load(a), right));
      a += 16;
      y += 16;
    }
  } else if (bStep) {
    const left = v128.load32_splat(a);
    for (; i + 4 <= n; i += 4) {
      v128.store(y, apply2(f, left, v128.load(b)));
      b += 16;
      y += 16;
    }
  } else {
    const value = f32x4.splat(single2(f, f32.load(a), f32.load(b)));
    for (; i + 4 <= n; i += 4) {
      v128.store(y, value);
      y += 16;
    }
  }
  const aBytes = (<usize>aStep) << 2;
  const bBytes = (<usize>bStep) << 2;
  for (; i < n; i++) {
    f32.store(y, single2(f, f32.load(a), f32.load(b)));
    a += aBytes;
    b += bBytes;
    y += 4;
  }
}

export function add(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop2(ADD, a, aStep, b, bStep, y, n); }
export function sub(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop2(SUB, a, aStep, b, bStep, y, n); }
export function mul(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop2(MUL, a, aStep, b, bStep, y, n); }
export function div(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop2(DIV, a, aStep, b, bStep, y, n); }
export function maximum(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop2(MAXIMUM, a, aStep, b, bStep, y, n); }
export function minimum(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop2(MINIMUM, a, aStep, b, bStep, y, n); }
export function reluGradient(g: usize, gStep: i32, y: usize, yStep: i32, to: usize, n: i32): void { loop2(RELU_GRADIENT, g, gStep, y, yStep, to, n); }
export function tanhGradient(g: usize, gStep: i32, y: usize, yStep: i32, to: usize, n: i32): void { loop2(TANH_GRADIENT, g, gStep, y, yStep, to, n); }
export function sigmoidGradient(g: usize, gStep: i32, y: usize, yStep: i32, to: usize, n: i32): void {
  loop2(SIGMOID_GRADIENT, g, gStep, y, yStep, to, n);
}
