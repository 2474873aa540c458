/** Special functions in double accuracy: erf, its inverse and complement, lgamma, digamma and polygamma. */

const SQRT_PI = Math.sqrt(Math.PI);

/** erf by e^(−x²) · 2/√π · Σ 2ⁿ x^(2n+1) / (2n+1)!!; all terms have one sign. For |x| < 2 (Abramowitz & Stegun 7.1.6). */
function erfSeries(x: number): number {
  const xx = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * xx) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-xx) * sum;
}

/** 1 − erf by its continued fraction, for x ≥ 1 (Abramowitz & Stegun 7.1.14). */
function erfcFraction(x: number): number {
  const depth = Math.ceil(20 + 250 / (x * x));
  let tail = x;
  for (let n = depth; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / (SQRT_PI * tail);
}

/** The error function. */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  if (Math.abs(x) < 2) return erfSeries(x);
  return x > 0 ? 1 - erfcFraction(x) : erfcFraction(-x) - 1;
}

/** 1 − erf, exact also where it is tiny. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 1) return 1 - erf(x);
  return x > 27.3 ? 0 : erfcFraction(x);
}

// The parameter of Winitzki's approximation, "A handy approximation for the error function and its inverse", 2008.
const WINITZKI = 0.147;

/** The inverse of erf: Winitzki's approximation, then Halley's iteration. */
export function erfinv(y: number): number {
  const size = Math.abs(y);
  if (!(size < 1)) return size === 1 ? y * Infinity : Number.NaN;
  const logarithm = Math.log1p(-y * y);
  const half = 2 / (Math.PI * WINITZKI) + logarithm / 2;
  const root = Math.sqrt(half * half - logarithm / WINITZKI);
  // Of two equal forms the one without cancellation.
  let x = Math.sqrt(half > 0 ? -logarithm / WINITZKI / (root + half) : root - half);
  for (let i = 0; i < 3; i++) {
    // Near 1 the complement 1 − y is exact and erf is not.
    const error = x < 1 ? erf(x) - size : 1 - size - erfcFraction(x);
    const step = (error * SQRT_PI * Math.exp(x * x)) / 2;
    x -= step / (1 + x * step);
  }
  return y < 0 ? -x : x;
}

const EULER = 0.5772156649015329;
const HALF_LOG_TWO_PI = 0.9189385332046727;

/** ζ(k) − 1 for k = 2, 3, … (Abramowitz & Stegun, table 23.3). */
const ZETA_MINUS_1 = [
  0.6449340668482264, 0.2020569031595943, 0.08232323371113819, 0.03692775514336993,
  0.01734306198444914, 0.008349277381922827, 0.00407735619794434, 0.0020083928260822143,
  0.0009945751278180853, 0.0004941886041194645, 0.0002460865533080483, 0.00012271334757848915,
  6.124813505870483e-5, 3.058823630702049e-5, 1.528225940865187e-5, 7.637197637899763e-6,
  3.81729326499984e-6, 1.908212716553939e-6, 9.539620338727962e-7, 4.769329867878064e-7,
  2.38450502727733e-7, 1.1921992596531106e-7, 5.960818905125948e-8, 2.980350351465228e-8,
  1.4901554828365043e-8, 7.45071178983543e-9, 3.725334024788457e-9, 1.862659723513049e-9,
  9.313274324196682e-10,
];

/** log Γ(2 + z) = (1 − γ) z + Σ (−1)ᵏ (ζ(k) − 1) zᵏ / k, for |z| ≤ ½ (Abramowitz & Stegun 6.1.33). */
function lgammaNearTwo(z: number): number {
  let sum = 0;
  for (let k = ZETA_MINUS_1.length + 1; k >= 2; k--) sum = ZETA_MINUS_1[k - 2] / k - z * sum;
  return z * (1 - EULER + z * sum);
}

/** B₂ₙ / (2n (2n − 1)) for n = 1, 2, …: the coefficients of Stirling's series (Abramowitz & Stegun 6.1.41). */
const STIRLING = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
];

function lgammaLarge(x: number): number {
  const inverse = 1 / x;
  const square = inverse * inverse;
  let series = 0;
  for (let n = STIRLING.length - 1; n >= 0; n--) series = STIRLING[n] + square * series;
  return (x - 0.5) * (Math.log(x) - 1) - 0.5 + HALF_LOG_TWO_PI + inverse * series;
}

function lgammaPositive(x: number): number {
  if (x >= 10) return x === Infinity ? x : lgammaLarge(x);
  if (x < 0.5) return lgammaNearTwo(x) - Math.log1p(x) - Math.log(x);
  if (x < 1.5) return lgammaNearTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let rest = x;
  while (rest > 2.5) product *= --rest;
  return Math.log(product) + lgammaNearTwo(rest - 2);
}

/** log |Γ(x)|; +∞ at 0 and the negative integers. */
export function lgamma(x: number): number {
  if (x > 0) return lgammaPositive(x);
  if (x === -Infinity || Number.isInteger(x)) return Infinity;
  // 1 + γx is 1 there, and πx would be rounded to few digits.
  if (x > -1e-20) return -Math.log(-x);
  // Γ(x) Γ(−x) = −π / (x sin πx); the sine is taken of the distance to the nearest integer.
  const sine = Math.sin(Math.PI * Math.abs(x - Math.round(x)));
  return Math.log(Math.PI) - Math.log(sine) - Math.log(-x) - lgammaPositive(-x);
}

/** B₂ₙ / 2n for n = 1, 2, … (Abramowitz & Stegun 6.3.18). */
const DIGAMMA_SERIES = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12];

/** The derivative of lgamma; ∓∞ at ±0 and NaN at the negative integers, as in PyTorch. */
export function digamma(x: number): number {
  if (x === 0) return -1 / x;
  if (x < 0) {
    if (Number.isInteger(x) || x === -Infinity) return Number.NaN;
    return digamma(1 - x) - Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
  }
  let shifted = x;
  let sum = 0;
  for (; shifted < 10; shifted++) sum -= 1 / shifted;
  const square = 1 / (shifted * shifted);
  let series = 0;
  for (let n = DIGAMMA_SERIES.length - 1; n >= 0; n--) series = DIGAMMA_SERIES[n] + square * series;
  if (shifted === Infinity) return shifted;
  return sum + Math.log(shifted) - 0.5 / shifted - square * series;
}

/** B₂ₙ / (2n)! for n = 1, 2, …: the coefficients of the Euler–Maclaurin formula. */
const EULER_MACLAURIN = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
];

/** Hurwitz' zeta function Σ (q + k)⁻ˢ over k ≥ 0, for q > 0 and whole s ≥ 2, by the Euler–Maclaurin formula. */
function zeta(s: number, q: number): number {
  let sum = 0;
  let at = q;
  for (const start = 10 + s; at < start; at++) sum += at ** -s;
  if (at === Infinity) return 0;
  let term = at ** -s;
  // The first is a normal number where the term is not.
  sum += at ** (1 - s) / (s - 1) + term / 2;
  let factor = s;
  term /= at;
  for (let n = 0; n < EULER_MACLAURIN.length; n++) {
    sum += EULER_MACLAURIN[n] * factor * term;
    factor *= (s + 2 * n + 1) * (s + 2 * n + 2);
    term /= at * at;
  }
  return sum;
}

/** Σ (x + k)⁻ˢ over k ≥ 0 for any x: the sum over all integers, less those below. */
function zetaAnywhere(s: number, x: number): number {
  if (x > 0) return zeta(s, x);
  if (Number.isInteger(x)) return Infinity;
  // Near 0 a fraction of 1 would have too few digits.
  if (x > -0.5) return x ** -s + zeta(s, x + 1);
  const fraction = x - Math.floor(x);
  const mirrored = zeta(s, 1 - fraction) - zeta(s, 1 - x);
  return zeta(s, fraction) + (s % 2 === 0 ? mirrored : -mirrored);
}

/** The derivative of digamma of order n: (−1)ⁿ⁺¹ n! ζ(n + 1, x). */
export function polygamma(order: number, x: number): number {
  if (order === 0) return digamma(x);
  if (Number.isNaN(x) || x === -Infinity) return Number.NaN;
  let factorial = 1;
  for (let k = 2; k <= order; k++) factorial *= k;
  return (order % 2 === 0 ? -factorial : factorial) * zetaAnywhere(order + 1, x);
}
