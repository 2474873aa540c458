/** Elementwise functions of one float32 array in one piece; rests shorter than a vector go through a vector of scratch memory. */

import {
  areNear, cos4, erf4, exp4, expm14, expNear, log1p4, log4, sigmoid4, sigmoidNear, sign4, sin4, softplus4, splat, tanh4,
} from './math';
import { spare } from './workspace';

type Unary = i32;
const NEG: Unary = 0;
const ABS: Unary = 1;
const RELU: Unary = 2;
const SQRT: Unary = 3;
const RECIPROCAL: Unary = 4;
const EXP: Unary = 5;
const LOG: Unary = 6;
const TANH: Unary = 7;
const SIGMOID: Unary = 8;
const FLOOR: Unary = 9;
const CEIL: Unary = 10;
const ROUND: Unary = 11;
const TRUNC: Unary = 12;
const SIGN: Unary = 13;
const EXPM1: Unary = 14;
const LOG1P: Unary = 15;
const SOFTPLUS: Unary = 16;
const ERF: Unary = 17;
const SIN: Unary = 18;
const COS: Unary = 19;
const SINH: Unary = 20;
const COSH: Unary = 21;

/** (eˣ − e⁻ˣ) / 2 from eˣ − 1; beyond 80 as a product of roots, for eˣ may be too large where the result is not. */
// @ts-ignore: decorator
@inline
function sinh4(x: v128): v128 {
  const size = f32x4.abs(x), half = splat(0.5);
  const e = expm14(f32x4.pmin(size, splat(80)));
  const small = f32x4.mul(half, f32x4.add(e, f32x4.div(e, f32x4.add(e, splat(1)))));
  const root = exp4(f32x4.mul(half, size));
  const y = v128.bitselect(f32x4.mul(f32x4.mul(half, root), root), small, f32x4.gt(size, splat(80)));
  return v128.bitselect(x, y, i32x4.splat(0x80000000));
}

/** (eˣ + e⁻ˣ) / 2 by the root of eˣ, whose square may be too large where the result is not. */
// @ts-ignore: decorator
@inline
function cosh4(x: v128): v128 {
  const half = splat(0.5);
  const root = exp4(f32x4.mul(half, f32x4.abs(x)));
  const e = f32x4.mul(f32x4.mul(half, root), root);
  return f32x4.add(e, f32x4.div(splat(0.25), e));
}

// @ts-ignore: decorator
@inline
function apply(f: Unary, x: v128): v128 {
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
  if (f == SINH) return sinh4(x);
  if (f == COSH) return cosh4(x);
  return erf4(x);
}

/** Exponentials of numbers that are near 0. */
// @ts-ignore: decorator
@inline
function applyNear(f: Unary, x: v128): v128 {
  return f == EXP ? expNear(x) : sigmoidNear(x);
}

/** One loop for each function: `f` is a constant where this is inlined. */
// @ts-ignore: decorator
@inline
function loop(f: Unary, x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  // Two at a time: they share the constants, which are more than there are registers.
  for (; i + 8 <= n; i += 8) {
    const a = v128.load(x), b = v128.load(x, 16);
    const near = (f == EXP || f == SIGMOID) && areNear(a, b);
    const p = near ? applyNear(f, a) : apply(f, a);
    const q = near ? applyNear(f, b) : apply(f, b);
    v128.store(y, p);
    v128.store(y, q, 16);
    x += 32;
    y += 32;
  }
  // What is left, a vector or less at a time.
  const scratch = spare();
  for (; i < n; i += 4) {
    const bytes = (<usize>min(4, n - i)) << 2;
    v128.store(scratch, splat(1));
    memory.copy(scratch, x, bytes);
    v128.store(scratch, apply(f, v128.load(scratch)));
    memory.copy(y, scratch, bytes);
    x += 16;
    y += 16;
  }
}

export function neg(x: usize, y: usize, n: i32): void { loop(NEG, x, y, n); }
export function abs(x: usize, y: usize, n: i32): void { loop(ABS, x, y, n); }
export function relu(x: usize, y: usize, n: i32): void { loop(RELU, x, y, n); }
export function sqrt(x: usize, y: usize, n: i32): void { loop(SQRT, x, y, n); }
export function reciprocal(x: usize, y: usize, n: i32): void { loop(RECIPROCAL, x, y, n); }
export function exp(x: usize, y: usize, n: i32): void { loop(EXP, x, y, n); }
export function log(x: usize, y: usize, n: i32): void { loop(LOG, x, y, n); }
export function tanh(x: usize, y: usize, n: i32): void { loop(TANH, x, y, n); }
export function sigmoid(x: usize, y: usize, n: i32): void { loop(SIGMOID, x, y, n); }
export function floor(x: usize, y: usize, n: i32): void { loop(FLOOR, x, y, n); }
export function ceil(x: usize, y: usize, n: i32): void { loop(CEIL, x, y, n); }
export function round(x: usize, y: usize, n: i32): void { loop(ROUND, x, y, n); }
export function trunc(x: usize, y: usize, n: i32): void { loop(TRUNC, x, y, n); }
export function sign(x: usize, y: usize, n: i32): void { loop(SIGN, x, y, n); }
export function expm1(x: usize, y: usize, n: i32): void { loop(EXPM1, x, y, n); }
export function log1p(x: usize, y: usize, n: i32): void { loop(LOG1P, x, y, n); }
export function softplus(x: usize, y: usize, n: i32): void { loop(SOFTPLUS, x, y, n); }
export function erf(x: usize, y: usize, n: i32): void { loop(ERF, x, y, n); }
export function sin(x: usize, y: usize, n: i32): void { loop(SIN, x, y, n); }
export function cos(x: usize, y: usize, n: i32): void { loop(COS, x, y, n); }
export function sinh(x: usize, y: usize, n: i32): void { loop(SINH, x, y, n); }
export function cosh(x: usize, y: usize, n: i32): void { loop(COSH, x, y, n); }

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

/** y = x cut to [low, high]; NaN stays. */
export function clamp(x: usize, y: usize, n: i32, low: f32, high: f32): void {
  const a = splat(low), b = splat(high);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, f32x4.pmin(f32x4.pmax(v128.load(x), a), b));
    x += 16;
    y += 16;
  }
  for (; i < n; i++) {
    let value = f32.load(x);
    if (value < low) value = low;
    f32.store(y, high < value ? high : value);
    x += 4;
    y += 4;
  }
}

/** y = g where x was not cut, otherwise 0. */
export function clampGradient(x: usize, g: usize, y: usize, n: i32, low: f32, high: f32): void {
  const a = splat(low), b = splat(high);
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    const value = v128.load(x);
    v128.store(y, v128.andnot(v128.load(g), v128.or(f32x4.lt(value, a), f32x4.gt(value, b))));
    x += 16;
    g += 16;
    y += 16;
  }
  for (; i < n; i++) {
    const value = f32.load(x);
    f32.store(y, value < low || value > high ? 0 : f32.load(g));
    x += 4;
    g += 4;
    y += 4;
  }
}
