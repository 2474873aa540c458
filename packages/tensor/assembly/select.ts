/** Comparisons of float32 into bytes, bytes into float32, and choices by bytes. */

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

/** y = x for bytes x. */
export function bytesToFloats(x: usize, y: usize, n: i32): void {
  let i: i32 = 0;
  for (; i + 8 <= n; i += 8) {
    const words = v128.load8x8_u(x + i);
    v128.store(y, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(words)));
    v128.store(y, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_u(words)), 16);
    y += 32;
  }
  for (; i < n; i++) {
    f32.store(y, <f32>load<u8>(x + i));
    y += 4;
  }
}

/** y = c ≠ 0 ? a : b. */
export function where(c: usize, a: usize, aStep: i32, b: usize, bStep: i32, y: usize, n: i32): void {
  const aBytes = (<usize>aStep) << 2;
  const bBytes = (<usize>bStep) << 2;
  for (let i: i32 = 0; i < n; i++) {
    f32.store(y, load<u8>(c + i) ? f32.load(a) : f32.load(b));
    a += aBytes;
    b += bBytes;
    y += 4;
  }
}
