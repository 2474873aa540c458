/** Derivatives of log Γ in GLSL. */

import type { Formula } from './formulas';
import { functionsFor } from './functions';

/** The derivative of log Γ: B₂ₙ / 2n as in Abramowitz & Stegun 6.3.18; negative numbers by reflection. */
const DIGAMMA = `vec4 digamma(vec4 given) {
  bvec4 mirrored = lessThan(given, vec4(0));
  vec4 x = mix(given, 1. - given, mirrored), sum = vec4(0);
  for (int i = 0; i < 10; i++) {
    bvec4 small = lessThan(x, vec4(10));
    sum -= mix(vec4(0), 1. / x, small);
    x += mix(vec4(0), vec4(1), small);
  }
  vec4 z = 1. / (x * x);
  vec4 series = z * (1. / 12. - z * (1. / 120. - z * (1. / 252. - z / 240.)));
  vec4 y = mix(sum + log4(x) - .5 / x - series, x, inf4(x));
  vec4 part = given - roundEven(given);
  y = mix(y, y - 3.14159265 / tan4(3.14159265 * part), mirrored);
  y = mix(y, vec4(NAN), and4(mirrored, or4(equal(given, floor(given)), inf4(given))));
  y = mix(y, sign4(vec4(INF), -given), equal(given, vec4(0)));
  return mix(y, given, nan4(given));
}`;

/** Hurwitz' zeta function ζ(s, q) for q > 0 by the Euler–Maclaurin formula, and for all x by what lies between the integers. */
const ZETA = `vec4 inversePower(vec4 x, int n) {
  vec4 y = vec4(1), base = 1. / x;
  for (int i = 0; i < 8; i++) {
    if ((n & 1) == 1) y *= base;
    base *= base;
    n >>= 1;
    if (n == 0) break;
  }
  return y;
}
vec4 zeta(int s, vec4 at) {
  vec4 sum = vec4(0), term = vec4(0), start = vec4(10 + s);
  for (int i = 0; i < 11 + s; i++) {
    term = inversePower(at, s);
    bvec4 small = lessThan(at, start);
    sum += mix(vec4(0), term, small);
    if (i < 10 + s) at += mix(vec4(0), vec4(1), small);
  }
  vec4 z = 1. / (at * at);
  float n = float(s);
  vec4 series = 1. / 12. - (n + 1.) * (n + 2.) * z * (1. / 720. - (n + 3.) * (n + 4.) * z * (1. / 30240. - (n + 5.) * (n + 6.) * z / 1209600.));
  sum += term * (at / float(s - 1) + .5 + n / at * series);
  return mix(sum, vec4(0), inf4(at));
}
vec4 zetaAnywhere(int s, vec4 x) {
  vec4 part = x - floor(x), sum = vec4(0);
  bvec4 above = greaterThan(x, vec4(0));
  bvec4 near = and4(not(above), greaterThan(x, vec4(-.5)));
  for (int k = 0; k < 3; k++) {
    vec4 q = k == 0 ? mix(mix(part, x + 1., near), x, above) : 1. - (k == 1 ? part : x);
    vec4 one = zeta(s, q);
    if (k == 0) sum = mix(one, one + inversePower(x, s), near);
    else sum += mix(((s & 1) == 0) == (k == 1) ? one : -one, vec4(0), or4(above, near));
    if (all(above)) break;
  }
  return mix(sum, vec4(INF), and4(not(above), equal(x, floor(x))));
}`;

/** The formula of polygamma: (−1)ⁿ⁺¹ n! ζ(n + 1, x) for order n, digamma for order 0. */
export function polygammaFormula(order: number): Formula {
  let factorial = order % 2 === 0 ? -1 : 1;
  for (let k = 2; k <= order; k++) factorial *= k;
  const helpers = functionsFor([
    'constants',
    'nan4',
    'inf4',
    'or4',
    'and4',
    'tan4',
    'log4',
    'sign4',
  ]);
  if (order === 0) return { functions: [...helpers, DIGAMMA], of: () => 'digamma(vec4(a))' };
  return {
    functions: [
      ...helpers,
      ZETA,
      `vec4 polygamma(vec4 x) {
  vec4 y = ${factorial.toExponential(9)} * zetaAnywhere(${order + 1}, x);
  return mix(y, vec4(NAN), or4(nan4(x), lessThan(x, vec4(-3e38))));
}`,
    ],
    of: () => 'polygamma(vec4(a))',
  };
}
