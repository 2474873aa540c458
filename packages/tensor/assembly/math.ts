/** exp, log, tanh and sigmoid of four floats at once; polynomials after Cephes, errors of a few units in the last place. */

// @ts-ignore: decorator
@inline
export function splat(value: f32): v128 {
  return f32x4.splat(value);
}

// @ts-ignore: decorator
@inline
function fold(x: v128, p: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(p, x), splat(c));
}

/** 2ⁿ for whole n from −126 to 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** eˣ: x = n·ln 2 + r, and a polynomial for eʳ. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const bounded = f32x4.max(f32x4.min(x, splat(89)), splat(-104));
  const n = f32x4.nearest(f32x4.mul(bounded, splat(1.44269504088896341)));
  let r = f32x4.sub(bounded, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, splat(-2.12194440e-4)));
  let p = splat(1.9875691500e-4);
  p = fold(r, p, 1.3981999507e-3);
  p = fold(r, p, 8.3334519073e-3);
  p = fold(r, p, 4.1665795894e-2);
  p = fold(r, p, 1.6666665459e-1);
  p = fold(r, p, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(f32x4.mul(p, r), r), r), splat(1));
  // Two factors, so that results near 0 and ∞ are reached without overflow on the way.
  const whole = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, power2(half)), power2(i32x4.sub(whole, half)));
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

/** tanh x: a polynomial near 0, 1 − 2/(e²ˣ + 1) farther out. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = splat(-5.70498872745e-3);
  p = fold(z, p, 2.06390887954e-2);
  p = fold(z, p, -5.37397155531e-2);
  p = fold(z, p, 1.33314422036e-1);
  p = fold(z, p, -3.33332819422e-1);
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x);
  const e = exp4(f32x4.add(size, size));
  const far = f32x4.sub(splat(1), f32x4.div(splat(2), f32x4.add(e, splat(1))));
  const signed = v128.or(far, v128.and(x, i32x4.splat(0x80000000)));
  const result = v128.bitselect(near, signed, f32x4.lt(size, splat(0.625)));
  return v128.bitselect(x, result, f32x4.ne(x, x));
}

/** 1 / (1 + e⁻ˣ). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  return f32x4.div(splat(1), f32x4.add(splat(1), exp4(f32x4.neg(x))));
}
