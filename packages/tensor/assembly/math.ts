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

/**
 * Number `i` of a table, four times. Constants of functions stand in memory because a load is one instruction; engines make constants
 * in registers of several, anew in every turn of a loop: exp takes twice as long in Node 24 that way.
 */
// @ts-ignore: decorator
@inline
function pick(table: usize, i: usize): v128 {
  return v128.load32_splat(table + (i << 2));
}

/** p·x + coefficient `i` of a table. */
// @ts-ignore: decorator
@inline
function fold(x: v128, p: v128, table: usize, i: usize): v128 {
  return madd(p, x, pick(table, i));
}

/** log₂e, ROUNDER, ln 2 in two parts, the coefficients of the tail, 1, and where results are normal numbers. */
const EXP = memory.data<f32>([
  1.44269504088896341, 12582912, 2.12194440e-4, -0.693359375,
  0.0013814539415761828, 0.00836874544620514, 0.04166838899254799, 0.1666652113199234, 0.4999999403953552,
  1, 87,
]);
/** Coefficients of (ln(1 + m) − m + m²/2) / m³, then ln 2 in two parts. */
const LOG = memory.data<f32>([
  7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
  -2.4999993993e-1, 3.3333331174e-1, -2.12194440e-4, 0.693359375,
]);
/** Up to where tanh is a quotient, coefficients of numerator and denominator, and where it is x itself. */
const TANH = memory.data<f32>([
  3,
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5, 6.37261928875436e-4,
  4.89352455891786e-3, 1.19825839466702e-6, 1.18534705686654e-4, 2.26843463243900e-3, 4.89352518554385e-3, 0.0004,
]);
/** Coefficients up to 1, then of erfc beyond. */
const ERF = memory.data<f32>([
  7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1, -3.761262582423300e-1,
  1.128379165526710, 2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1, 6.210004621745983e-1,
  -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1, 5.638259427386472e-1,
]);

/** 2ⁿ for whole n from −126 to 127. */
// @ts-ignore: decorator
@inline
function power2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** The bits of ROUNDER = 1.5·2²³: adding it rounds to a whole number, which then stands in the lowest bits. */
const ROUNDER_BITS: i32 = 0x4b400000;

/** x·log₂e rounded to a whole number n, plus ROUNDER. */
// @ts-ignore: decorator
@inline
function roundedExponent(x: v128): v128 {
  return madd(x, pick(EXP, 0), pick(EXP, 1));
}

/** x − n·ln 2. */
// @ts-ignore: decorator
@inline
function reduced(x: v128, n: v128): v128 {
  return madd(n, pick(EXP, 2), madd(n, pick(EXP, 3), x));
}

/** (eʳ − 1 − r) / r² for |r| ≤ ½ ln 2, with the smallest largest error for its degree: eʳ is off by 3·10⁻⁹. */
// @ts-ignore: decorator
@inline
function exponentialTail(r: v128): v128 {
  let p = pick(EXP, 4);
  p = fold(r, p, EXP, 5);
  p = fold(r, p, EXP, 6);
  p = fold(r, p, EXP, 7);
  return fold(r, p, EXP, 8);
}

/** Whether `expNear` is right for eight numbers. */
// @ts-ignore: decorator
@inline
export function areNear(a: v128, b: v128): bool {
  const limit = pick(EXP, 10);
  return !v128.any_true(v128.or(f32x4.gt(f32x4.abs(a), limit), f32x4.gt(f32x4.abs(b), limit)));
}

/** eˣ where that is a normal number: x = n·ln 2 + r, a polynomial for eʳ, and n added to its exponent. */
// @ts-ignore: decorator
@inline
export function expNear(x: v128): v128 {
  const t = roundedExponent(x);
  const r = reduced(x, f32x4.sub(t, pick(EXP, 1)));
  const p = madd(f32x4.mul(exponentialTail(r), r), r, f32x4.add(r, pick(EXP, 9)));
  return i32x4.add(p, i32x4.shl(t, 23));
}

/** eˣ for any x. */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // pmin and pmax are single instructions, and pass NaN on from the left.
  const bounded = f32x4.pmax(f32x4.pmin(x, splat(89)), splat(-104));
  const t = roundedExponent(bounded);
  const r = reduced(bounded, f32x4.sub(t, pick(EXP, 1)));
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
  const r = reduced(bounded, f32x4.sub(t, pick(EXP, 1)));
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
  let p = pick(LOG, 0);
  p = fold(m, p, LOG, 1);
  p = fold(m, p, LOG, 2);
  p = fold(m, p, LOG, 3);
  p = fold(m, p, LOG, 4);
  p = fold(m, p, LOG, 5);
  p = fold(m, p, LOG, 6);
  p = fold(m, p, LOG, 7);
  p = fold(m, p, LOG, 8);
  p = f32x4.mul(f32x4.mul(p, m), z);
  p = f32x4.add(p, f32x4.mul(e, pick(LOG, 9)));
  p = f32x4.sub(p, f32x4.mul(z, splat(0.5)));
  let result = f32x4.add(f32x4.add(m, p), f32x4.mul(e, pick(LOG, 10)));
  const infinite = f32x4.eq(x, splat(Infinity));
  result = v128.bitselect(x, result, infinite);
  result = v128.bitselect(splat(-Infinity), result, f32x4.eq(x, splat(0)));
  // Below 0 and for NaN.
  return v128.bitselect(splat(NaN), result, v128.not(f32x4.ge(x, splat(0))));
}

/** tanh x as 1 − 2 / (e²ˣ + 1): exact to the last place where |x| is large, so that 1 − tanh², its derivative, keeps what digits it can. */
function tanhFar(x: v128): v128 {
  const size = f32x4.abs(x);
  const missing = f32x4.div(splat(2), f32x4.add(exp4(f32x4.add(size, size)), splat(1)));
  return v128.bitselect(x, f32x4.sub(splat(1), missing), i32x4.splat(0x80000000));
}

/** tanh x: a quotient of polynomials up to 3. */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const z = f32x4.mul(x, x);
  let p = pick(TANH, 1);
  p = fold(z, p, TANH, 2);
  p = fold(z, p, TANH, 3);
  p = fold(z, p, TANH, 4);
  p = fold(z, p, TANH, 5);
  p = fold(z, p, TANH, 6);
  p = fold(z, p, TANH, 7);
  let q = pick(TANH, 8);
  q = fold(z, q, TANH, 9);
  q = fold(z, q, TANH, 10);
  q = fold(z, q, TANH, 11);
  const size = f32x4.abs(x);
  const near = v128.bitselect(x, f32x4.div(f32x4.mul(x, p), q), f32x4.lt(size, pick(TANH, 12)));
  const far = f32x4.gt(size, pick(TANH, 0));
  return v128.any_true(far) ? v128.bitselect(tanhFar(x), near, far) : near;
}

/** 1 / (1 + e⁻ˣ). */
// @ts-ignore: decorator
@inline
export function sigmoid4(x: v128): v128 {
  const one = pick(EXP, 9);
  return f32x4.div(one, f32x4.add(one, exp4(f32x4.neg(x))));
}

/** As `sigmoid4`, by `expNear`. */
// @ts-ignore: decorator
@inline
export function sigmoidNear(x: v128): v128 {
  const one = pick(EXP, 9);
  return f32x4.div(one, f32x4.add(one, expNear(f32x4.neg(x))));
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
  let near = pick(ERF, 0);
  near = fold(z, near, ERF, 1);
  near = fold(z, near, ERF, 2);
  near = fold(z, near, ERF, 3);
  near = fold(z, near, ERF, 4);
  near = fold(z, near, ERF, 5);
  near = f32x4.mul(fold(z, near, ERF, 6), x);
  const q = f32x4.div(splat(1), f32x4.pmax(size, splat(1)));
  const y = f32x4.mul(q, q);
  let p = pick(ERF, 7);
  p = fold(y, p, ERF, 8);
  p = fold(y, p, ERF, 9);
  p = fold(y, p, ERF, 10);
  p = fold(y, p, ERF, 11);
  p = fold(y, p, ERF, 12);
  p = fold(y, p, ERF, 13);
  p = fold(y, p, ERF, 14);
  p = fold(y, p, ERF, 15);
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

/** 4/π, π/4 in three parts, then the coefficients of sine and cosine up to π/4 (Moshier, Cephes). */
const ANGLE = memory.data<f32>([
  1.27323954473516, -0.78515625, -2.4187564849853515625e-4, -3.77489497744594108e-8,
  -1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1,
  2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2,
]);

/** sin x, or cos x where `shift` is 2: x = j·π/4 + r with even j, and a polynomial in r for the octant. */
// @ts-ignore: decorator
@inline
function wave(x: v128, shift: i32): v128 {
  const size = f32x4.abs(x);
  // The octant, rounded up to an even one.
  let j = i32x4.trunc_sat_f32x4_s(f32x4.mul(size, pick(ANGLE, 0)));
  j = v128.and(i32x4.add(j, i32x4.splat(1)), i32x4.splat(~1));
  const n = f32x4.convert_i32x4_s(j);
  const r = madd(n, pick(ANGLE, 3), madd(n, pick(ANGLE, 2), madd(n, pick(ANGLE, 1), size)));
  const at = i32x4.add(j, i32x4.splat(shift));
  const z = f32x4.mul(r, r);
  let odd = fold(z, pick(ANGLE, 4), ANGLE, 5);
  odd = fold(z, odd, ANGLE, 6);
  odd = madd(f32x4.mul(odd, z), r, r);
  let even = fold(z, pick(ANGLE, 7), ANGLE, 8);
  even = fold(z, even, ANGLE, 9);
  even = madd(f32x4.mul(even, z), z, madd(z, splat(-0.5), splat(1)));
  const bent = i32x4.ne(v128.and(at, i32x4.splat(2)), i32x4.splat(0));
  const value = v128.bitselect(even, odd, bent);
  // Half of the turns are negative; sine changes its sign with x, −0 too.
  const sign = i32x4.shl(v128.and(at, i32x4.splat(4)), 29);
  const whole = shift == 0 ? v128.xor(sign, v128.and(x, i32x4.splat(0x80000000))) : sign;
  return v128.xor(value, whole);
}

/** sin x for |x| up to 8192. */
// @ts-ignore: decorator
@inline
export function sin4(x: v128): v128 {
  return wave(x, 0);
}

/** cos x for |x| up to 8192. */
// @ts-ignore: decorator
@inline
export function cos4(x: v128): v128 {
  return wave(x, 2);
}
