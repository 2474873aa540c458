/** Powers and logarithms to other bases, of float32, through float64: the digits of a logarithm that a power multiplies matter. */

import { spare } from './workspace';

/** Coefficients of 2·atanh(s)/ln 2 in odd powers of s, the highest first; then those of 2ᶠ, the highest first. */
const TABLE = memory.data<f64>([
  0.19235933878519512, 0.22195308321368668, 0.26230818925253883, 0.3205988979753252, 0.41219858311113238, 0.57707801635558537,
  0.96179669392597561, 2.8853900817779268,
  1.3215486790144309e-6, 1.5252733804059841e-5, 1.5403530393381610e-4, 1.3333558146428443e-3, 9.6181291076284772e-3, 5.5504108664821580e-2,
  2.4022650695910072e-1, 6.9314718055994531e-1, 1,
]);

// @ts-ignore: decorator
@inline
function fold(x: v128, p: v128, i: usize): v128 {
  const c = v128.load64_splat(TABLE + (i << 3));
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(p, x, c);
  return f64x2.add(f64x2.mul(p, x), c);
}

// @ts-ignore: decorator
@inline
function splat(value: f64): v128 {
  return f64x2.splat(value);
}

/** log₂ |x| of two float32 as float64, off by some 10⁻¹²; −∞ of 0, ∞ of ∞. */
// @ts-ignore: decorator
@inline
function logarithm2(x: v128): v128 {
  const size = f64x2.abs(x);
  // The exponent, such that the mantissa lies in [√½, √2).
  const e = i64x2.sub(i64x2.shr_u(i64x2.add(size, i64x2.splat(0x0009_5f61_9980_c433)), 52), i64x2.splat(1023));
  const m = i64x2.sub(size, i64x2.shl(e, 52));
  const s = f64x2.div(f64x2.sub(m, splat(1)), f64x2.add(m, splat(1)));
  const z = f64x2.mul(s, s);
  let p = v128.load64_splat(TABLE);
  p = fold(z, p, 1);
  p = fold(z, p, 2);
  p = fold(z, p, 3);
  p = fold(z, p, 4);
  p = fold(z, p, 5);
  p = fold(z, p, 6);
  p = fold(z, p, 7);
  // Whole numbers below 2⁵¹ in the lowest bits of a float64.
  const magic = splat(6755399441055744);
  const whole = f64x2.sub(i64x2.add(e, i64x2.splat(0x4338_0000_0000_0000)), magic);
  const result = f64x2.add(whole, f64x2.mul(p, s));
  const infinite = v128.bitselect(size, result, f64x2.eq(size, splat(Infinity)));
  const zero = v128.bitselect(splat(-Infinity), infinite, f64x2.eq(size, splat(0)));
  return v128.bitselect(x, zero, f64x2.ne(x, x));
}

/** 2ᵗ, as exact as float32 needs it. */
// @ts-ignore: decorator
@inline
function power2(t: v128): v128 {
  // pmin and pmax pass NaN on from the left.
  const bounded = f64x2.pmax(f64x2.pmin(t, splat(300)), splat(-300));
  const rounded = f64x2.add(bounded, splat(6755399441055744));
  const f = f64x2.sub(bounded, f64x2.sub(rounded, splat(6755399441055744)));
  let p = v128.load64_splat(TABLE + 64);
  p = fold(f, p, 9);
  p = fold(f, p, 10);
  p = fold(f, p, 11);
  p = fold(f, p, 12);
  p = fold(f, p, 13);
  p = fold(f, p, 14);
  p = fold(f, p, 15);
  p = fold(f, p, 16);
  const result = i64x2.add(p, i64x2.shl(rounded, 52));
  return v128.bitselect(t, result, f64x2.ne(t, t));
}

/** xᵉ as in C: 1 where x is 1 or e is 0; NaN of a negative number to a power that is not whole. */
// @ts-ignore: decorator
@inline
function power(x: v128, e: v128): v128 {
  const one = splat(1), zero = splat(0);
  let y = power2(f64x2.mul(e, logarithm2(x)));
  const size = f64x2.abs(x);
  // |x| = 1 to an infinite power.
  const unit = v128.and(f64x2.eq(size, one), f64x2.eq(e, e));
  y = v128.bitselect(one, y, v128.or(unit, f64x2.eq(e, zero)));
  const whole = f64x2.eq(f64x2.trunc(e), e);
  const half = f64x2.mul(e, splat(0.5));
  const odd = v128.andnot(v128.and(whole, f64x2.lt(f64x2.abs(e), splat(Infinity))), f64x2.eq(f64x2.trunc(half), half));
  y = v128.or(y, v128.and(v128.and(x, odd), i64x2.splat(i64.MIN_VALUE)));
  const bad = v128.andnot(v128.and(f64x2.lt(x, zero), f64x2.lt(size, splat(Infinity))), whole);
  y = v128.bitselect(splat(NaN), y, bad);
  return v128.bitselect(one, y, v128.or(f64x2.eq(x, one), f64x2.eq(e, zero)));
}

/** Powers of four numbers to four exponents. */
// @ts-ignore: decorator
@inline
function power4(x: v128, e: v128): v128 {
  const low = power(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(e));
  const high = power(
    f64x2.promote_low_f32x4(v128.shuffle<i64>(x, x, 1, 1)), f64x2.promote_low_f32x4(v128.shuffle<i64>(e, e, 1, 1)),
  );
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** y = xᵉ; steps are 0 or 1. */
export function pow(x: usize, xStep: i32, e: usize, eStep: i32, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 4 <= n; i += 4) {
    v128.store(y, power4(xStep ? v128.load(x) : v128.load32_splat(x), eStep ? v128.load(e) : v128.load32_splat(e)));
    x += <usize>xStep << 4;
    e += <usize>eStep << 4;
    y += 16;
  }
  for (; i < n; i++) {
    f32.store(y, f32x4.extract_lane(power4(v128.load32_splat(x), v128.load32_splat(e)), 0));
    x += <usize>xStep << 2;
    e += <usize>eStep << 2;
    y += 4;
  }
}

/** y = log₂ x · scale. */
// @ts-ignore: decorator
@inline
function logarithms(x: usize, y: usize, n: i32, scale: f64): void {
  const scratch = spare();
  for (let i: i32 = 0; i < n; i += 4) {
    const bytes = (<usize>min(4, n - i)) << 2;
    let v: v128;
    if (bytes == 16) v = v128.load(x);
    else {
      v128.store(scratch, f32x4.splat(1));
      memory.copy(scratch, x, bytes);
      v = v128.load(scratch);
    }
    const low = f64x2.mul(logarithm2(f64x2.promote_low_f32x4(v)), splat(scale));
    const high = f64x2.mul(logarithm2(f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1))), splat(scale));
    let r = v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
    r = v128.bitselect(f32x4.splat(NaN), r, f32x4.lt(v, f32x4.splat(0)));
    if (bytes == 16) v128.store(y, r);
    else {
      v128.store(scratch, r);
      memory.copy(y, scratch, bytes);
    }
    x += 16;
    y += 16;
  }
}

export function log2(x: usize, y: usize, n: i32): void { logarithms(x, y, n, 1); }
export function log10(x: usize, y: usize, n: i32): void { logarithms(x, y, n, 0.30102999566398119521); }
