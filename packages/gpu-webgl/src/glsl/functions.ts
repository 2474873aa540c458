/** Functions of four floats in GLSL, where those of the language lose digits, infinities or NaN on some drivers. */

/** A function and the names of those that it calls. */
interface Library {
  readonly [name: string]: { readonly needs?: readonly string[]; readonly text: string };
}

const LIBRARY: Library = {
  constants: {
    text: `const float INF = uintBitsToFloat(0x7f800000u);
const float NAN = uintBitsToFloat(0x7fc00000u);`,
  },
  // By their bits: compilers may take it for granted that there is no NaN.
  nan4: {
    text: 'bvec4 nan4(vec4 x) { return greaterThan(floatBitsToUint(x) & 0x7fffffffu, uvec4(0x7f800000u)); }',
  },
  inf4: {
    text: 'bvec4 inf4(vec4 x) { return equal(floatBitsToUint(x) & 0x7fffffffu, uvec4(0x7f800000u)); }',
  },
  or4: { text: 'bvec4 or4(bvec4 a, bvec4 b) { return bvec4(uvec4(a) | uvec4(b)); }' },
  and4: { text: 'bvec4 and4(bvec4 a, bvec4 b) { return bvec4(uvec4(a) & uvec4(b)); }' },
  // The size of x with the sign of s.
  sign4: {
    text: `vec4 sign4(vec4 x, vec4 s) {
  return uintBitsToFloat((floatBitsToUint(x) & 0x7fffffffu) | (floatBitsToUint(s) & 0x80000000u));
}`,
  },
  exp4: {
    needs: ['constants', 'nan4'],
    text: `vec4 exp4(vec4 x) {
  vec4 y = exp(clamp(x, -104., 89.));
  y = mix(y, vec4(INF), greaterThan(x, vec4(88.72284)));
  y = mix(y, vec4(0), lessThan(x, vec4(-103.97)));
  return mix(y, x, nan4(x));
}`,
  },
  // The mantissa in [√½, √2) and a polynomial of it (Moshier, Cephes).
  log4: {
    needs: ['constants', 'nan4', 'or4'],
    text: `vec4 log4(vec4 x) {
  bvec4 tiny = lessThan(x, vec4(1.17549435e-38));
  vec4 scaled = mix(x, x * 8388608., tiny);
  vec4 e = vec4(ivec4(floatBitsToUint(scaled) >> 23u) - 126) - mix(vec4(0), vec4(23), tiny);
  vec4 m = uintBitsToFloat((floatBitsToUint(scaled) & 0x007fffffu) | 0x3f000000u);
  bvec4 low = lessThan(m, vec4(.70710678));
  e -= mix(vec4(0), vec4(1), low);
  m = mix(m, m + m, low) - 1.;
  vec4 z = m * m;
  vec4 p = vec4(7.0376836292e-2);
  p = p * m - 1.1514610310e-1;
  p = p * m + 1.1676998740e-1;
  p = p * m - 1.2420140846e-1;
  p = p * m + 1.4249322787e-1;
  p = p * m - 1.6668057665e-1;
  p = p * m + 2.0000714765e-1;
  p = p * m - 2.4999993993e-1;
  p = p * m + 3.3333331174e-1;
  p = p * m * z + e * -2.12194440e-4 - z * .5;
  vec4 y = m + p + e * .693359375;
  y = mix(y, vec4(INF), equal(x, vec4(INF)));
  y = mix(y, vec4(-INF), equal(x, vec4(0)));
  return mix(y, vec4(NAN), or4(lessThan(x, vec4(0)), nan4(x)));
}`,
  },
  // Taylor's series near 0.
  expm14: {
    needs: ['exp4'],
    text: `vec4 expm14(vec4 x) {
  vec4 p = 1. + x / 7.;
  p = 1. + x / 6. * p;
  p = 1. + x / 5. * p;
  p = 1. + x / 4. * p;
  p = 1. + x / 3. * p;
  p = 1. + x / 2. * p;
  return mix(exp4(x) - 1., x * p, lessThan(abs(x), vec4(.4)));
}`,
  },
  // Near 0 by 2 artanh(x / (2 + x)).
  log1p4: {
    needs: ['log4'],
    text: `vec4 log1p4(vec4 x) {
  vec4 s = x / (2. + x), z = s * s;
  vec4 near = 2. * s * (1. + z * (1. / 3. + z * (.2 + z * (1. / 7. + z * (1. / 9. + z / 11.)))));
  return mix(log4(1. + x), near, lessThan(abs(x), vec4(.5)));
}`,
  },
  tanh4: {
    needs: ['expm14', 'sign4', 'nan4'],
    text: `vec4 tanh4(vec4 x) {
  vec4 e = expm14(-2. * min(abs(x), 20.));
  return mix(sign4(e / (2. + e), x), x, nan4(x));
}`,
  },
  sigmoid4: {
    needs: ['exp4'],
    text: 'vec4 sigmoid4(vec4 x) { return 1. / (1. + exp4(-x)); }',
  },
  relu4: {
    needs: ['nan4'],
    text: 'vec4 relu4(vec4 x) { return mix(max(x, 0.), x, nan4(x)); }',
  },
  softplus4: {
    needs: ['relu4', 'exp4', 'log1p4'],
    text: 'vec4 softplus4(vec4 x) { return relu4(x) + log1p4(exp4(-abs(x))); }',
  },
  // The angle is brought to [−π/4, π/4] first, by π/4 in three parts (Moshier, Cephes).
  wave4: {
    needs: ['constants', 'nan4', 'inf4', 'or4'],
    text: `vec4 wave4(vec4 x, int shift) {
  vec4 size = abs(x);
  ivec4 j = (ivec4(size * 1.27323954) + 1) & ~1;
  vec4 n = vec4(j);
  vec4 r = ((size - n * .78515625) - n * 2.4187564849853515625e-4) - n * 3.77489497744594108e-8;
  ivec4 at = j + shift;
  vec4 z = r * r;
  vec4 odd = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  vec4 even = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - .5 * z + 1.;
  vec4 y = mix(odd, even, notEqual(at & 2, ivec4(0)));
  y = mix(y, -y, notEqual(at & 4, ivec4(0)));
  if (shift == 0) y = mix(y, -y, lessThan(x, vec4(0)));
  return mix(y, vec4(NAN), or4(nan4(x), inf4(x)));
}`,
  },
  sin4: { needs: ['wave4'], text: 'vec4 sin4(vec4 x) { return wave4(x, 0); }' },
  cos4: { needs: ['wave4'], text: 'vec4 cos4(vec4 x) { return wave4(x, 2); }' },
  tan4: {
    needs: ['sin4', 'cos4'],
    text: 'vec4 tan4(vec4 x) { return sin4(x) / cos4(x); }',
  },
  // Slopes above tan 3π/8 by −1/x, those above tan π/8 by (x − 1)/(x + 1) (Moshier, Cephes).
  atan4: {
    needs: ['sign4', 'nan4'],
    text: `vec4 atan4(vec4 x) {
  vec4 size = abs(x);
  bvec4 steep = greaterThan(size, vec4(2.41421356));
  bvec4 above = greaterThan(size, vec4(.41421356));
  vec4 s = mix(size, (size - 1.) / (size + 1.), above);
  s = mix(s, -1. / size, steep);
  vec4 start = mix(mix(vec4(0), vec4(.78539816), above), vec4(1.57079633), steep);
  vec4 z = s * s;
  vec4 p = ((8.05374449538e-2 * z - 1.38776856032e-1) * z + 1.99777106478e-1) * z - 3.33329491539e-1;
  return mix(sign4(start + p * z * s + s, x), x, nan4(x));
}`,
  },
  atan24: {
    needs: ['atan4', 'constants', 'inf4', 'and4', 'or4'],
    text: `vec4 atan24(vec4 y, vec4 x) {
  bvec4 both = and4(inf4(x), inf4(y));
  vec4 slope = mix(abs(y) / abs(x), vec4(1), both);
  slope = mix(slope, vec4(0), and4(equal(x, vec4(0)), equal(y, vec4(0))));
  vec4 angle = atan4(slope);
  bvec4 left = notEqual(floatBitsToUint(x) & 0x80000000u, uvec4(0));
  angle = sign4(mix(angle, 3.14159265 - angle, left), y);
  return mix(angle, vec4(NAN), or4(nan4(x), nan4(y)));
}`,
  },
  asin4: {
    needs: ['atan24', 'sqrt4'],
    text: 'vec4 asin4(vec4 x) { return atan24(x, sqrt4((1. - x) * (1. + x))); }',
  },
  acos4: {
    needs: ['atan24', 'sqrt4'],
    text: 'vec4 acos4(vec4 x) { return 2. * atan24(sqrt4(1. - x), sqrt4(1. + x)); }',
  },
  sqrt4: {
    needs: ['constants', 'nan4', 'or4'],
    text: `vec4 sqrt4(vec4 x) {
  vec4 y = mix(sqrt(max(x, 0.)), x, equal(x, vec4(INF)));
  return mix(y, vec4(NAN), or4(lessThan(x, vec4(0)), nan4(x)));
}`,
  },
  sinh4: {
    needs: ['expm14', 'sign4', 'nan4'],
    text: `vec4 sinh4(vec4 x) {
  vec4 size = abs(x), e = expm14(size), half_ = exp4(.5 * size);
  vec4 y = mix(.5 * (e + e / (e + 1.)), .5 * half_ * half_, greaterThan(size, vec4(20)));
  return mix(sign4(y, x), x, nan4(x));
}`,
  },
  cosh4: {
    needs: ['exp4'],
    text: `vec4 cosh4(vec4 x) {
  vec4 e = exp4(.5 * abs(x));
  return .5 * e * e + .5 / (e * e);
}`,
  },
  asinh4: {
    needs: ['log1p4', 'sign4', 'nan4'],
    text: `vec4 asinh4(vec4 x) {
  vec4 a = abs(x);
  vec4 y = mix(log1p4(a + a * a / (1. + sqrt(a * a + 1.))), log4(a) + .69314718, greaterThan(a, vec4(1e9)));
  return mix(sign4(y, x), x, nan4(x));
}`,
  },
  acosh4: {
    needs: ['log1p4', 'sqrt4'],
    text: `vec4 acosh4(vec4 x) {
  vec4 t = x - 1.;
  return mix(log1p4(t + sqrt4(2. * t + t * t)), log4(x) + .69314718, greaterThan(x, vec4(1e9)));
}`,
  },
  atanh4: {
    needs: ['log1p4', 'sign4'],
    text: 'vec4 atanh4(vec4 x) { vec4 a = abs(x); return sign4(.5 * log1p4(2. * a / (1. - a)), x); }',
  },
  // An odd polynomial up to 1, 1 − erfc beyond (Moshier, Cephes).
  erf4: {
    needs: ['exp4', 'sign4', 'nan4'],
    text: `vec4 erf4(vec4 x) {
  vec4 size = abs(x), z = x * x;
  vec4 near = vec4(7.853861353153693e-5);
  near = near * z - 8.010193625184903e-4;
  near = near * z + 5.188327685732524e-3;
  near = near * z - 2.685381193529856e-2;
  near = near * z + 1.128358514861418e-1;
  near = near * z - 3.761262582423300e-1;
  near = (near * z + 1.128379165526710) * x;
  vec4 q = 1. / max(size, 1.), y = q * q;
  vec4 p = vec4(2.326819970068386e-2);
  p = p * y - 1.387039388740657e-1;
  p = p * y + 3.687424674597105e-1;
  p = p * y - 5.824733027278666e-1;
  p = p * y + 6.210004621745983e-1;
  p = p * y - 4.944515323274145e-1;
  p = p * y + 3.404879937665872e-1;
  p = p * y - 2.741127028184656e-1;
  p = p * y + 5.638259427386472e-1;
  vec4 far = mix(1. - exp4(-min(z, 60.)) * q * p, vec4(1), greaterThan(size, vec4(4)));
  return mix(mix(near, sign4(far, x), greaterThan(size, vec4(1))), x, nan4(x));
}`,
  },
  // Beyond 1 by the continued fraction (Abramowitz & Stegun 7.1.14).
  erfc4: {
    needs: ['erf4'],
    text: `vec4 erfc4(vec4 x) {
  vec4 s = max(x, 1.), tail = s;
  for (int n = 60; n >= 1; n--) tail = s + .5 * float(n) / tail;
  vec4 far = mix(exp4(-s * s) / (1.77245385 * tail), vec4(0), greaterThan(s, vec4(10)));
  return mix(mix(1. - erf4(x), far, greaterThan(x, vec4(1))), x, nan4(x));
}`,
  },
  // Giles, "Approximating the erfinv function", 2010.
  erfinv4: {
    needs: ['log4', 'constants', 'sign4'],
    text: `vec4 erfinv4(vec4 x) {
  vec4 w = -log4((1. - x) * (1. + x));
  vec4 a = w - 2.5, b = sqrt(max(w, 0.)) - 3.;
  vec4 p = vec4(2.81022636e-08);
  p = 3.43273939e-07 + p * a;
  p = -3.5233877e-06 + p * a;
  p = -4.39150654e-06 + p * a;
  p = .00021858087 + p * a;
  p = -.00125372503 + p * a;
  p = -.00417768164 + p * a;
  p = .246640727 + p * a;
  p = 1.50140941 + p * a;
  vec4 q = vec4(-.000200214257);
  q = .000100950558 + q * b;
  q = .00134934322 + q * b;
  q = -.00367342844 + q * b;
  q = .00573950773 + q * b;
  q = -.0076224613 + q * b;
  q = .00943887047 + q * b;
  q = 1.00167406 + q * b;
  q = 2.83297682 + q * b;
  vec4 y = mix(p, q, greaterThanEqual(w, vec4(5))) * x;
  y = mix(y, sign4(vec4(INF), x), equal(abs(x), vec4(1)));
  return mix(vec4(NAN), y, lessThanEqual(abs(x), vec4(1)));
}`,
  },
  // Stirling's series from 8 on; smaller arguments are brought there (Abramowitz & Stegun 6.1.41), negative ones by reflection.
  lgamma4: {
    needs: ['log4', 'sin4', 'inf4', 'nan4', 'constants'],
    text: `vec4 lgamma4(vec4 given) {
  bvec4 mirrored = lessThan(given, vec4(.5));
  vec4 x = mix(given, 1. - given, mirrored), product = vec4(1);
  for (int i = 0; i < 8; i++) {
    bvec4 small = lessThan(x, vec4(8));
    product = mix(product, product * x, small);
    x = mix(x, x + 1., small);
  }
  vec4 r = 1. / x, z = r * r;
  vec4 y = (x - .5) * (log4(x) - 1.) + .41893853 + r * (1. / 12. - z * (1. / 360. - z / 1260.)) - log4(product);
  vec4 part = given - roundEven(given);
  vec4 reflected = 1.14472989 - log4(abs(sin4(3.14159265 * part))) - y;
  y = mix(y, reflected, mirrored);
  y = mix(y, vec4(INF), inf4(given));
  return mix(y, given, nan4(given));
}`,
  },
  fmod4: {
    needs: ['constants', 'sign4', 'inf4', 'nan4', 'and4', 'or4'],
    text: `vec4 fmod4(vec4 a, vec4 b) {
  vec4 size = abs(b), r = abs(a);
  r -= size * trunc(r / size);
  r = mix(r, r + size, lessThan(r, vec4(0)));
  r = mix(r, r - size, greaterThanEqual(r, size));
  r = mix(r, abs(a), lessThan(abs(a), size));
  r = mix(sign4(r, a), vec4(NAN), or4(or4(equal(b, vec4(0)), inf4(a)), or4(nan4(a), nan4(b))));
  return r;
}`,
  },
  remainder4: {
    needs: ['fmod4'],
    text: `vec4 remainder4(vec4 a, vec4 b) {
  vec4 r = fmod4(a, b);
  bvec4 other = and4(notEqual(r, vec4(0)), notEqual(lessThan(r, vec4(0)), lessThan(b, vec4(0))));
  return mix(r, r + b, other);
}`,
  },
  floorDivide4: {
    needs: ['fmod4'],
    text: `vec4 floorDivide4(vec4 a, vec4 b) {
  vec4 r = fmod4(a, b), q = (a - r) / b;
  bvec4 other = and4(notEqual(r, vec4(0)), notEqual(lessThan(r, vec4(0)), lessThan(b, vec4(0))));
  q = mix(q, q - 1., other);
  q = roundEven(q);
  return mix(q, a / b, equal(b, vec4(0)));
}`,
  },
  pow4: {
    needs: ['exp4', 'log4', 'inf4', 'and4', 'or4', 'nan4'],
    text: `vec4 pow4(vec4 a, vec4 b) {
  vec4 y = exp4(b * log4(abs(a)));
  bvec4 whole = equal(b, floor(b));
  bvec4 odd = and4(whole, notEqual(b, 2. * floor(.5 * b)));
  y = mix(y, -y, and4(odd, lessThan(a, vec4(0))));
  bvec4 undefined_ = and4(and4(lessThan(a, vec4(0)), not(whole)), not(or4(inf4(b), inf4(a))));
  y = mix(y, vec4(NAN), undefined_);
  y = mix(y, vec4(NAN), or4(nan4(a), nan4(b)));
  y = mix(y, a, equal(b, vec4(1)));
  y = mix(y, a * a, equal(b, vec4(2)));
  bvec4 one = or4(equal(a, vec4(1)), and4(equal(a, vec4(-1)), inf4(b)));
  return mix(y, vec4(1), or4(equal(b, vec4(0)), one));
}`,
  },
  max4: {
    needs: ['constants', 'nan4', 'or4'],
    text: 'vec4 max4(vec4 a, vec4 b) { return mix(max(a, b), vec4(NAN), or4(nan4(a), nan4(b))); }',
  },
  min4: {
    needs: ['constants', 'nan4', 'or4'],
    text: 'vec4 min4(vec4 a, vec4 b) { return mix(min(a, b), vec4(NAN), or4(nan4(a), nan4(b))); }',
  },
  // mix() of whole numbers is not in this version of GLSL.
  choose: {
    text: `ivec4 choose(ivec4 no, ivec4 yes, bvec4 test) {
  ivec4 mask = -ivec4(test);
  return (no & ~mask) | (yes & mask);
}`,
  },
  // Integer division rounds towards zero, and is undefined for 0.
  divide: {
    needs: ['choose'],
    text: `ivec4 divide(ivec4 a, ivec4 b) {
  ivec4 by = choose(b, ivec4(1), equal(b, ivec4(0)));
  ivec4 q = a / by, r = a - q * by;
  bvec4 other = bvec4(uvec4(notEqual(r, ivec4(0))) & uvec4(notEqual(lessThan(r, ivec4(0)), lessThan(b, ivec4(0)))));
  return choose(q - choose(ivec4(0), ivec4(1), other), ivec4(0), equal(b, ivec4(0)));
}`,
  },
  modulo: {
    needs: ['divide'],
    text: 'ivec4 modulo(ivec4 a, ivec4 b) { return choose(a - divide(a, b) * b, ivec4(0), equal(b, ivec4(0))); }',
  },
  rest: {
    needs: ['choose'],
    text: `ivec4 rest(ivec4 a, ivec4 b) {
  ivec4 by = choose(b, ivec4(1), equal(b, ivec4(0)));
  return a - a / by * by;
}`,
  },
  power: {
    needs: ['choose'],
    text: `ivec4 power(ivec4 a, ivec4 b) {
  ivec4 y = ivec4(1), base = a, left = max(b, 0);
  for (int i = 0; i < 31; i++) {
    y = choose(y, y * base, notEqual(left & 1, ivec4(0)));
    base *= base;
    left >>= 1;
  }
  ivec4 sign_ = choose(ivec4(-1), ivec4(1), equal(b & 1, ivec4(0)));
  ivec4 small = choose(choose(ivec4(0), sign_, equal(a, ivec4(-1))), ivec4(1), equal(a, ivec4(1)));
  return choose(y, small, lessThan(b, ivec4(0)));
}`,
  },
  left: {
    needs: ['choose'],
    text: `ivec4 left(ivec4 a, ivec4 b) {
  return choose(ivec4(0), a << (b & 31), equal(b, b & 31));
}`,
  },
  right: {
    needs: ['choose'],
    text: 'ivec4 right(ivec4 a, ivec4 b) { return a >> choose(ivec4(31), b, equal(b, b & 31)); }',
  },
};

/** The texts of functions and of all that they call, each before its callers. */
export function functionsFor(names: readonly string[]): string[] {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    for (const one of LIBRARY[name].needs ?? []) visit(one);
    found.add(name);
  };
  names.forEach(visit);
  return [...found].map((name) => LIBRARY[name].text);
}
