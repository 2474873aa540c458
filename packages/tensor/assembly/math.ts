/** exp, log, tanh, sigmoid and their kin of four floats at once; polynomials after Cephes, errors of a few units in the last place. */

// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

/** a·b + c, rounded once where the engine can. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
function fold(x: v128, p: v128, c: f32): v128 {
  return madd(p, x, splat(c));
}

/** 2ⁿ for whole n from −126 to 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** 1.5·2²³: adding it rounds to a whole number, which then stands in the lowest bits. */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

/** x·log₂e rounded to a whole number n, plus ROUNDER. */
// @ts-ignore: decorator
@inline
function roundedExponent(x: v128): v128 {
  return madd(x, splat(1.44269504088896341), splat(ROUNDER));
}

/** x − n·ln 2. */
// @ts-ignore: decorator
@inline
function reduced(x: v128, n: v128): v128 {
  return madd(n, splat(2.12194440e-4), madd(n, splat(-0.693359375), x));
}

/** (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2. */
// @ts-ignore: decorator
@inline
function exponentialTail(r: v128): v128 {
  let p = splat(1.9875691500e-4);
  p = fold(r, p, 1.3981999507e-3);
  p = fold(r, p, 8.3334519073e-3);
  p = fold(r, p, 4.1665795894e-2);
  p = fold(r, p, 1.6666665459e-1);
  return fold(r, p, 5.0000001201e-1);
}

/** eˣ: x = n·ln 2 + r, a polynomial for eʳ, and n added to its exponent where the result is a normal number. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  if (v128.any_true(f32x4.gt(f32x4.abs(x), splat(87)))) return expFar(x);
  const t = roundedExponent(x);
  const r = reduced(x, f32x4.sub(t, splat(ROUNDER)));
  const p = madd(f32x4.mul(exponentialTail(r), r), r, f32x4.add(r, splat(1)));
  return i32x4.add(p, i32x4.shl(t, 23));
}

/** eˣ for any x. */
function expFar(x: v128): v128 {
  // pmin and pmax are single instructions, and pass NaN on from the left.
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-104));
  const t = roundedExponent(bounded);
  const r = reduced(bounded, f32x4.sub(t, splat(ROUNDER)));
  const p = madd(f32x4.mul(exponentialTail(r), r), r, f32x4.add(r, splat(1)));
  // Two factors, so that results near 0 and ∞ are reached without overflow on the way.
  const whole = i32x4.sub(t, i32x4.splat(ROUNDER_BITS));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(whole, half)));
}

/** eˣ − 1 = 2ⁿ·(eʳ − 1) + (2ⁿ − 1); beyond 60 it is eˣ. */
// @ts-ignore: decorator
@inline
export function expm14(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(60)), splat(-60));
  const t = roundedExponent(bounded);
  const r = reduced(bounded, f32x4.sub(t, splat(ROUNDER)));
  const less = madd(f32x4.mul(exponentialTail(r), r), r, r);
  const power = power2(i32x4.sub(t, i32x4.splat(ROUNDER_BITS)));
  const near = madd(power, less, f32x4.sub(power, splat(1)));
  const result = v128.bitselect(exp4(x), near, f32x4.gt(x, splat(60)));
  // Numbers whose square vanishes are their own result, −0 too.
  return v128.bitselect(x, result, f32x4.lt(f32x4.abs(x), splat(1e-8)));
}

/** The natural logarithm. */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, splat(8388608)), x, tiny);
  let e = f32x4.convert_i32x4_s(i32x4.sub(i32x4.shr_u(scaled, 23), i32x4.splat(126)));
  e = f32x4.sub(e, v128.and(tiny, splat(23)));
  // The mantissa in [√½, √2).
  let m = v128.or(v128.and(scaled, i32x4.splat(0x007fffff)), splat(0.5));
  const low = f32x4.lt(m, splat(0.707106781186547524));
  e = f32x4.sub(e, v128.and(low, splat(1)));
  m = f32x4.sub(f32x4.add(m, v128.and(low, m)), splat(1));
  const z = f32x4.mul(m, m);
  let p = splat(7.0376836292e-2);
  p = fold(m, p, -1.1514610310e-1);
  p = fold(m, p, 1.1676998740e-1);
  p = fold(m, p, -1.2420140846e-1);
  p = fold(m, p, 1.4249322787e-1);
  p = fold(m, p, -1.6668057665e-1);
  p = fold(m, p, 2.0000714765e-1);
  p = fold(m, p, -2.4999993993e-1);
  p = fold(m, p, 3.3333331174e-1);
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = f32x4.add(p, f32x4.mul(e, splat(-2.12194440e-4)));
  p = f32x4.sub(p, f32x4.mul(z, splat(0.5)));
  let result = f32x4.add(f32x4.add(m, p), f32x4.mul(e, splat(0.693359375)));
  const infinite = f32x4.eq(x, splat(Infinity));
  result = v128.bitselect(x, result, infinite);
  result = v128.bitselect(splat(-Infinity), result, f32x4.eq(x, splat(0)));
  // Below 0 and for NaN.
  return v128.bitselect(splat(NaN), result, v128.not(f32x4.ge(x, splat(0))));
}

/** tanh x: a quotient of polynomials up to where the result rounds to 1. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(7.90531110763549805)), splat(-7.90531110763549805));
  const z = f32x4.mul(bounded, bounded);
  let p = splat(-2.76076847742355e-16);
  p = fold(z, p, 2.00018790482477e-13);
  p = fold(z, p, -8.60467152213735e-11);
  p = fold(z, p, 5.12229709037114e-8);
  p = fold(z, p, 1.48572235717979e-5);
  p = fold(z, p, 6.37261928875436e-4);
  p = fold(z, p, 4.89352455891786e-3);
  let q = splat(1.19825839466702e-6);
  q = fold(z, q, 1.18534705686654e-4);
  q = fold(z, q, 2.26843463243900e-3);
  q = fold(z, q, 4.89352518554385e-3);
  const quotient = f32x4.div(f32x4.mul(bounded, p), q);
  return v128.bitselect(x, quotient, f32x4.lt(f32x4.abs(x), splat(0.0004)));
}

/** 1 / (1 + e⁻ˣ). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}

/** ln(1 + x): the rounding of u = 1 + x is made up for by x / (u − 1). */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const u = f32x4.add(x, splat(1));
  const result = f32x4.mul(log4(u), f32x4.div(x, f32x4.sub(u, splat(1))));
  const kept = v128.or(f32x4.eq(u, splat(1)), f32x4.eq(x, splat(Infinity)));
  return v128.bitselect(x, v128.bitselect(splat(-Infinity), result, f32x4.eq(x, splat(-1))), kept);
}

/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
// @ts-ignore: decorator
@inline
export function softplus4(x: v128): v128 {
  return f32x4.add(f32x4.max(x, splat(0)), log1p4(exp4(f32x4.neg(f32x4.abs(x)))));
}

/** The error function: an odd polynomial up to 1, 1 − erfc beyond (Moshier, Cephes). */
// @ts-ignore: decorator
@inline
export function erf4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let near = splat(7.853861353153693e-5);
  near = fold(z, near, -8.010193625184903e-4);
  near = fold(z, near, 5.188327685732524e-3);
  near = fold(z, near, -2.685381193529856e-2);
  near = fold(z, near, 1.128358514861418e-1);
  near = fold(z, near, -3.761262582423300e-1);
  near = f32x4.mul(fold(z, near, 1.128379165726710), x);
  const q = f32x4.div(splat(1), f32x4.pmax(size, splat(1)));
  const y = f32x4.mul(q, q);
  let p = splat(2.326819970068386e-2);
  p = fold(y, p, -1.387039388740657e-1);
  p = fold(y, p, 3.687424674597105e-1);
  p = fold(y, p, -5.824733027278666e-1);
  p = fold(y, p, 6.210004621745983e-1);
  p = fold(y, p, -4.944515323274145e-1);
  p = fold(y, p, 3.404879937665872e-1);
  p = fold(y, p, -2.741127028184656e-1);
  p = fold(y, p, 5.638259427386472e-1);
  const far = f32x4.sub(splat(1), f32x4.mul(f32x4.mul(exp4(f32x4.neg(z)), q), p));
  const bounded = v128.bitselect(splat(1), far, f32x4.gt(size, splat(4)));
  const signed = v128.bitselect(x, bounded, i32x4.splat(0x80000000));
  // Not "greater than 1", so that NaN takes the polynomial.
  return v128.bitselect(signed, near, f32x4.gt(size, splat(1)));
}

/** −1, 0 or 1, and x itself where it is 0 or NaN. */
// @ts-ignore: decorator
@inline
export function sign4(x: v128): v128 {
  const one = v128.bitselect(x, splat(1), i32x4.splat(0x80000000));
  return v128.bitselect(one, x, v128.or(f32x4.lt(x, splat(0)), f32x4.gt(x, splat(0))));
}
