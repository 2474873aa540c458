/** Comparisons and tests of float32, and logic of booleans: all give bytes. */

type Test = i32;
const EQ: Test = 0;
const NE: Test = 1;
const LT: Test = 2;
const LE: Test = 3;
const GT: Test = 4;
const GE: Test = 5;

// @ts-ignore: decorator
@inline
function test(t: Test, a: f32, b: f32): bool {
  if (t == EQ) return a == b;
  if (t == NE) return a != b;
  if (t == LT) return a < b;
  if (t == LE) return a <= b;
  if (t == GT) return a > b;
  return a >= b;
}

// @ts-ignore: decorator
@inline
function test4(t: Test, a: v128, b: v128): v128 {
  if (t == EQ) return f32x4.eq(a, b);
  if (t == NE) return f32x4.ne(a, b);
  if (t == LT) return f32x4.lt(a, b);
  if (t == LE) return f32x4.le(a, b);
  if (t == GT) return f32x4.gt(a, b);
  return f32x4.ge(a, b);
}

// @ts-ignore: decorator
@inline
function loop(t: Test, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aBytes = (<usize>aStep) << 2;
  const bBytes = (<usize>bStep) << 2;
  let i: i32 = 0;
  if (aStep) {
    for (; i + 16 <= n; i += 16) {
      const single = v128.load32_splat(b);
      const b0 = bStep ? v128.load(b) : single, b1 = bStep ? v128.load(b, 16) : single;
      const b2 = bStep ? v128.load(b, 32) : single, b3 = bStep ? v128.load(b, 48) : single;
      const low = i16x8.narrow_i32x4_s(test4(t, v128.load(a), b0), test4(t, v128.load(a, 16), b1));
      const high = i16x8.narrow_i32x4_s(test4(t, v128.load(a, 32), b2), test4(t, v128.load(a, 48), b3));
      v128.store(y + i, v128.and(i8x16.narrow_i16x8_s(low, high), i8x16.splat(1)));
      a += 64;
      b += bBytes << 4;
    }
  }
  for (; i < n; i++) {
    store<u8>(y + i, <u8>test(t, f32.load(a), f32.load(b)));
    a += aBytes;
    b += bBytes;
  }
}

export function eq(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(EQ, a, aStep, b, bStep, y, n); }
export function ne(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(NE, a, aStep, b, bStep, y, n); }
export function lt(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(LT, a, aStep, b, bStep, y, n); }
export function le(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(LE, a, aStep, b, bStep, y, n); }
export function gt(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(GT, a, aStep, b, bStep, y, n); }
export function ge(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { loop(GE, a, aStep, b, bStep, y, n); }

/** y = whether x is NaN, or (`finite`) neither NaN nor ±∞. */
// @ts-ignore: decorator
@inline
function classify(x: usize, y: usize, n: i32, finite: bool): void {
  for (let i: i32 = 0; i < n; i++) {
    const size = i32.load(x) & 0x7fffffff;
    store<u8>(y + i, finite ? <u8>(size < 0x7f800000) : <u8>(size > 0x7f800000));
    x += 4;
  }
}

export function isnan(x: usize, y: usize, n: i32): void { classify(x, y, n, false); }
export function isfinite(x: usize, y: usize, n: i32): void { classify(x, y, n, true); }

type Logic = i32;
const AND: Logic = 0;
const OR: Logic = 1;
const XOR: Logic = 2;

/** Booleans are the bytes 0 and 1. */
// @ts-ignore: decorator
@inline
function combine(t: Logic, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 16 <= n; i += 16) {
    const p = aStep ? v128.load(a + i) : v128.load8_splat(a);
    const q = bStep ? v128.load(b + i) : v128.load8_splat(b);
    v128.store(y + i, t == AND ? v128.and(p, q) : t == OR ? v128.or(p, q) : v128.xor(p, q));
  }
  for (; i < n; i++) {
    const p = load<u8>(a + i * aStep);
    const q = load<u8>(b + i * bStep);
    store<u8>(y + i, t == AND ? p & q : t == OR ? p | q : p ^ q);
  }
}

export function logicalAnd(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { combine(AND, a, aStep, b, bStep, y, n); }
export function logicalOr(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { combine(OR, a, aStep, b, bStep, y, n); }
export function logicalXor(a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void { combine(XOR, a, aStep, b, bStep, y, n); }

export function logicalNot(x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 16 <= n; i += 16) v128.store(y + i, v128.xor(v128.load(x + i), i8x16.splat(1)));
  for (; i < n; i++) store<u8>(y + i, load<u8>(x + i) ^ 1);
}
